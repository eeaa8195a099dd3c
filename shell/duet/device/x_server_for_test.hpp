// SPDX-License-Identifier: MIT
// An X server without a screen, for one test.
#pragma once

#include <string>

namespace duet::device {

/// Xvfb on a display of its own, 640x480, and $DISPLAY set to it. Ends with the object.
class XServer {
 public:
  XServer();
  XServer(const XServer&) = delete;
  XServer& operator=(const XServer&) = delete;
  ~XServer();

  const std::string& display() const { return display_; }

 private:
  int process_ = -1;
  std::string display_;
};

}  // namespace duet::device
