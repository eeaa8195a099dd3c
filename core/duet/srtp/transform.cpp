// SPDX-License-Identifier: MIT
// The two kinds of transform: AES-GCM (RFC 7714) and AES counter mode with HMAC-SHA1 (RFC 3711).
#include <duet/base/check.hpp>
#include <duet/crypto/hmac.hpp>
#include <duet/srtp/packet.hpp>
#include <duet/srtp/transform.hpp>

#include <algorithm>
#include <array>

namespace duet::srtp {

namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kWordSize = 4;

template <class T>
void put(std::span<std::byte> out, T number) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out[i] = static_cast<std::byte>(number >> 8 * (sizeof(T) - 1 - i));
  }
}

template <std::size_t Size>
std::array<std::byte, Size> exclusive_or(std::array<std::byte, Size> a, Bytes b) {
  for (std::size_t i = 0; i < b.size(); ++i) a[i] ^= b[i];
  return a;
}

class GcmTransform final : public Transform {
 public:
  GcmTransform(Direction direction, const SessionKeys& rtp, const SessionKeys& rtcp)
      : rtp_{rtp.cipher.bytes(), direction},
        rtcp_{rtcp.cipher.bytes(), direction},
        rtp_salt_{rtp.salt.bytes()},
        rtcp_salt_{rtcp.salt.bytes()} {}

  void seal_rtp(std::span<std::byte> packet, std::size_t head_size, Ssrc ssrc,
                PacketIndex index) override {
    const auto [head, body, tag, word] = split_rtp(packet, head_size);
    rtp_.seal(rtp_nonce(ssrc, index), head, word, body, tag);
  }

  bool open_rtp(std::span<std::byte> packet, std::size_t head_size, Ssrc ssrc,
                PacketIndex index) override {
    const auto [head, body, tag, word] = split_rtp(packet, head_size);
    return rtp_.open(rtp_nonce(ssrc, index), head, word, body, tag);
  }

  void seal_rtcp(std::span<std::byte> packet, Ssrc ssrc, std::uint32_t index) override {
    const auto [head, body, tag, word] = split_rtcp(packet);
    put(word, kEncryptedFlag | index);
    rtcp_.seal(rtcp_nonce(ssrc, index), head, word, body, tag);
  }

  bool open_rtcp(std::span<std::byte> packet, Ssrc ssrc, std::uint32_t index) override {
    const auto [head, body, tag, word] = split_rtcp(packet);
    return rtcp_.open(rtcp_nonce(ssrc, index), head, word, body, tag);
  }

 private:
  struct Parts {
    Bytes head;
    std::span<std::byte> body;
    std::span<std::byte> tag;
    std::span<std::byte> word;
  };

  // RFC 7714 §8.2: what is readable is authenticated, the rest encrypted as well. There is no word.
  static Parts split_rtp(std::span<std::byte> packet, std::size_t head_size) {
    const std::size_t tag_at = packet.size() - kGcmTagSize;
    return {packet.first(head_size),
            packet.subspan(head_size, tag_at - head_size),
            packet.subspan(tag_at),
            {}};
  }

  // RFC 7714 §9.2, figure 3: the word with the index comes last and is authenticated.
  static Parts split_rtcp(std::span<std::byte> packet) {
    const std::size_t word_at = packet.size() - kWordSize;
    const std::size_t tag_at = word_at - kGcmTagSize;
    return {packet.first(kRtcpHeadSize), packet.subspan(kRtcpHeadSize, tag_at - kRtcpHeadSize),
            packet.subspan(tag_at, kGcmTagSize), packet.subspan(word_at)};
  }

  // RFC 7714 §8.1: two zero bytes, SSRC, rollover counter, sequence number; XOR the salt.
  Gcm::Nonce rtp_nonce(Ssrc ssrc, PacketIndex index) const {
    Gcm::Nonce nonce{};
    put(std::span{nonce}.subspan(4), index);  // its upper 16 bits are zero, and overwritten next
    put(std::span{nonce}.subspan(2), ssrc.value());
    return exclusive_or(nonce, rtp_salt_.bytes());
  }

  // RFC 7714 §9.1: two zero bytes, SSRC, two zero bytes, index; XOR the salt.
  Gcm::Nonce rtcp_nonce(Ssrc ssrc, std::uint32_t index) const {
    Gcm::Nonce nonce{};
    put(std::span{nonce}.subspan(2), ssrc.value());
    put(std::span{nonce}.subspan(8), index);
    return exclusive_or(nonce, rtcp_salt_.bytes());
  }

  Gcm rtp_;
  Gcm rtcp_;
  crypto::Secret<14> rtp_salt_;
  crypto::Secret<14> rtcp_salt_;
};

class CounterModeTransform final : public Transform {
 public:
  CounterModeTransform(const SessionKeys& rtp, const SessionKeys& rtcp)
      : rtp_{rtp.cipher.bytes()},
        rtcp_{rtcp.cipher.bytes()},
        rtp_mac_{rtp.authentication.bytes()},
        rtcp_mac_{rtcp.authentication.bytes()},
        rtp_salt_{rtp.salt.bytes()},
        rtcp_salt_{rtcp.salt.bytes()} {}

  // RFC 3711 §3.1: encrypted first, authenticated then.
  void seal_rtp(std::span<std::byte> packet, std::size_t head_size, Ssrc ssrc,
                PacketIndex index) override {
    const auto [authenticated, tag] = split(packet);
    apply(rtp_, rtp_salt_, ssrc, index, authenticated.subspan(head_size));
    put_tag(tag, rtp_tag(authenticated, index));
  }

  bool open_rtp(std::span<std::byte> packet, std::size_t head_size, Ssrc ssrc,
                PacketIndex index) override {
    const auto [authenticated, tag] = split(packet);
    if (!is_tag(tag, rtp_tag(authenticated, index))) return false;
    apply(rtp_, rtp_salt_, ssrc, index, authenticated.subspan(head_size));
    return true;
  }

  void seal_rtcp(std::span<std::byte> packet, Ssrc ssrc, std::uint32_t index) override {
    const auto [authenticated, tag] = split(packet);
    put(authenticated.last(kWordSize), kEncryptedFlag | index);
    apply(rtcp_, rtcp_salt_, ssrc, index, rtcp_body(authenticated));
    put_tag(tag, rtcp_mac_.digest(authenticated, {}));
  }

  bool open_rtcp(std::span<std::byte> packet, Ssrc ssrc, std::uint32_t index) override {
    const auto [authenticated, tag] = split(packet);
    if (!is_tag(tag, rtcp_mac_.digest(authenticated, {}))) return false;
    apply(rtcp_, rtcp_salt_, ssrc, index, rtcp_body(authenticated));
    return true;
  }

 private:
  static constexpr std::size_t kTagSize = tag_size(Profile::Aes128CmSha1);
  using Digest = std::array<std::byte, SHA_DIGEST_LENGTH>;

  struct Parts {
    std::span<std::byte> authenticated;
    std::span<std::byte> tag;
  };

  static Parts split(std::span<std::byte> packet) {
    return {packet.first(packet.size() - kTagSize), packet.last(kTagSize)};
  }

  static std::span<std::byte> rtcp_body(std::span<std::byte> authenticated) {
    return authenticated.subspan(kRtcpHeadSize, authenticated.size() - kRtcpHeadSize - kWordSize);
  }

  // RFC 3711 §4.1.1: IV = (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16).
  static void apply(CounterMode& cipher, const crypto::Secret<14>& salt, Ssrc ssrc,
                    PacketIndex index, std::span<std::byte> bytes) {
    std::array<std::byte, kBlockSize> iv{};
    put(std::span{iv}.subspan(8), index << 16);
    put(std::span{iv}.subspan(4), ssrc.value());
    cipher.apply(exclusive_or(iv, salt.bytes()), bytes);
  }

  // RFC 3711 §4.2: over the packet and the rollover counter.
  Digest rtp_tag(Bytes authenticated, PacketIndex index) const {
    std::array<std::byte, 4> rollover_counter{};
    put(std::span{rollover_counter}, static_cast<std::uint32_t>(index >> 16));
    return rtp_mac_.digest(authenticated, rollover_counter);
  }

  static void put_tag(std::span<std::byte> tag, const Digest& digest) {
    std::copy_n(digest.begin(), kTagSize, tag.begin());
  }

  static bool is_tag(Bytes tag, const Digest& digest) {
    return crypto::equal_in_constant_time(tag, std::span{digest}.first(kTagSize));
  }

  CounterMode rtp_;
  CounterMode rtcp_;
  HmacSha1 rtp_mac_;
  HmacSha1 rtcp_mac_;
  crypto::Secret<14> rtp_salt_;
  crypto::Secret<14> rtcp_salt_;
};

}  // namespace

std::unique_ptr<Transform> make_transform(Direction direction, const SessionKeys& rtp,
                                          const SessionKeys& rtcp) {
  DUET_CHECK(rtp.profile == rtcp.profile);
  if (is_aead(rtp.profile)) return std::make_unique<GcmTransform>(direction, rtp, rtcp);
  return std::make_unique<CounterModeTransform>(rtp, rtcp);
}

}  // namespace duet::srtp
