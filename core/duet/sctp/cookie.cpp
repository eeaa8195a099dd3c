// SPDX-License-Identifier: MIT
// State cookies.
#include <duet/base/bytes.hpp>
#include <duet/crypto/hmac.hpp>
#include <duet/sctp/cookie.hpp>
#include <duet/sctp/wire.hpp>

namespace duet::sctp {
namespace {

constexpr std::size_t kBodySize = CookieMaker::kSize - 32;

void append32(std::vector<std::byte>& out, std::uint32_t value) {
  out.resize(out.size() + 4);
  store32(out.data() + out.size() - 4, value);
}

}  // namespace

std::vector<std::byte> CookieMaker::make(const StateCookie& cookie) const {
  std::vector<std::byte> out;
  out.reserve(kSize);
  const auto made = static_cast<std::uint64_t>(cookie.made.time_since_epoch().count());
  append32(out, static_cast<std::uint32_t>(made >> 32));
  append32(out, static_cast<std::uint32_t>(made));
  append32(out, cookie.local_tag.value());
  append32(out, cookie.local_initial_tsn.value());
  append32(out, cookie.local_tie.value());
  append32(out, cookie.peer_tie.value());
  append32(out, cookie.peer.tag.value());
  append32(out, cookie.peer.window);
  append32(out, std::uint32_t{cookie.peer.outgoing_streams} << 16 | cookie.peer.incoming_streams);
  append32(out, cookie.peer.initial_tsn.value());
  const Extensions& peer = cookie.peer.extensions;
  out.push_back(static_cast<std::byte>(peer.forward_tsn | peer.interleaving << 1 |
                                       peer.reconfig << 2 | peer.zero_checksum << 3));
  out.resize(kBodySize);
  const auto mac = crypto::hmac_sha256(key_, out);
  out.insert(out.end(), mac.begin(), mac.end());
  return out;
}

std::optional<StateCookie> CookieMaker::check(std::span<const std::byte> cookie) const {
  if (cookie.size() != kSize) return std::nullopt;
  const auto body = cookie.first(kBodySize);
  if (!crypto::equal_in_constant_time(crypto::hmac_sha256(key_, body), cookie.subspan(kBodySize))) {
    return std::nullopt;
  }
  ByteReader in{body};
  StateCookie out;
  out.made = Instant{Duration{static_cast<Duration::rep>(in.u64())}};
  out.local_tag = VerificationTag{in.u32()};
  out.local_initial_tsn = Tsn{in.u32()};
  out.local_tie = VerificationTag{in.u32()};
  out.peer_tie = VerificationTag{in.u32()};
  out.peer.tag = VerificationTag{in.u32()};
  out.peer.window = in.u32();
  out.peer.outgoing_streams = in.u16();
  out.peer.incoming_streams = in.u16();
  out.peer.initial_tsn = Tsn{in.u32()};
  const std::uint8_t flags = in.u8();
  out.peer.extensions = {.forward_tsn = (flags & 1) != 0,
                         .interleaving = (flags & 2) != 0,
                         .reconfig = (flags & 4) != 0,
                         .zero_checksum = (flags & 8) != 0};
  return out;
}

}  // namespace duet::sctp
