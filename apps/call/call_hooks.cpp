// SPDX-License-Identifier: MIT
// Commands started in the background.
#include "call_hooks.hpp"

#include "harmless.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <vector>

extern char** environ;  // NOLINT: POSIX declares it so

namespace duet::apps {
namespace {

constexpr std::size_t kMaxValue = 1000;  // bytes

/// Of whole characters.
std::string printable(std::string_view value) {
  std::size_t size = std::min(value.size(), kMaxValue);
  while (size < value.size() && size > 0 &&
         (static_cast<unsigned char>(value[size]) & 0xC0) == 0x80)
    --size;
  return harmless(value.substr(0, size));
}

}  // namespace

bool Hooks::may_begin(Instant now) {
  reap();
  return children_.size() < kMost && allowance_.take(now);
}

void Hooks::run(const std::string& command, const std::map<std::string, std::string>& facts) {
  std::vector<std::string> variables;
  for (const auto& [name, value] : facts) variables.push_back(name + "=" + printable(value));
  std::vector<char*> environment;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view name{*each, std::string_view{*each}.find('=')};
    if (!facts.contains(std::string{name})) environment.push_back(*each);  // ours take its place
  }
  for (std::string& each : variables) environment.push_back(each.data());
  environment.push_back(nullptr);

  std::string shell = "/bin/sh";
  std::string flag = "-c";
  std::string text = command;
  std::array<char*, 4> words{shell.data(), flag.data(), text.data(), nullptr};
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  // Its words are for people: stdout is kept for events.
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  // A group of its own: Ctrl-C is for the call. And no signal is blocked or ignored for it.
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  sigset_t ignored;
  ::sigemptyset(&ignored);
  ::sigaddset(&ignored, SIGPIPE);
  ::sigaddset(&ignored, SIGXFSZ);
  ::posix_spawnattr_setsigdefault(&attributes, &ignored);
  ::posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  if (::posix_spawn(&child, shell.c_str(), &files, &attributes, words.data(), environment.data()) ==
      0) {
    children_.push_back(child);
  }
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
}

void Hooks::reap() {
  std::erase_if(children_, [](pid_t child) { return ::waitpid(child, nullptr, WNOHANG) != 0; });
}

}  // namespace duet::apps
