// SPDX-License-Identifier: MIT
// duet-call: the commands of duet that make calls. `duet` runs it, and people run `duet`.
#include "call.hpp"
#include "command.hpp"
#include "devices.hpp"
#include "exit_code.hpp"
#include "loop.hpp"
#include "output.hpp"
#include <duet/config/sentences.hpp>

#include <unistd.h>

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
  using namespace duet;
  apps::prepare_descriptors();
  const auto environment = config::Environment::of_process();
  const auto fail = [&](const config::Sentence& sentence, apps::ExitCode code) {
    std::cerr << "duet: " << render(sentence, language_of(environment)) << '\n';
    return to_int(code);
  };
  try {
    const std::vector<std::string> words{argv + (argc > 0 ? 1 : 0), argv + argc};
    apps::Output output{STDOUT_FILENO};
    const int code =
        apps::run(words, {.environment = environment,
                          .files = config::default_files(environment),
                          .out = output.stream(),
                          .error = std::cerr,
                          .loop = apps::loop,
                          .devices = apps::devices,
                          .call = apps::call,
                          .elsewhere = [&] {
                            return fail({config::Say::NotOfCallingProgram}, apps::ExitCode::Usage);
                          }});
    return output.conclude(code, std::cerr, apps::language_of(words, environment));
  } catch (const std::exception& error) {
    return fail({config::Say::InternalError, {error.what()}}, apps::ExitCode::InternalError);
  }
}
