// SPDX-License-Identifier: MIT
// getStats() of a call beside what browsers give.
#include <duet/rtc/stats_json.hpp>
#include <duet/rtc/test_ends.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace duet::rtc {
namespace {

namespace json = boost::json;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Keys = std::map<std::string, std::set<std::string>>;  // by kind

/// What a browser gives and we don't, and why.
const std::map<std::string, std::map<std::string, std::string>> kLeftOut{
    {"media-playout", {{"", "the sound device is the application's, and has no statistics yet"}}},
    {"candidate-pair",
     {{"readable", "not the W3C's: what it says is in `state`"},
      {"selected", "not the W3C's: the transport's selectedCandidatePairId"},
      {"writable", "not the W3C's: what it says is in `state`"}}},
    {"local-candidate",
     {{"ip", "the old name of `address`"}, {"networkType", "tells strangers of the machine"}}},
    {"remote-candidate", {{"ip", "the old name of `address`"}}},
    {"inbound-rtp",
     {{"discardedPackets", "the old name of packetsDiscarded"},
      {"googTimingFrameInfo", "Chromium's own"},
      {"packetsReceivedWithCe", "ECN is not used"},
      {"packetsReceivedWithEct1", "ECN is not used"},
      {"playoutId", "there is no media-playout"}}},
    {"remote-outbound-rtp",
     {{"roundTripTime", "who sends has it in remote-inbound-rtp; XR is for who sends nothing"}}},
    {"outbound-rtp", {{"packetsSentWithEct1", "ECN is not used"}}}};

bool is_left_out(const std::string& kind, const std::string& name) {
  const auto found = kLeftOut.find(kind);
  return found != kLeftOut.end() && (found->second.contains("") || found->second.contains(name));
}

Keys keys_of_browser(const std::string& name) {
  std::ifstream file{DUET_CAPTURES "/stats/" + name + "-stats-keys.json"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  Keys keys;
  const json::value lists = json::parse(text);
  for (const auto& [kind, names] : lists.as_object()) {
    for (const json::value& one : names.as_array()) {
      keys[std::string{kind}].insert(std::string{one.as_string()});
    }
  }
  return keys;
}

json::object parsed(const peer::StatsReport& report) {
  return json::parse(stats_json(report)).as_object();
}

Keys keys_of(const json::object& report) {
  Keys keys;
  for (const auto& [id, entry] : report) {
    for (const auto& [name, value] : entry.as_object()) {
      keys[std::string{entry.at("type").as_string()}].insert(std::string{name});
    }
  }
  return keys;
}

/// An application that knows everything.
peer::MediaStats all_known(peer::TransceiverId id, peer::MediaKind kind) {
  peer::MediaStats stats{.transceiver = id};
  stats.decoder = {.packets_discarded = 1,
                   .fec_packets_discarded = 1,
                   .jitter_buffer_delay = 1s,
                   .jitter_buffer_target_delay = 1s,
                   .jitter_buffer_minimum_delay = 1s,
                   .jitter_buffer_emitted_count = 1,
                   .total_processing_delay = 1s,
                   .decoder_implementation = "libvpx",
                   .power_efficient_decoder = false};
  stats.encoder = {.target_bitrate = 1e6,
                   .total_packet_send_delay = 1s,
                   .encoder_implementation = "libvpx",
                   .power_efficient_encoder = false};
  if (kind == peer::MediaKind::Audio) {
    stats.decoder.audio_level = 0.5;
    stats.decoder.total_audio_energy = 1;
    stats.decoder.total_samples_duration = 1s;
    stats.decoder.total_samples_received = 1;
    stats.decoder.concealed_samples = 1;
    stats.decoder.silent_concealed_samples = 1;
    stats.decoder.concealment_events = 1;
    stats.decoder.inserted_samples_for_deceleration = 1;
    stats.decoder.removed_samples_for_acceleration = 1;
    stats.source = {.audio_level = 0.5,
                    .total_audio_energy = 1,
                    .total_samples_duration = 1s,
                    .echo_return_loss = 10,
                    .echo_return_loss_enhancement = 10};
    return stats;
  }
  stats.decoder.frames_received = 1;
  stats.decoder.frames_decoded = 1;
  stats.decoder.key_frames_decoded = 1;
  stats.decoder.frames_dropped = 1;
  stats.decoder.frame_width = 640;
  stats.decoder.frame_height = 480;
  stats.decoder.frames_per_second = 30;
  stats.decoder.qp_sum = 1;
  stats.decoder.total_decode_time = 1s;
  stats.decoder.total_inter_frame_delay = 1s;
  stats.decoder.total_squared_inter_frame_delay = 1;
  stats.decoder.pause_count = 1;
  stats.decoder.total_pauses_duration = 1s;
  stats.decoder.freeze_count = 1;
  stats.decoder.total_freezes_duration = 1s;
  stats.decoder.frames_assembled_from_multiple_packets = 1;
  stats.decoder.total_assembly_time = 1s;
  stats.encoder.total_encoded_bytes_target = 1;
  stats.encoder.frame_width = 640;
  stats.encoder.frame_height = 480;
  stats.encoder.frames_per_second = 30;
  stats.encoder.frames_sent = 1;
  stats.encoder.huge_frames_sent = 1;
  stats.encoder.frames_encoded = 1;
  stats.encoder.key_frames_encoded = 1;
  stats.encoder.qp_sum = 1;
  stats.encoder.total_encode_time = 1s;
  stats.encoder.quality_limitation_reason = peer::QualityLimitationReason::Cpu;
  stats.encoder.quality_limitation_durations = {.cpu = 1500ms};
  stats.encoder.quality_limitation_resolution_changes = 1;
  stats.encoder.scalability_mode = "L1T1";
  stats.source = {.width = 640, .height = 480, .frames = 1, .frames_per_second = 30};
  return stats;
}

struct StatsTest : TwoEnds {
  void call() {
    for (End* end : {&alice, &bob}) {
      const std::string name = end == &alice ? "alice" : "bob";
      sound[end] = *end->connection->add_track(peer::MediaKind::Audio, name + "-sound", {"s"});
      pictures[end] = *end->connection->add_track(peer::MediaKind::Video, name + "-video", {"s"});
    }
    open();
  }

  void send(End& end, std::uint32_t packets) {
    const std::array<std::byte, 100> payload{};
    for (std::uint32_t i = 0; i < packets; ++i) {
      for (const auto id : {sound[&end], pictures[&end]}) {
        ASSERT_TRUE(end.connection->send(
            id, {.timestamp = rtp::Timestamp{next_timestamp += 960}, .payload = payload}));
      }
    }
  }

  /// Until each end has heard reports of the other about all streams, and measured the round trip.
  void exchange_reports() {
    const auto is_known = [](const End& end) {
      const auto report = end.connection->get_stats();
      const auto remote = report.all<peer::RemoteInboundRtpStreamStats>();
      return remote.size() == 2 && report.all<peer::RemoteOutboundRtpStreamStats>().size() == 2 &&
             std::ranges::all_of(remote,
                                 [](const auto* one) { return one->round_trip_time.has_value(); });
    };
    for (const Instant end = loop.now() + 10s; loop.now() < end;) {
      if (is_known(alice) && is_known(bob)) return;
      send(alice, 1);
      send(bob, 1);
      const Instant next = loop.now() + 20ms;
      while (loop.now() < next) loop.run_turn(next - loop.now());
    }
    FAIL() << "no reports";
  }

  peer::StatsReport full_report(End& end) {
    return end.connection->get_stats({.media = {all_known(sound[&end], peer::MediaKind::Audio),
                                                all_known(pictures[&end], peer::MediaKind::Video)},
                                      .available_incoming_bitrate = 1e6});
  }

  std::map<const End*, peer::TransceiverId> sound;
  std::map<const End*, peer::TransceiverId> pictures;
  std::uint32_t next_timestamp = 0;
};

TEST_F(StatsTest, HasEveryKeyThatBrowsersGive) {
  call();
  exchange_reports();
  const Keys ours = keys_of(parsed(full_report(alice)));
  for (const char* browser : {"chromium-156", "firefox-153"}) {
    const Keys theirs = keys_of_browser(browser);
    ASSERT_GE(theirs.size(), 12U);
    for (const auto& [kind, names] : theirs) {
      for (const std::string& name : names) {
        const auto mine = ours.find(kind);
        const bool is_there = mine != ours.end() && mine->second.contains(name);
        EXPECT_NE(is_there, is_left_out(kind, name)) << browser << " " << kind << "." << name;
      }
    }
  }
}

TEST_F(StatsTest, NamesOnlyIdsThatAreThere) {
  call();
  exchange_reports();
  const json::object report = parsed(full_report(bob));
  std::size_t named = 0;
  for (const auto& [id, entry] : report) {
    EXPECT_EQ(entry.at("id").as_string(), id);
    for (const auto& [name, value] : entry.as_object()) {
      if (!name.ends_with("Id")) continue;
      ++named;
      EXPECT_TRUE(report.contains(value.as_string())) << entry.at("type") << "." << name;
    }
  }
  EXPECT_GT(named, 25U);
}

TEST_F(StatsTest, CountsTheSameAtBothEnds) {
  call();
  send(alice, 25);
  ASSERT_TRUE(alice.channel->send("hello"));
  ASSERT_TRUE(bob.channel->send(std::vector<std::byte>(1000)));
  run_until([&] { return bob.packets == 50 && !bob.texts.empty() && alice.binary == 1000; });

  const auto sent = alice.connection->get_stats();
  const auto received = bob.connection->get_stats();
  const auto outbound = sent.all<peer::OutboundRtpStreamStats>();
  const auto inbound = received.all<peer::InboundRtpStreamStats>();
  ASSERT_THAT(outbound, SizeIs(2));
  ASSERT_THAT(inbound, SizeIs(2));
  for (const auto* out : outbound) {
    const auto in =
        std::ranges::find_if(inbound, [&](const auto* one) { return one->ssrc == out->ssrc; });
    ASSERT_NE(in, inbound.end());
    EXPECT_EQ(out->packets_sent, 25U);
    EXPECT_EQ((*in)->packets_received, 25U);
    EXPECT_EQ((*in)->bytes_received, out->bytes_sent);
    EXPECT_EQ((*in)->header_bytes_received, out->header_bytes_sent);
    EXPECT_EQ((*in)->packets_lost, 0);
    EXPECT_EQ((*in)->mid, out->mid);
    const auto* codec = sent.find<peer::CodecStats>(out->codec_id);
    ASSERT_NE(codec, nullptr);
    EXPECT_EQ(received.find<peer::CodecStats>((*in)->codec_id)->mime_type, codec->mime_type);
    EXPECT_EQ(codec->mime_type, out->kind == peer::MediaKind::Audio ? "audio/opus" : "video/VP8");
  }
  const auto& channel = *sent.all<peer::DataChannelStats>().at(0);
  EXPECT_EQ(channel.label, "chat");
  EXPECT_EQ(channel.messages_sent, 1U);
  EXPECT_EQ(channel.bytes_sent, 5U);
  EXPECT_EQ(channel.messages_received, 1U);
  EXPECT_EQ(channel.bytes_received, 1000U);
  EXPECT_EQ(received.all<peer::DataChannelStats>().at(0)->bytes_received, 5U);

  const auto& transport = *sent.all<peer::TransportStats>().at(0);
  const auto* pair = sent.find<peer::IceCandidatePairStats>(transport.selected_candidate_pair_id);
  ASSERT_NE(pair, nullptr);
  EXPECT_TRUE(pair->nominated);
  EXPECT_GE(pair->packets_sent, 50U);
  EXPECT_GE(transport.bytes_sent, pair->bytes_sent);
  EXPECT_EQ(transport.tls_version, "FEFD");
  EXPECT_EQ(transport.dtls_cipher, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  EXPECT_EQ(transport.srtp_cipher, "SRTP_AEAD_AES_128_GCM");
  EXPECT_GE(transport.selected_candidate_pair_changes, 1U);
}

TEST_F(StatsTest, NamesTheCertificateThatTheDescriptionNames) {
  call();
  const auto report = alice.connection->get_stats();
  const auto& transport = *report.all<peer::TransportStats>().at(0);
  const auto* certificate = report.find<peer::CertificateStats>(transport.remote_certificate_id);
  ASSERT_NE(certificate, nullptr);
  const std::string line =
      "a=fingerprint:" + certificate->fingerprint_algorithm + " " + certificate->fingerprint;
  EXPECT_NE(alice.connection->remote_description()->sdp.find(line), std::string::npos);
}

TEST_F(StatsTest, KeepsItsIds) {
  call();
  send(alice, 5);
  run_until([&] { return bob.packets == 10; });
  const auto before = parsed(bob.connection->get_stats());
  send(alice, 5);
  run_until([&] { return bob.packets == 20; });
  const auto after = parsed(bob.connection->get_stats());
  for (const auto& [id, entry] : before) {
    ASSERT_TRUE(after.contains(id)) << id;
    EXPECT_EQ(after.at(id).at("type"), entry.at("type"));
    EXPECT_GE(after.at(id).at("timestamp").to_number<double>(),
              entry.at("timestamp").to_number<double>());
  }
}

TEST_F(StatsTest, GoesOnCountingAfterAHold) {
  call();
  send(alice, 5);
  run_until([&] { return bob.packets == 10; });
  for (const auto direction : {peer::Direction::Inactive, peer::Direction::SendRecv}) {
    ASSERT_TRUE(alice.connection->set_direction(sound[&alice], direction));
    alice.call();
  }
  send(alice, 5);
  run_until([&] { return bob.packets == 20; });
  const auto report = alice.connection->get_stats();
  for (const auto* stream : report.all<peer::OutboundRtpStreamStats>()) {
    EXPECT_EQ(stream->packets_sent, 10U) << sdp::to_string(stream->kind);
  }
}

TEST_F(StatsTest, LeavesOutWhatNobodyKnows) {
  call();
  send(alice, 1);
  run_until([&] { return bob.packets == 2; });
  const Keys keys = keys_of(parsed(bob.connection->get_stats()));
  EXPECT_THAT(keys.at("inbound-rtp"), Not(Contains("framesDecoded")));
  EXPECT_THAT(keys.at("inbound-rtp"), Not(Contains("remoteId")));
  EXPECT_THAT(keys.at("candidate-pair"), Not(Contains("availableIncomingBitrate")));
  EXPECT_FALSE(keys.contains("remote-outbound-rtp"));
}

TEST_F(StatsTest, WritesTheWorldsTimeAndSeconds) {
  call();
  send(alice, 1);
  run_until([&] { return bob.packets == 2; });
  const auto report = parsed(full_report(bob));
  const double now = report.at("peer-connection").at("timestamp").to_number<double>();
  EXPECT_GT(now, 1.7e12);  // milliseconds: after 2023
  EXPECT_LT(now, 4.1e12);  // and before 2100
  for (const auto& [id, entry] : report) {
    if (entry.at("type") != "outbound-rtp" || entry.at("kind") != "video") continue;
    EXPECT_EQ(entry.at("totalEncodeTime").to_number<double>(), 1.0);
    EXPECT_EQ(entry.at("qualityLimitationDurations").at("cpu").to_number<double>(), 1.5);
  }
}

TEST_F(StatsTest, CanBeAskedBeforeAndAfter) {
  const auto before = alice.connection->get_stats();
  EXPECT_THAT(before.entries, SizeIs(1));
  EXPECT_THAT(before.all<peer::PeerConnectionStats>(), SizeIs(1));
  open();
  alice.connection->close();
  const auto after = alice.connection->get_stats();
  const auto& connection = *after.all<peer::PeerConnectionStats>().at(0);
  EXPECT_EQ(connection.data_channels_opened, 1U);
  EXPECT_EQ(connection.data_channels_closed, 1U);
  EXPECT_THAT(after.all<peer::IceCandidatePairStats>(), IsEmpty());
}

struct HiddenStatsTest : TwoEnds {
  HiddenStatsTest() : TwoEnds{{.loopback = Loopback::Included, .hides_addresses = true}} {}
};

TEST_F(HiddenStatsTest, TellsNoAddressThatHidesBehindAName) {
  ASSERT_TRUE(alice.connection->create_data_channel({.label = "chat"}));
  ASSERT_TRUE(alice.connection->set_local_description());
  peer::StatsReport report;
  run_until([&] {
    report = alice.connection->get_stats();
    return !report.all<peer::IceCandidateStats>().empty();
  });
  for (const auto* candidate : report.all<peer::IceCandidateStats>()) {
    EXPECT_THAT(candidate->address, IsEmpty());
    EXPECT_FALSE(candidate->username_fragment.empty());
  }
}

}  // namespace
}  // namespace duet::rtc
