// SPDX-License-Identifier: MIT
// Byte streams in pieces of every length, and pictures that are cut too soon.
#include <duet/device/access_units.hpp>
#include <duet/device/encode_for_test.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace duet::device {
namespace {

using Bytes = std::vector<std::byte>;
using View = std::span<const std::byte>;

std::vector<Bytes> pictures(int count) {
  std::vector<Bytes> out;
  for (auto& frame : encoded_pictures(media::Codec::H264, {64, 48}, count))
    out.push_back(std::move(frame.bytes));
  return out;
}

Bytes joined(const std::vector<Bytes>& all) {
  Bytes out;
  for (const Bytes& each : all) out.insert(out.end(), each.begin(), each.end());
  return out;
}

/// A unit of that type; `header` is the first byte of its body.
Bytes unit(int type, int header, std::size_t size = 8) {
  Bytes out{std::byte{0}, std::byte{0}, std::byte{1}, std::byte(type), std::byte(header)};
  out.resize(out.size() + size, std::byte{0x55});
  return out;
}

constexpr int kFirst = 0x80;  // first_mb_in_slice is 0
constexpr int kLater = 0x40;

TEST(AccessUnits, GivesEachPictureWhateverThePiecesAre) {
  const std::vector<Bytes> expected = pictures(5);
  const Bytes stream = joined(expected);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7},
                                  std::size_t{1000}, stream.size()}) {
    SCOPED_TRACE(piece);
    AccessUnits units;
    std::vector<Bytes> got;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      units.push(View{stream}.subspan(at, std::min(piece, stream.size() - at)));
      while (auto each = units.next()) {
        EXPECT_EQ(each->follows, !got.empty());
        got.push_back(std::move(each->bytes));
      }
    }
    auto last = units.take_rest();
    ASSERT_TRUE(last);
    got.push_back(std::move(last->bytes));
    EXPECT_EQ(got, expected);
    EXPECT_FALSE(units.take_rest());
  }
}

TEST(AccessUnits, KeepsTheSlicesOfAPictureTogether) {
  const std::vector<Bytes> first = {unit(9, 0), unit(7, 0), unit(8, 0), unit(5, kFirst),
                                    unit(5, kLater)};
  const std::vector<Bytes> second = {unit(1, kFirst), unit(1, kLater), unit(1, kLater)};
  AccessUnits units;
  units.push(joined(first));
  EXPECT_FALSE(units.next()) << "a further slice may come";
  EXPECT_NE(units.begun(), 0U);
  units.push(joined(second));
  EXPECT_EQ(units.next()->bytes, joined(first));
  units.push(unit(6, 0));
  EXPECT_EQ(units.next()->bytes, joined(second));
  EXPECT_FALSE(units.next());
  EXPECT_EQ(units.begun(), 0U) << "SEI is no picture yet";
}

TEST(AccessUnits, TakesSilenceForAnEnd) {
  AccessUnits units;
  units.push(unit(5, kFirst));
  EXPECT_FALSE(units.next());
  EXPECT_EQ(units.take_rest()->bytes, unit(5, kFirst));
  units.push(unit(1, kFirst));
  EXPECT_FALSE(units.next());
  const auto second = units.take_rest();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->bytes, unit(1, kFirst));
  EXPECT_TRUE(second->follows);
}

TEST(AccessUnits, DropsTheRestOfAPictureThatWasTakenTooSoon) {
  for (const bool within_slice : {true, false}) {
    SCOPED_TRACE(within_slice);
    AccessUnits units;
    units.push(unit(5, kFirst, 100));
    EXPECT_FALSE(units.next());
    ASSERT_TRUE(units.take_rest());
    units.push(within_slice ? Bytes(50, std::byte{0x55}) : unit(5, kLater));
    units.push(unit(1, kFirst));
    EXPECT_FALSE(units.next());
    const auto second = units.take_rest();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->bytes, unit(1, kFirst));
    EXPECT_FALSE(second->follows) << "the decoder has half a picture";
  }
}

TEST(AccessUnits, BeginsInTheMiddleOfAStream) {
  AccessUnits units;
  units.push(Bytes(30, std::byte{0x55}));
  EXPECT_FALSE(units.next());
  units.push(unit(5, kFirst));
  EXPECT_FALSE(units.next());
  EXPECT_EQ(units.take_rest()->bytes, unit(5, kFirst));
}

TEST(AccessUnits, GrowsOnlySoFar) {
  AccessUnits units;
  const Bytes rubbish(100'000, std::byte{0x55});
  for (int i = 0; i < 60; ++i) {
    units.push(rubbish);
    EXPECT_FALSE(units.next());
  }
  EXPECT_EQ(units.begun(), 0U);
  units.push(unit(5, kFirst));
  for (int i = 0; i < 60; ++i) {
    units.push(rubbish);
    EXPECT_FALSE(units.next());
    EXPECT_LE(units.begun(), AccessUnits::kMost + rubbish.size());
  }
  units.push(unit(1, kFirst));
  EXPECT_FALSE(units.next());
  const auto next = units.take_rest();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->bytes, unit(1, kFirst));
  EXPECT_FALSE(next->follows);
}

}  // namespace
}  // namespace duet::device
