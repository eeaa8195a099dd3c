// SPDX-License-Identifier: MIT
// Frames from a stranger: the same messages and the same end whatever the cut, and nothing too big.
#include <duet/base/check.hpp>
#include <duet/base/utf8.hpp>
#include <duet/websocket/decoder.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using duet::websocket::CloseCode;
using duet::websocket::Opcode;

constexpr duet::websocket::Limits kLimits{.max_message = 300, .max_fragments = 4};

struct Outcome {
  std::vector<std::pair<Opcode, std::string>> messages;
  std::optional<CloseCode> error;

  bool operator==(const Outcome&) const = default;
};

/// What comes of `bytes`, which are given `step` at a time.
Outcome decode(std::vector<std::byte> bytes, std::size_t step, duet::websocket::Role role) {
  duet::websocket::Decoder decoder{role, kLimits};
  Outcome outcome;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    auto input = std::span{bytes}.subspan(at, std::min(step, bytes.size() - at));
    for (;;) {
      const auto message = decoder.next(input);
      if (!message) {
        outcome.error = message.error();
        return outcome;
      }
      if (!*message) break;
      outcome.messages.emplace_back((*message)->opcode, (*message)->bytes);
    }
    DUET_CHECK(input.empty());
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  // The first byte: which end reads, and in what pieces.
  const auto role =
      (data[0] & 0x80) != 0 ? duet::websocket::Role::Client : duet::websocket::Role::Server;
  const std::size_t step = 1 + (data[0] & 0x7F);
  const auto rest = std::as_bytes(std::span{data, size}).subspan(1);
  const std::vector<std::byte> bytes{rest.begin(), rest.end()};

  const Outcome whole = decode(bytes, std::max<std::size_t>(bytes.size(), 1), role);
  DUET_CHECK(decode(bytes, step, role) == whole);
  for (const auto& [opcode, payload] : whole.messages) {
    DUET_CHECK(payload.size() <= kLimits.max_message);
    DUET_CHECK(opcode != Opcode::Continuation);
    if (opcode == Opcode::Text) DUET_CHECK(duet::is_utf8(payload));
    if (opcode == Opcode::Close) {
      const auto code = duet::websocket::parse_close(payload);
      DUET_CHECK(!code || (*code >= 1000 && *code < 5000));
    }
  }
  return 0;
}
