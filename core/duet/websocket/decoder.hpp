// SPDX-License-Identifier: MIT
// Bytes of a stream become whole WebSocket messages (RFC 6455 §5, §6.2).
#pragma once

#include <duet/base/result.hpp>
#include <duet/websocket/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace duet::websocket {

enum class Role : std::uint8_t { Client, Server };

/// What one message may cost its receiver.
struct Limits {
  std::size_t max_message = 1'000'000;  ///< bytes
  /// Frames of one message. Stock clients send one; a flood of tiny ones costs more to take apart
  /// than it carries.
  std::size_t max_fragments = 1'000;
};

/// A whole message, or a control frame.
struct Message {
  Opcode opcode = Opcode::Text;  ///< never Continuation
  /// The payload, unmasked; of Text valid UTF-8. Valid until the next call, and while the input
  /// it was read from lives.
  std::string_view bytes;
};

/// Takes frames apart and messages together. A connection with nothing half-read costs
/// 32 bytes; a message that came in one piece is handed out where it lies, without a copy.
class Decoder {
 public:
  /// @param role  which end this is: a server takes masked frames only, a client unmasked ones
  Decoder(Role role, Limits limits);
  ~Decoder();
  Decoder(Decoder&&) noexcept;

  /// Reads from the front of `input`, unmasking in place, and moves its front past what was read.
  ///
  /// @return a message; nothing once all of `input` is read and more is needed; or the code to
  /// close
  ///         with, after which the decoder must not be used
  Result<std::optional<Message>, CloseCode> next(std::span<std::byte>& input);

 private:
  struct Partial;  // a message or frame whose end has not come

  Result<FrameHeader, CloseCode> check(const FrameHeader& header) const;
  Result<std::optional<Message>, CloseCode> next_partial(std::span<std::byte>& input);
  Result<std::optional<Message>, CloseCode> finish_frame();

  Role role_;
  std::uint32_t max_fragments_;
  std::size_t max_message_;
  std::unique_ptr<Partial> partial_;
};

/// The code a Close frame carries: 1005 if none, nothing if the payload breaks RFC 6455 §5.5.1 or
/// §7.4 (one byte, a code that may not be sent, a reason that is not UTF-8).
std::optional<std::uint16_t> parse_close(std::string_view payload);

}  // namespace duet::websocket
