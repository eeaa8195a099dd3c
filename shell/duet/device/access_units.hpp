// SPDX-License-Identifier: MIT
// Takes an H.264 byte stream apart into pictures.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace duet::device {

/// A byte stream (ITU-T H.264 annex B) comes in pieces of any length; access units come out, each
/// of which is one picture with all that belongs to it (§7.4.1.2.3).
class AccessUnits {
 public:
  /// A picture longer than this is none: it is dropped.
  static constexpr std::size_t kMost = 4 * 1024 * 1024;

  struct Unit {
    std::vector<std::byte> bytes;
    bool follows = true;  ///< on the one before, without a gap
  };

  void push(std::span<const std::byte> bytes);

  /// The next one that is known to be whole, since the one after it has begun.
  std::optional<Unit> next();

  /// What has come since, as a whole picture: for who knows that its sender has written all of it.
  /// Where that proves wrong, the rest of it is dropped, and the next unit doesn't follow.
  /// @return nothing if no picture has begun
  std::optional<Unit> take_rest();

  /// Bytes of a picture that has begun, 0 without one.
  std::size_t begun() const { return has_picture_ ? buffer_.size() : 0; }

 private:
  struct Start {
    std::size_t at = 0;    // where its start code begins
    std::size_t body = 0;  // its first byte
  };

  std::optional<Start> find_start(std::size_t from) const;
  bool drop_rubbish();
  Unit cut(std::size_t size);
  void drop();

  std::vector<std::byte> buffer_;  // from the start code of a unit on, once there is one
  std::size_t looked_at_ = 0;      // up to here
  bool has_picture_ = false;       // before that
  bool is_cut_ = false;            // what comes next is the rest of what was taken
  bool follows_ = false;           // the next one
};

}  // namespace duet::device
