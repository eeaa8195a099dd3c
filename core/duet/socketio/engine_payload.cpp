// SPDX-License-Identifier: MIT
// Engine.IO payloads: the packets of one long-polling request or answer.
#include <duet/base/utf8.hpp>
#include <duet/socketio/engine_payload.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace duet::socketio {
namespace {

constexpr char kLengthEnd = '\xff';   // protocol 3, binary form
constexpr char kTextMark = '\x00';    // likewise
constexpr char kBinaryMark = '\x01';  // likewise
constexpr std::size_t kMaxDigits =
    10;  // of a length; more would overflow nothing, and mean nothing

/// Keeps what was read, up to the bound.
std::optional<PayloadError> keep(Payload& payload, Result<EnginePacket, PayloadError> packet) {
  if (!packet) return packet.error();
  if (payload.packets.size() == kMaxPayloadPackets) return PayloadError::TooManyPackets;
  payload.packets.push_back(*packet);
  return std::nullopt;
}

std::optional<PayloadError> parse_v4(std::string_view body, Payload& payload) {
  while (true) {
    const std::size_t end = std::min(body.find(kPayloadSeparator), body.size());
    const auto packet = parse_text_packet(EngineVersion::V4, body.substr(0, end), *payload.storage);
    if (const auto error = keep(payload, packet)) return error;
    if (end == body.size()) return std::nullopt;
    body.remove_prefix(end + 1);
  }
}

std::optional<PayloadError> parse_v3_text(std::string_view body, Payload& payload) {
  while (!body.empty()) {
    const std::size_t colon = body.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon > kMaxDigits) {
      return PayloadError::BadLength;
    }
    std::size_t units = 0;
    const auto [stop, error] = std::from_chars(body.data(), body.data() + colon, units);
    if (error != std::errc{} || stop != body.data() + colon) return PayloadError::BadLength;
    body.remove_prefix(colon + 1);
    const std::size_t size = utf16_prefix(body, units);
    if (size == std::string_view::npos) return PayloadError::Truncated;
    const auto packet =
        parse_text_packet(EngineVersion::V3, body.substr(0, size), *payload.storage);
    if (const auto bad = keep(payload, packet)) return bad;
    body.remove_prefix(size);
  }
  return std::nullopt;
}

/// The length before 0xff, which is taken off too.
std::optional<std::size_t> take_binary_length(std::string_view& body) {
  const std::size_t end = body.substr(0, kMaxDigits + 1).find(kLengthEnd);
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  std::size_t length = 0;
  for (const char digit : body.substr(0, end)) {
    if (static_cast<unsigned char>(digit) > 9) return std::nullopt;
    length = length * 10 + static_cast<unsigned char>(digit);
  }
  body.remove_prefix(end + 1);
  return length;
}

std::optional<PayloadError> parse_v3_binary(std::string_view body, Payload& payload) {
  while (!body.empty()) {
    const char mark = body.front();
    if (mark != kTextMark && mark != kBinaryMark) return PayloadError::BadForm;
    body.remove_prefix(1);
    const auto size = take_binary_length(body);
    if (!size) return PayloadError::BadLength;
    if (*size > body.size()) return PayloadError::Truncated;
    const auto kind = mark == kTextMark ? MessageKind::Text : MessageKind::Binary;
    const auto packet =
        parse_message(EngineVersion::V3, kind, body.substr(0, *size), *payload.storage);
    if (const auto error = keep(payload, packet)) return error;
    body.remove_prefix(*size);
  }
  return std::nullopt;
}

std::optional<PayloadError> parse_into(EngineVersion version, MessageKind kind,
                                       std::string_view body, Payload& payload) {
  if (body.empty()) return PayloadError::Empty;
  if (kind == MessageKind::Binary) {
    if (version == EngineVersion::V4) return PayloadError::BadForm;
    return parse_v3_binary(body, payload);
  }
  if (!is_utf8(body)) return PayloadError::BadUtf8;
  return version == EngineVersion::V4 ? parse_v4(body, payload) : parse_v3_text(body, payload);
}

void append_v3_text(std::string& out, std::span<const EnginePacket> packets) {
  std::string text;
  for (const EnginePacket& packet : packets) {
    text.clear();
    append_text_packet(text, EngineVersion::V3, packet);
    out += std::to_string(utf16_length(text));
    out += ':';
    out += text;
  }
}

void append_v3_binary(std::string& out, std::span<const EnginePacket> packets) {
  for (const EnginePacket& packet : packets) {
    const bool is_text = packet.kind == MessageKind::Text;
    out += is_text ? kTextMark : kBinaryMark;
    for (const char digit : std::to_string(packet.data.size() + 1)) {
      out += static_cast<char>(digit - '0');
    }
    out += kLengthEnd;
    append_message(out, EngineVersion::V3, BinarySupport::Native, packet);
  }
}

}  // namespace

Result<Payload, PayloadError> parse_payload(EngineVersion version, MessageKind kind,
                                            std::string_view body) {
  Payload payload;
  payload.storage = std::make_unique<std::string>();
  // Base64 shrinks, so packets can point into it while it fills.
  if (body.find('b') != std::string_view::npos) payload.storage->reserve(body.size());
  if (const auto error = parse_into(version, kind, body, payload)) return fail(*error);
  return payload;
}

MessageKind append_payload(std::string& out, EngineVersion version, BinarySupport support,
                           std::span<const EnginePacket> packets) {
  if (version == EngineVersion::V4) {
    for (std::size_t i = 0; i < packets.size(); ++i) {
      if (i > 0) out += kPayloadSeparator;
      append_text_packet(out, version, packets[i]);
    }
    return MessageKind::Text;
  }
  const bool has_binary = std::any_of(packets.begin(), packets.end(), [](const EnginePacket& p) {
    return p.kind == MessageKind::Binary;
  });
  if (has_binary && support == BinarySupport::Native) {
    append_v3_binary(out, packets);
    return MessageKind::Binary;
  }
  append_v3_text(out, packets);
  return MessageKind::Text;
}

}  // namespace duet::socketio
