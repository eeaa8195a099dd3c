// SPDX-License-Identifier: MIT
// Packets under given session keys: the vectors of RFC 3711 and RFC 7714.
#include <duet/srtp/srtp_test_support.hpp>
#include <duet/srtp/transform.hpp>

#include <gmock/gmock.h>

#include <string>

namespace duet::srtp {
namespace {

constexpr std::string_view kKey128 = "000102030405060708090a0b0c0d0e0f";
constexpr std::string_view kKey256 =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

SessionKeys keys(Profile profile, std::string_view key, std::string_view salt) {
  return {.profile = profile,
          .cipher = crypto::Secret<32>{unhex(key)},
          .authentication = crypto::Secret<20>::of_size(is_aead(profile) ? 0 : 20),
          .salt = crypto::Secret<14>{unhex(salt)}};
}

std::unique_ptr<Transform> gcm(Direction direction, std::string_view key) {
  const Profile profile = key == kKey256 ? Profile::AeadAes256Gcm : Profile::AeadAes128Gcm;
  const SessionKeys session = keys(profile, key, "517569642070726f2071756f");  // "Quid pro quo"
  return make_transform(direction, session, session);
}

void expect_rtp(std::string_view key, std::string_view protected_hex) {
  const Packet plain = unhex(
      "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070"
      "61727465 73207472 6573");  // "Gallia est omnis divisa in partes tres"
  const Ssrc ssrc{0x5501a0b2};
  Packet packet = plain;
  packet.resize(plain.size() + 16);
  gcm(Direction::Seal, key)->seal_rtp(packet, 12, ssrc, 0xf17b);
  EXPECT_EQ(crypto::hex(packet), crypto::hex(unhex(protected_hex)));
  EXPECT_TRUE(gcm(Direction::Open, key)->open_rtp(packet, 12, ssrc, 0xf17b));
  EXPECT_EQ(crypto::hex(std::span{packet}.first(plain.size())), crypto::hex(plain));
}

void expect_rtcp(std::string_view key, std::string_view protected_hex) {
  const Packet plain = unhex(
      "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef"
      "deadbeef deadbeef deadbeef");
  const Ssrc ssrc{0x4d617273};
  Packet packet = plain;
  packet.resize(plain.size() + 20);
  gcm(Direction::Seal, key)->seal_rtcp(packet, ssrc, 0x5d4);
  EXPECT_EQ(crypto::hex(packet), crypto::hex(unhex(protected_hex)));
  EXPECT_TRUE(gcm(Direction::Open, key)->open_rtcp(packet, ssrc, 0x5d4));
  EXPECT_EQ(crypto::hex(std::span{packet}.first(plain.size())), crypto::hex(plain));
}

TEST(Transform, ProtectsRtpAsRfc7714Section16) {
  expect_rtp(kKey128,
             "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f"
             "42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce");
  expect_rtp(kKey256,
             "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3"
             "b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13");
}

TEST(Transform, ProtectsRtcpAsRfc7714Section17) {
  expect_rtcp(kKey128,
              "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1"
              "730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4");
  expect_rtcp(kKey256,
              "81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1"
              "110555be 8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4");
}

TEST(Transform, MakesTheKeystreamOfRfc3711AppendixB2) {
  const SessionKeys session = keys(Profile::Aes128CmSha1, "2B7E151628AED2A6ABF7158809CF4F3C",
                                   "F0F1F2F3F4F5F6F7F8F9FAFBFCFD");
  Packet packet(12 + 48 + 10);  // SSRC and index are zero, and so is the payload
  packet[0] = std::byte{0x80};
  make_transform(Direction::Seal, session, session)->seal_rtp(packet, 12, Ssrc{0}, 0);
  EXPECT_EQ(crypto::hex(std::span{packet}.subspan(12, 48)),
            "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"
            "41e95b3bb0a2e8dd477901e4fca894c0");
}

}  // namespace
}  // namespace duet::srtp
