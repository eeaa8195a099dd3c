// SPDX-License-Identifier: MIT
// SRTP on a hostile path: what is believed was protected by the sender, is given back as it was,
// and is believed once.
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/base/random.hpp>
#include <duet/srtp/receiver.hpp>
#include <duet/srtp/sender.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace duet::srtp {
namespace {

using Packet = std::vector<std::byte>;

enum class Kind : bool { Rtp, Rtcp };

struct Sent {
  Kind kind;
  Packet plain;
  Packet bytes;
  bool is_believed = false;
};

MasterKey key(Profile profile) {
  SeededRandom random{7};
  Packet key(key_size(profile));
  Packet salt(salt_size(profile));
  random.fill(key);
  random.fill(salt);
  return {profile, key, salt};
}

class Path {
 public:
  explicit Path(Profile profile) : sender_{key(profile)}, receiver_{key(profile)} {}

  void run(std::span<const std::byte> bytes) {
    ByteReader in{bytes};
    while (!in.empty()) step(in);
  }

 private:
  void step(ByteReader& in) {
    const std::uint8_t operation = in.u8();
    const Kind kind{(operation & 1) != 0};
    const std::uint8_t how = in.u8();
    switch (operation / 2 % 4) {
      case 0:  // the application sends something, and it arrives
        send(kind, in, how);
        if (!sent_.empty() && (operation & 128) != 0)
          deliver(sent_.back().bytes, sent_.back().kind);
        return;
      case 1:  // anything arrives
        return deliver(take(in, how), kind);
      case 2:  // one that was sent arrives, perhaps again, perhaps as what it is not
        if (!sent_.empty()) deliver(sent_[how % sent_.size()].bytes, kind);
        return;
      default:  // one arrives altered
        if (sent_.empty()) return;
        Packet packet = sent_[how % sent_.size()].bytes;
        packet[in.u8() % packet.size()] ^= std::byte{in.u8()};
        if ((operation & 64) != 0) packet.resize(packet.size() - in.u8() % packet.size());
        return deliver(std::move(packet), kind);
    }
  }

  static Packet take(ByteReader& in, std::size_t size) {
    const auto taken = in.bytes(std::min(size, in.size()));
    return {taken.begin(), taken.end()};
  }

  void send(Kind kind, ByteReader& in, std::uint8_t how) {
    Packet plain = take(in, how % 64);
    // Mostly well-formed, of one of two sources.
    if (how < 192 && plain.size() > 11) {
      plain[0] = (plain[0] & std::byte{0x30}) | std::byte{0x80};
      std::fill_n(plain.begin() + (kind == Kind::Rtp ? 8 : 4), 4, plain[1] & std::byte{1});
    }
    Packet bytes = plain;
    bytes.resize(plain.size() + (kind == Kind::Rtp ? kMaxRtpOverhead : kMaxRtcpOverhead));
    const auto total = kind == Kind::Rtp ? sender_.protect_rtp(bytes, plain.size())
                                         : sender_.protect_rtcp(bytes, plain.size());
    if (!total) {
      DUET_CHECK(std::equal(plain.begin(), plain.end(), bytes.begin()));
      return;
    }
    bytes.resize(*total);
    sent_.push_back({kind, std::move(plain), std::move(bytes)});
  }

  void deliver(Packet packet, Kind kind) {
    const auto from = std::find_if(sent_.begin(), sent_.end(), [&](const Sent& sent) {
      return sent.kind == kind && sent.bytes == packet;
    });
    const auto plain =
        kind == Kind::Rtp ? receiver_.unprotect_rtp(packet) : receiver_.unprotect_rtcp(packet);
    if (!plain) return;
    DUET_CHECK(from != sent_.end() && !from->is_believed);
    DUET_CHECK(std::equal(plain->begin(), plain->end(), from->plain.begin(), from->plain.end()));
    from->is_believed = true;
  }

  Sender sender_;
  Receiver receiver_;
  std::vector<Sent> sent_;
};

}  // namespace
}  // namespace duet::srtp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using duet::srtp::Profile;
  if (size == 0 || size > 4096) return 0;
  constexpr Profile kProfiles[] = {Profile::Aes128CmSha1, Profile::AeadAes128Gcm,
                                   Profile::AeadAes256Gcm};
  duet::srtp::Path path{kProfiles[data[0] % 3]};
  path.run(std::as_bytes(std::span{data, size}.subspan(1)));
  return 0;
}
