// SPDX-License-Identifier: MIT
// Tells when a descriptor can be read or written.
#pragma once

#include <cstdint>
#include <functional>

namespace duet::net {

class EventLoop;

enum class Ready : std::uint8_t {
  Read = 1,
  Write = 2,
  Error = 4  ///< broken, or ended from both sides; read and write are told of it as well
};

/// Owns a descriptor, and calls back once for each wait().
///
/// The kernel is asked for an event when it is first waited for (for reading at once), and told to
/// forget it only when it comes unasked for: who waits again and again, as almost everybody does,
/// costs no system calls.
class Watch {
 public:
  /// @param descriptor  non-blocking; closed with the watch
  /// @param ready       may destroy the watch
  Watch(EventLoop& loop, int descriptor, std::function<void(Ready)> ready);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Calls back when it is so, in a later turn if it is so already. Waiting twice is waiting once.
  void wait(Ready ready);

  bool waits(Ready ready) const { return (wanted_ & bit(ready)) != 0; }

  /// Whether the kernel had memory to watch it with. Without, nothing is told.
  bool is_watched() const { return is_watched_; }

  int descriptor() const { return descriptor_; }

 private:
  friend class EventLoop;

  static constexpr unsigned bit(Ready ready) { return static_cast<unsigned>(ready); }

  void tell(unsigned happened);
  void set_interest(unsigned interest);
  void begin(unsigned interest);
  void forget();

  EventLoop& loop_;
  std::function<void(Ready)> ready_;
  int descriptor_;
  std::uint8_t wanted_ = 0;
  std::uint8_t interest_ = 0;  // what the kernel was asked for
  bool is_watched_ = false;    // whether it knows the descriptor
};

}  // namespace duet::net
