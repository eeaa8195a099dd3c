// SPDX-License-Identifier: MIT
// Fingerprints as descriptions write them.
#include <duet/base/bytes.hpp>
#include <duet/dtls/fingerprint.hpp>

#include <gmock/gmock.h>

namespace duet::dtls {
namespace {

using crypto::HashAlgorithm;

const std::span<const std::byte> kMine = as_bytes("my certificate");
const std::span<const std::byte> kOther = as_bytes("another certificate");

TEST(Fingerprint, ComesBackAsItWasWritten) {
  for (const auto algorithm :
       {HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512}) {
    const auto fingerprint = Fingerprint::of(algorithm, kMine);
    EXPECT_EQ(Fingerprint::parse(fingerprint.serialize()), fingerprint);
    EXPECT_EQ(Fingerprint::parse(fingerprint.hash_function(), fingerprint.hex()), fingerprint);
  }
}

TEST(Fingerprint, IsReadInAnyCase) {
  const auto fingerprint = Fingerprint::of(HashAlgorithm::Sha256, kMine);
  std::string text = fingerprint.serialize();
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  EXPECT_EQ(Fingerprint::parse(text), fingerprint);
  text.replace(0, 3, "SHA");
  EXPECT_EQ(Fingerprint::parse(text), fingerprint);
}

TEST(Fingerprint, IsNotReadFromAnythingElse) {
  const std::string good = Fingerprint::of(HashAlgorithm::Sha256, kMine).serialize();
  std::string dots = good;
  dots[10] = '.';
  std::string letter = good;
  letter[9] = 'G';
  for (const std::string& text :
       {std::string{}, std::string{"sha-256"}, std::string{"sha-256 "}, good + ":AB",
        good.substr(0, good.size() - 3), good + " ", dots, letter, "sha-384" + good.substr(7)}) {
    EXPECT_EQ(Fingerprint::parse(text), std::nullopt) << text;
  }
}

TEST(Fingerprint, IsNotOfABrokenHash) {
  EXPECT_EQ(Fingerprint::parse("sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB"),
            std::nullopt);
  EXPECT_EQ(Fingerprint::parse("md5 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B"),
            std::nullopt);
}

TEST(Fingerprint, NamesItsCertificateOnly) {
  const std::vector mine{Fingerprint::of(HashAlgorithm::Sha256, kMine)};
  EXPECT_TRUE(matches(mine, kMine));
  EXPECT_FALSE(matches(mine, kOther));
  EXPECT_FALSE(matches({}, kMine));
}

TEST(Fingerprint, CountsByTheLongestHashAlone) {  // RFC 8122 §5.1
  const std::vector both{Fingerprint::of(HashAlgorithm::Sha256, kMine),
                         Fingerprint::of(HashAlgorithm::Sha512, kOther)};
  EXPECT_FALSE(matches(both, kMine));
  EXPECT_TRUE(matches(both, kOther));
  const std::vector two{Fingerprint::of(HashAlgorithm::Sha256, kMine),
                        Fingerprint::of(HashAlgorithm::Sha256, kOther)};
  EXPECT_TRUE(matches(two, kMine));
  EXPECT_TRUE(matches(two, kOther));
}

}  // namespace
}  // namespace duet::dtls
