// SPDX-License-Identifier: MIT
// The terminal without its line editor.
#include "terminal_keys.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace duet::apps {

TerminalKeys::TerminalKeys(net::EventLoop& loop, std::function<void(char)> pressed)
    : pressed_{std::move(pressed)} {
  if (::isatty(STDIN_FILENO) == 0 || ::tcgetpgrp(STDIN_FILENO) != ::getpgrp()) return;
  if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
  const int descriptor = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) return;
  termios keys = before_;
  keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // signals go on as they are
  keys.c_cc[VMIN] = 0;                                    // so that a read never waits
  keys.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &keys);
  watch_ = std::make_unique<net::Watch>(loop, descriptor, [this](net::Ready) {
    // In the background a read would stop the program: keys are over then.
    if (::tcgetpgrp(STDIN_FILENO) != ::getpgrp()) return;
    char key = 0;
    if (::read(watch_->descriptor(), &key, 1) != 1) return;  // the terminal is gone
    pressed_(key);
    watch_->wait(net::Ready::Read);
  });
  watch_->wait(net::Ready::Read);
}

TerminalKeys::~TerminalKeys() {
  if (watch_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

}  // namespace duet::apps
