// SPDX-License-Identifier: MIT
// Sound that is sent: its timestamps and markers, what goes along, and how much of it.
#include <duet/base/random.hpp>
#include <duet/media/audio_packetizer.hpp>
#include <duet/media/audio_redundancy.hpp>
#include <duet/rtp/red.hpp>

#include <gtest/gtest.h>

#include <cstdint>

namespace duet::media {
namespace {

constexpr PayloadType kOpus{111};
constexpr PayloadType kRed{63};

std::vector<std::byte> packet(int value, std::size_t size = 50) {
  return std::vector<std::byte>(size, static_cast<std::byte>(value));
}

TEST(AudioPacketizer, TimestampsCountSamplesAndWrap) {  // RFC 7587 §4.1: 48 kHz, whatever is coded
  AudioPacketizer packetizer{{.payload_type = kOpus}, rtp::Timestamp{0xFFFFFF00}};
  EXPECT_EQ(packetizer.handle_packet(packet(1), 20ms)->timestamp, rtp::Timestamp{0xFFFFFF00});
  EXPECT_EQ(packetizer.handle_packet(packet(2), 20ms)->timestamp, rtp::Timestamp{0x2C0});
  AudioPacketizer narrow{{.payload_type = PayloadType{0}, .clock_rate = 8'000}, rtp::Timestamp{0}};
  narrow.handle_packet(packet(1, 160), 20ms);
  EXPECT_EQ(narrow.handle_packet(packet(2, 160), 20ms)->timestamp, rtp::Timestamp{160});
}

TEST(AudioPacketizer, AMarkerBeginsATalkspurt) {  // RFC 3551 §4.1
  AudioPacketizer packetizer{{.payload_type = kOpus}, rtp::Timestamp{0}};
  EXPECT_FALSE(packetizer.handle_packet(packet(1), 20ms)->marker);
  EXPECT_FALSE(packetizer.handle_packet(packet(1), 20ms)->marker);
  EXPECT_FALSE(packetizer.handle_packet({}, 20ms));
  EXPECT_FALSE(packetizer.handle_packet({}, 20ms));
  const auto first = packetizer.handle_packet(packet(2), 20ms);
  EXPECT_TRUE(first->marker);
  EXPECT_EQ(first->timestamp, rtp::Timestamp{4 * 960});
  EXPECT_FALSE(packetizer.handle_packet(packet(3), 20ms)->marker);
}

TEST(AudioPacketizer, OlderPacketsGoAlongOldestFirst) {  // RFC 2198 §3
  AudioPacketizer packetizer{{.payload_type = kOpus, .red = kRed}, rtp::Timestamp{0}};
  packetizer.set_redundancy(2);
  for (int i = 0; i < 5; ++i) {
    const auto primary = packet(i, 40 + static_cast<std::size_t>(i));
    const auto payload = packetizer.handle_packet(primary, 20ms);
    EXPECT_EQ(payload->payload_type, kRed);
    const auto red = rtp::Red::parse(payload->timestamp, payload->payload);
    ASSERT_TRUE(red);
    const int older = std::min(i, 2);
    ASSERT_EQ(red->blocks().size(), static_cast<std::size_t>(older + 1));
    for (int k = 0; k <= older; ++k) {
      const rtp::RedBlock& block = red->blocks()[static_cast<std::size_t>(k)];
      const int number = i - older + k;
      EXPECT_EQ(block.payload_type, kOpus);
      EXPECT_EQ(block.timestamp, rtp::Timestamp{static_cast<std::uint32_t>(number * 960)});
      EXPECT_EQ(block.data.size(), 40 + static_cast<std::size_t>(number));
      EXPECT_EQ(block.data[0], static_cast<std::byte>(number));
    }
  }
}

TEST(AudioPacketizer, WithoutRedundancyOrWithoutRedItIsThePacketItself) {
  AudioPacketizer packetizer{{.payload_type = kOpus, .red = kRed}, rtp::Timestamp{0}};
  const auto bytes = packet(1);
  EXPECT_EQ(packetizer.handle_packet(bytes, 20ms)->payload_type, kOpus);
  // What was sent before there was redundancy can go along.
  packetizer.set_redundancy(1);
  const auto redundant = packetizer.handle_packet(bytes, 20ms);
  EXPECT_EQ(rtp::Red::parse(redundant->timestamp, redundant->payload)->blocks().size(), 2u);
  packetizer.set_format({.payload_type = kOpus});
  const auto plain = packetizer.handle_packet(bytes, 20ms);
  EXPECT_EQ(plain->payload_type, kOpus);
  EXPECT_EQ(plain->payload.data(), bytes.data());
}

TEST(AudioPacketizer, WhatDoesNotFitOrIsTooOldStaysOut) {
  AudioPacketizer packetizer{{.payload_type = kOpus, .red = kRed}, rtp::Timestamp{0}};
  packetizer.set_redundancy(9);  // three at most
  for (int i = 0; i < 4; ++i) packetizer.handle_packet(packet(i, 500), 20ms);
  const auto large = packetizer.handle_packet(packet(4, 500), 20ms);
  EXPECT_LE(large->payload.size(), AudioPacketizer::kMaxPayload);
  EXPECT_EQ(rtp::Red::parse(large->timestamp, large->payload)->blocks().size(), 2u);
  for (int i = 0; i < 20; ++i) packetizer.handle_packet({}, 20ms);
  const auto late = packetizer.handle_packet(packet(5), 20ms);
  EXPECT_EQ(rtp::Red::parse(late->timestamp, late->payload)->blocks().size(), 1u);
}

AudioProtection after(double loss, const AudioRedundancy::Abilities& abilities,
                      Duration round_trip = 50ms) {
  AudioRedundancy redundancy{abilities};
  redundancy.set_round_trip(round_trip);
  for (int i = 0; i < 20; ++i) redundancy.handle_loss(Instant{i * 1s}, loss);
  return redundancy.protection();
}

TEST(AudioRedundancy, GrowsWithTheLoss) {
  const auto redundant = [](double loss) { return after(loss, {.red = true}).redundant; };
  EXPECT_EQ(redundant(0), 0u);
  EXPECT_EQ(redundant(0.009), 0u);
  EXPECT_EQ(redundant(0.05), 1u);
  EXPECT_EQ(redundant(0.2), 2u);
  EXPECT_EQ(redundant(0.3), 3u);
  EXPECT_EQ(redundant(0.9), AudioRedundancy::kMost);
}

TEST(AudioRedundancy, LeavesToRetransmissionWhatItRepairsInTime) {
  EXPECT_EQ(after(0.05, {.red = true, .nack = true}).redundant, 0u);
  EXPECT_EQ(after(0.05, {.red = true, .nack = true}, 300ms).redundant, 1u);
  EXPECT_EQ(after(0.2, {.red = true, .nack = true}).redundant, 2u);
}

TEST(AudioRedundancy, InBandFecStandsInForRed) {
  EXPECT_EQ(after(0.2, {.red = true}).expected_loss, 0);
  EXPECT_EQ(after(0.2, {}).redundant, 0u);
  EXPECT_NEAR(after(0.2, {}).expected_loss, 0.2, 0.01);
  EXPECT_EQ(after(0.005, {}).expected_loss, 0);
  EXPECT_EQ(after(0.2, {.fec = false}).expected_loss, 0);
}

TEST(AudioRedundancy, NeedsRoomAndInBandFecStandsInWhereThereIsNone) {
  AudioRedundancy redundancy{{.red = true}};
  for (int i = 0; i < 20; ++i) redundancy.handle_loss(Instant{i * 1s}, 0.2);
  redundancy.set_most(1);
  EXPECT_EQ(redundancy.wanted(), 2u);
  EXPECT_EQ(redundancy.protection(), (AudioProtection{.redundant = 1}));
  redundancy.set_most(0);
  EXPECT_EQ(redundancy.protection().redundant, 0u);
  EXPECT_NEAR(redundancy.protection().expected_loss, 0.2, 0.01);
  redundancy.set_most(AudioRedundancy::kMost);
  EXPECT_EQ(redundancy.protection(), (AudioProtection{.redundant = 2}));
}

TEST(AudioRedundancy, RisesWithOneReportAndFallsInTenSeconds) {
  AudioRedundancy redundancy{{.red = true}};
  redundancy.handle_loss(Instant{1s}, 0.2);
  EXPECT_GE(redundancy.protection().redundant, 2u);
  redundancy.handle_loss(Instant{2s}, 0);
  EXPECT_GE(redundancy.protection().redundant, 1u);
  for (int i = 3; i < 25; ++i) redundancy.handle_loss(Instant{i * 1s}, 0);
  EXPECT_EQ(redundancy.protection().redundant, 0u);
}

TEST(AudioRedundancy, IsCalmWhereLossIsNearALimit) {
  AudioRedundancy redundancy{{.red = true}};
  SeededRandom random{1};
  int changes = 0;
  std::size_t last = 0;
  for (int i = 0; i < 600; ++i) {
    int lost = 0;
    for (int k = 0; k < 50; ++k) lost += random.u64() % 100 < 5 ? 1 : 0;
    redundancy.handle_loss(Instant{i * 1s}, lost / 50.0);
    changes += redundancy.protection().redundant != last ? 1 : 0;
    last = redundancy.protection().redundant;
  }
  EXPECT_LT(changes, 60);
}

}  // namespace
}  // namespace duet::media
