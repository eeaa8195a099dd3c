// SPDX-License-Identifier: MIT
// DCEP to values and back.
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/data_channel/dcep.hpp>

#include <functional>

namespace duet::data_channel {
namespace {

constexpr std::uint8_t kAckType = 0x02;
constexpr std::uint8_t kOpenType = 0x03;
constexpr std::uint8_t kUnorderedBit = 0x80;

void append16(std::vector<std::byte>& out, std::size_t value) {
  out.push_back(static_cast<std::byte>(value >> 8));
  out.push_back(static_cast<std::byte>(value));
}

}  // namespace

Result<DataChannelOpen, DcepError> DataChannelOpen::parse(std::span<const std::byte> message) {
  ByteReader in{message};
  if (in.u8() != kOpenType) return fail(DcepError::NotOpen);
  const std::uint8_t type = in.u8();
  DataChannelOpen open;
  open.priority = in.u16();
  open.reliability = in.u32();
  const std::uint16_t label_size = in.u16();
  const std::uint16_t protocol_size = in.u16();
  open.label = as_text(in.bytes(label_size));
  open.protocol = as_text(in.bytes(protocol_size));
  if (!in.ok()) return fail(DcepError::Truncated);
  const std::uint8_t kind = type & ~kUnorderedBit;
  if (kind > static_cast<std::uint8_t>(Kind::Timed)) return fail(DcepError::UnknownChannelType);
  open.kind = static_cast<Kind>(kind);
  open.ordered = (type & kUnorderedBit) == 0;
  if (open.kind == Kind::Reliable) open.reliability = 0;  // to be ignored
  return open;
}

std::vector<std::byte> DataChannelOpen::serialize() const {
  DUET_CHECK(label.size() <= kMaxNameSize && protocol.size() <= kMaxNameSize);
  std::vector<std::byte> out;
  out.reserve(12 + label.size() + protocol.size());
  out.push_back(std::byte{kOpenType});
  out.push_back(
      static_cast<std::byte>(static_cast<std::uint8_t>(kind) | (ordered ? 0 : kUnorderedBit)));
  append16(out, priority);
  append16(out, reliability >> 16);
  append16(out, reliability & 0xFFFF);
  append16(out, label.size());
  append16(out, protocol.size());
  for (const std::string& name : {std::cref(label), std::cref(protocol)}) {
    const auto bytes = as_bytes(name);
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  return out;
}

bool is_ack(std::span<const std::byte> message) {
  return message.size() == 1 && message[0] == std::byte{kAckType};
}

std::vector<std::byte> make_ack() { return {std::byte{kAckType}}; }

}  // namespace duet::data_channel
