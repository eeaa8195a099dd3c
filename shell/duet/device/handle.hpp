// SPDX-License-Identifier: MIT
// A file descriptor that is closed. For .cpp files of this folder alone.
#pragma once

#include <unistd.h>

namespace duet::device {

class Handle {
 public:
  explicit Handle(int value = -1) : value_{value} {}

  Handle(Handle&& other) noexcept : value_{other.value_} { other.value_ = -1; }

  Handle& operator=(Handle&&) = delete;

  ~Handle() {
    if (value_ >= 0) ::close(value_);
  }

  int get() const { return value_; }

 private:
  int value_;
};

}  // namespace duet::device
