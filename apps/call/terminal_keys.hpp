// SPDX-License-Identifier: MIT
// Single keys of a terminal.
#pragma once

#include <duet/net/event_loop.hpp>
#include <duet/net/watch.hpp>

#include <termios.h>

#include <functional>
#include <memory>

namespace duet::apps {

/// While it lives, stdin gives each key as it is pressed, unseen. Nothing where stdin is no
/// terminal, or the program is in its background.
class TerminalKeys {
 public:
  TerminalKeys(net::EventLoop& loop, std::function<void(char)> pressed);
  ~TerminalKeys();
  TerminalKeys(const TerminalKeys&) = delete;
  TerminalKeys& operator=(const TerminalKeys&) = delete;

  bool is_there() const { return watch_ != nullptr; }

 private:
  std::function<void(char)> pressed_;
  termios before_{};
  std::unique_ptr<net::Watch> watch_;
};

}  // namespace duet::apps
