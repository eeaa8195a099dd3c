// SPDX-License-Identifier: MIT
// Tells when a descriptor can be read.
#pragma once

#include <duet/net/event_loop.hpp>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

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

  int descriptor() { return descriptor_.native_handle(); }

 private:
  void wait();

  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> descriptor_;
  std::function<void()> readable_;
  /// Expires with the watch: the callback may end it.
  std::shared_ptr<const char> alive_ = std::make_shared<const char>();
};

}  // namespace duet::net
