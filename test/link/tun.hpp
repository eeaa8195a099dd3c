// SPDX-License-Identifier: MIT
// A device in a network namespace whose packets a program carries.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace duet::link {

/// Gone with this object.
class Tun {
 public:
  /// @param space  as `ip netns` knows it
  /// @throws std::runtime_error  with a sentence for people
  Tun(const std::string& space, const std::string& device);
  ~Tun();
  Tun(const Tun&) = delete;
  Tun& operator=(const Tun&) = delete;

  int descriptor() const { return descriptor_; }

  /// One IP packet; empty if none waits.
  std::vector<std::byte> read() const;
  /// What the kernel has no room for is lost.
  void write(std::span<const std::byte> packet) const;

 private:
  int descriptor_ = -1;
};

}  // namespace duet::link
