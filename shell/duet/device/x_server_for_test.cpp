// SPDX-License-Identifier: MIT
// Starts Xvfb, which chooses a display and writes its number to a pipe.
#include <duet/device/x_server_for_test.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace duet::device {

XServer::XServer() {
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) throw std::runtime_error{"pipe"};
  process_ = ::fork();
  if (process_ == 0) {
    ::close(pipe[0]);
    const std::string handle = std::to_string(pipe[1]);
    ::execlp("Xvfb", "Xvfb", "-displayfd", handle.c_str(), "-screen", "0", "640x480x24",
             "-nolisten", "tcp", "-noreset", nullptr);
    ::_exit(127);
  }
  ::close(pipe[1]);
  std::string number;
  for (char c = 0; ::read(pipe[0], &c, 1) == 1 && c != '\n';) number += c;
  ::close(pipe[0]);
  if (number.empty()) throw std::runtime_error{"Xvfb did not start"};
  display_ = ":" + number;
  ::setenv("DISPLAY", display_.c_str(), 1);
  // Without OpenGL: Mesa forgets some bytes when it is unloaded, and leak checkers see it.
  ::setenv("SDL_RENDER_DRIVER", "software", 1);
  ::setenv("SDL_FRAMEBUFFER_ACCELERATION", "0", 1);
}

XServer::~XServer() {
  ::unsetenv("DISPLAY");
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
}

}  // namespace duet::device
