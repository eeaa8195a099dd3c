// SPDX-License-Identifier: MIT
// Bytes of a stream become whole WebSocket messages (RFC 6455 §5, §6.2).
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/base/utf8.hpp>
#include <duet/websocket/decoder.hpp>

#include <algorithm>
#include <string>

namespace duet::websocket {
namespace {

constexpr std::size_t kMaxControlPayload = 125;  // RFC 6455 §5.5

/// The fewest bytes that say it.
std::size_t size_of_header(std::uint64_t payload_size, bool is_masked) {
  const std::size_t length = payload_size < 126 ? 0 : payload_size <= 0xFFFF ? 2 : 8;
  return 2 + length + (is_masked ? 4 : 0);
}

bool is_known(std::uint8_t opcode) { return opcode <= 0x2 || (opcode >= 0x8 && opcode <= 0xA); }

}  // namespace

/// Frames of a message come one after another into `message`; a control frame between them goes to
/// `control`.
struct Decoder::Partial {
  std::array<std::byte, kMaxHeaderSize> head;  // of the frame being read
  std::size_t head_size = 0;
  std::optional<FrameHeader> frame;  // once its header is whole
  std::uint64_t frame_read = 0;      // payload bytes of it that came

  std::optional<Opcode> message_opcode;  // of a message begun
  std::size_t fragments = 0;
  std::string message;
  std::string control;
  bool handed_out = false;  // the last message was a view into this
};

Decoder::Decoder(Role role, Limits limits)
    : role_{role},
      max_fragments_{static_cast<std::uint32_t>(limits.max_fragments)},
      max_message_{limits.max_message} {}

Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;

/// The rules that a header alone can break.
Result<FrameHeader, CloseCode> Decoder::check(const FrameHeader& header) const {
  // RFC 6455 §5.2: no extension was negotiated, so the reserved bits are 0.
  if (header.reserved != 0 || !is_known(header.opcode)) return fail(CloseCode::ProtocolError);
  // RFC 6455 §5.2: "the minimal number of bytes MUST be used to encode the length".
  if (header.header_size != size_of_header(header.payload_size, header.mask.has_value())) {
    return fail(CloseCode::ProtocolError);
  }
  // RFC 6455 §5.1: a client masks every frame, a server none.
  if (header.mask.has_value() != (role_ == Role::Server)) return fail(CloseCode::ProtocolError);
  const auto opcode = static_cast<Opcode>(header.opcode);
  if (is_control(opcode)) {
    if (!header.fin || header.payload_size > kMaxControlPayload) {
      return fail(CloseCode::ProtocolError);
    }
    return header;
  }
  const bool message_begun = partial_ && partial_->message_opcode;
  if ((opcode == Opcode::Continuation) != message_begun) return fail(CloseCode::ProtocolError);
  const std::size_t so_far = message_begun ? partial_->message.size() : 0;
  if (header.payload_size > max_message_ - so_far) return fail(CloseCode::TooBig);
  return header;
}

Result<std::optional<Message>, CloseCode> Decoder::next(std::span<std::byte>& input) {
  if (partial_ && partial_->handed_out) {
    partial_->handed_out = false;
    partial_->control.clear();
    if (!partial_->message_opcode) partial_.reset();
  }
  if (input.empty()) return std::nullopt;
  if (partial_) return next_partial(input);

  const auto parsed = FrameHeader::parse(input);
  if (!parsed) return next_partial(input);
  const auto header = check(*parsed);
  if (!header) return fail(header.error());
  const bool whole = header->fin && input.size() - header->header_size >= header->payload_size;
  if (!whole) return next_partial(input);

  const auto payload = input.subspan(header->header_size, header->payload_size);
  if (header->mask) apply_mask(payload, *header->mask);
  input = input.subspan(header->header_size + payload.size());
  const auto opcode = static_cast<Opcode>(header->opcode);
  if (opcode == Opcode::Text && !is_utf8(as_text(payload))) return fail(CloseCode::InvalidPayload);
  return Message{.opcode = opcode, .bytes = as_text(payload)};
}

Result<std::optional<Message>, CloseCode> Decoder::next_partial(std::span<std::byte>& input) {
  if (!partial_) partial_ = std::make_unique<Partial>();
  Partial& partial = *partial_;
  while (!input.empty() || partial.frame) {
    if (!partial.frame) {
      partial.head[partial.head_size++] = input.front();
      input = input.subspan(1);
      const auto parsed = FrameHeader::parse(std::span{partial.head}.first(partial.head_size));
      if (!parsed) continue;
      const auto header = check(*parsed);
      if (!header) return fail(header.error());
      const auto opcode = static_cast<Opcode>(header->opcode);
      if (!is_control(opcode)) {
        if (++partial.fragments > max_fragments_) return fail(CloseCode::PolicyViolation);
        if (opcode != Opcode::Continuation) partial.message_opcode = opcode;
      }
      partial.frame = *header;
      partial.frame_read = 0;
      partial.head_size = 0;
    }
    const std::uint64_t missing = partial.frame->payload_size - partial.frame_read;
    const auto payload = input.first(std::min<std::uint64_t>(missing, input.size()));
    if (partial.frame->mask) apply_mask(payload, *partial.frame->mask, partial.frame_read);
    const bool control = is_control(static_cast<Opcode>(partial.frame->opcode));
    (control ? partial.control : partial.message) += as_text(payload);
    partial.frame_read += payload.size();
    input = input.subspan(payload.size());
    if (partial.frame_read < partial.frame->payload_size) return std::nullopt;
    const auto message = finish_frame();
    if (!message || message->has_value()) return message;
  }
  return std::nullopt;
}

/// The frame's payload is all there: is a message?
Result<std::optional<Message>, CloseCode> Decoder::finish_frame() {
  Partial& partial = *partial_;
  const auto opcode = static_cast<Opcode>(partial.frame->opcode);
  const bool fin = partial.frame->fin;
  partial.frame.reset();
  if (is_control(opcode)) {
    partial.handed_out = true;
    return Message{.opcode = opcode, .bytes = partial.control};
  }
  if (!fin) return std::nullopt;
  const Opcode message_opcode = *partial.message_opcode;
  partial.message_opcode.reset();
  partial.handed_out = true;
  if (message_opcode == Opcode::Text && !is_utf8(partial.message)) {
    return fail(CloseCode::InvalidPayload);
  }
  return Message{.opcode = message_opcode, .bytes = partial.message};
}

std::optional<std::uint16_t> parse_close(std::string_view payload) {
  constexpr std::uint16_t kNoStatus = 1005;
  if (payload.empty()) return kNoStatus;
  ByteReader in{as_bytes(payload)};
  const std::uint16_t code = in.u16();
  if (!in.ok() || !is_utf8(as_text(in.rest()))) return std::nullopt;
  // RFC 6455 §7.4.1 and §7.4.2: 1004 to 1006 and 1015 never travel; 3000 to 4999 are free to use.
  const bool registered = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
  if (!registered && (code < 3000 || code > 4999)) return std::nullopt;
  return code;
}

}  // namespace duet::websocket
