// SPDX-License-Identifier: MIT
// Work that other threads give to the loop's.
#pragma once

#include <duet/net/event_loop.hpp>
#include <duet/net/watch.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace duet::net {

/// Encoders and devices have threads of their own; what they made comes in here. Lives on the
/// loop's thread, and longer than the threads that post.
class PostBox {
 public:
  /// @throws std::system_error if the system has no descriptor left
  explicit PostBox(EventLoop& loop);

  ~PostBox() { *alive_ = false; }

  PostBox(const PostBox&) = delete;
  PostBox& operator=(const PostBox&) = delete;

  /// From any thread: the loop calls `task`, in the order of posting. The poster bounds how many
  /// wait: a frame that nobody takes is worth less than the next one.
  void post(std::function<void()> task);

 private:
  void handle_posted();

  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  std::vector<std::function<void()>> running_;
  int wake_;  // an eventfd; owned by watch_
  std::unique_ptr<Watch> watch_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace duet::net
