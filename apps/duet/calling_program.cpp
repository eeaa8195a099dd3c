// SPDX-License-Identifier: MIT
// duet-call: the program beside `duet` that has cameras, codecs and windows.
#include "calling_program.hpp"

#include "exit_code.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

namespace duet::apps {

std::array<std::filesystem::path, 2> places_of_calling_program(const std::filesystem::path& duet) {
  const auto folder = duet.parent_path();
  return {folder / "duet-call", folder.parent_path() / "libexec" / "duet" / "duet-call"};
}

int become_calling_program(char** argv, config::Language language) {
  const auto places = places_of_calling_program(std::filesystem::read_symlink("/proc/self/exe"));
  for (const auto& place : places) {
    execv(place.c_str(), argv);
    if (errno == ENOENT) continue;
    const config::Sentence sentence{config::Say::CannotStartProgram,
                                    {place.string(), std::strerror(errno)}};
    std::cerr << "duet: " << render(sentence, language) << '\n';
    return to_int(ExitCode::InternalError);
  }
  const config::Sentence sentence{config::Say::NoCallingProgram,
                                  {places.front().string(), places.back().string()}};
  std::cerr << "duet: " << render(sentence, language) << '\n';
  return to_int(ExitCode::InternalError);
}

}  // namespace duet::apps
