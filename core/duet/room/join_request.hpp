// SPDX-License-Identifier: MIT
// What a client says with `create or join`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace duet::room {

/// Bytes of UTF-8 a room's name may have. It appears in every log line and event of its room.
constexpr std::size_t kMaxRoomName = 256;

/// Characters of JSON the arguments may have. A name of 256 bytes is at most 1,538 characters of
/// JSON, a token 26: this leaves room for fields to come, and bounds the tree they are parsed into.
constexpr std::size_t kMaxJoinArguments = 16'384;

/// The arguments `room` or `room, {token?, name?}`.
struct JoinRequest {
  /// Exactly as given, without trimming or normalization.
  std::string room;
  /// Empty if none was given.
  std::string token;

  /// @param arguments  comma-separated JSON values, as a socketio::Event has them
  /// @return nothing unless the first is a string of 1 to kMaxRoomName bytes. What else is there is
  ///         taken for absent where it has another form, and ignored where it is unknown.
  static std::optional<JoinRequest> parse(std::string_view arguments);
};

}  // namespace duet::room
