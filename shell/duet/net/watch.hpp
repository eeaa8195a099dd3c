// SPDX-License-Identifier: MIT
// Tells when a descriptor can be read.
#pragma once

#include <duet/net/event_loop.hpp>

#include <functional>

namespace duet::net {

/// Owns a descriptor, and calls back for as long as there is something to read.
class Watch {
 public:
  /// @param descriptor  non-blocking; closed with the watch
  /// @param readable    called from the loop; it may destroy the watch
  Watch(EventLoop& loop, int descriptor, std::function<void()> readable);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

  int descriptor() const { return descriptor_; }

 private:
  EventLoop& loop_;
  int descriptor_;
  std::function<void()> readable_;
  WatchId id_;
};

}  // namespace duet::net
