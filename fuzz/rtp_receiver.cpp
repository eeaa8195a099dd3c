// SPDX-License-Identifier: MIT
// A receiver and a sender under a path and a peer that do what they like: packets late, twice, far
// away or of another stream, retransmissions of anything, requests for everything. Each packet is
// given once, lists stay within their bounds, counters add up, and every timeout comes to an end.
#include <duet/base/check.hpp>
#include <duet/rtp/packet_writer.hpp>
#include <duet/rtp/receiver.hpp>
#include <duet/rtp/rtcp_writer.hpp>
#include <duet/rtp/sender.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <vector>

namespace duet::rtp {
namespace {

constexpr Ssrc kMedia{1};
constexpr Ssrc kRtx{2};

PayloadMap payloads() {
  PayloadMap map;
  map.set(PayloadType{96}, {.role = Payload::Role::Media, .clock_rate = 90000});
  map.set(PayloadType{97}, {.role = Payload::Role::Rtx, .repairs = PayloadType{96}});
  map.set(PayloadType{98}, {.role = Payload::Role::Ulpfec, .clock_rate = 90000});
  map.set(PayloadType{99}, {.role = Payload::Role::Flexfec});
  return map;
}

class World {
 public:
  explicit World(bool with_rtx)
      : sender_{{.ssrc = kMedia,
                 .rtx_ssrc = with_rtx ? std::optional{kRtx} : std::nullopt,
                 .first_sequence = SequenceNumber{65000},
                 .payloads = payloads(),
                 .history = {.packets = 64, .bytes = 8192, .age = 1s}}},
        receiver_{{.ssrc = kMedia, .payloads = payloads(), .nack = true}} {}

  void run(std::span<const std::uint8_t> input) {
    input = input.first(std::min<std::size_t>(input.size(), 900));  // more says nothing new
    for (; input.size() >= 3; input = input.subspan(3)) {
      step(input[0], input[1], input[2]);
      check();
    }
    for (int i = 0; receiver_.next_timeout(); ++i) {
      DUET_CHECK(i < 20000);
      now_ = std::max(now_, *receiver_.next_timeout());
      ask();
    }
    DUET_CHECK(receiver_.packets_missing() == 0);
    DUET_CHECK(received_.size() == delivered_);
  }

 private:
  void step(std::uint8_t operation, std::uint8_t a, std::uint8_t b) {
    switch (operation % 8) {
      case 0:
        now_ += std::chrono::milliseconds{a};
        return ask();
      case 1:
        return send(a, (b & 1) != 0);
      case 2:  // something the sender sent, again
        if (!sent_.empty()) give(sent_[(a * 256u + b) % sent_.size()]);
        return;
      case 3:
        return forge(static_cast<std::uint16_t>(a << 8 | b), 96, kMedia, 5);
      case 4:
        return forge(static_cast<std::uint16_t>(a), static_cast<std::uint8_t>(96 + b % 5), kRtx,
                     b % 6);
      case 5:
        return nack(static_cast<std::uint16_t>(64900 + a), b);
      case 6:
        sender_.set_round_trip(std::chrono::milliseconds{a});
        return receiver_.set_round_trip(std::chrono::milliseconds{b});
      default:
        if (const auto block = receiver_.take_report(now_)) {
          sender_.handle_report_block(now_, NtpTime{a * 0x0123456789abcdefu}, *block);
        }
        if (b % 4 == 0 && !received_.empty()) receiver_.forget_before(*received_.rbegin() - a % 16);
        receiver_.poll_key_frame_wanted();
        return;
    }
  }

  void send(std::uint8_t size, bool arrives) {
    const std::vector<std::byte> payload(size);
    const auto written = sender_.write(now_,
                                       {.payload_type = PayloadType{96},
                                        .timestamp = Timestamp{timestamp_ += 3000},
                                        .captured_at = now_,
                                        .payload = payload},
                                       buffer_);
    DUET_CHECK(!written.empty());
    sender_.handle_protected(now_, written, written.size());
    bytes_sent_ += written.size();
    sent_.emplace_back(written.begin(), written.end());
    if (sent_.size() > 500) sent_.erase(sent_.begin());
    if (arrives) give(sent_.back());
  }

  void forge(std::uint16_t sequence, std::uint8_t type, Ssrc ssrc, std::size_t size) {
    std::array<std::byte, 64> bytes{};
    PacketWriter writer{
        bytes,
        {.payload_type = PayloadType{type}, .sequence = SequenceNumber{sequence}, .ssrc = ssrc},
        0};
    std::ranges::fill(writer.payload(size), static_cast<std::byte>(sequence));
    const auto written = writer.finish();
    give({written.begin(), written.end()});
  }

  void give(std::vector<std::byte> bytes) {
    const auto packet = Packet::parse(bytes);
    DUET_CHECK(packet.has_value());
    ++given_;
    const auto before = receiver_.stats();
    const auto received = receiver_.handle_packet(now_, *packet, bytes);
    const auto& after = receiver_.stats();
    if (!received) return;
    DUET_CHECK(after.packets_received == before.packets_received + 1);
    DUET_CHECK(received->packet.ssrc() == kMedia);
    const auto inner = received->packet.bytes();
    DUET_CHECK(inner.data() >= bytes.data() &&
               inner.data() + inner.size() <= bytes.data() + bytes.size());
    // A restart begins a new line, so even then no number comes twice.
    ++delivered_;
    DUET_CHECK(received_.insert(received->sequence).second);
  }

  void ask() {
    std::array<SequenceNumber, 40> lost;
    for (int i = 0;; ++i) {
      DUET_CHECK(i <= 100);
      const std::size_t count = receiver_.poll_nack(now_, lost);
      if (count == 0) break;
      nack(std::span{lost}.first(count));
    }
    DUET_CHECK(!receiver_.next_timeout() || *receiver_.next_timeout() > now_);
  }

  void nack(std::uint16_t first, std::uint8_t count) {
    std::vector<SequenceNumber> lost;
    for (unsigned i = 0; i < count; ++i) lost.push_back(SequenceNumber{first} + i);
    if (!lost.empty()) nack(lost);
  }

  void nack(std::span<const SequenceNumber> lost) {
    std::array<std::byte, 2000> bytes{};
    RtcpWriter writer{bytes};
    DUET_CHECK(writer.add_nack(Ssrc{3}, kMedia, lost) == lost.size());
    const auto compound = RtcpCompound::parse(writer.finish());
    sender_.handle_nack(now_, *Nack::parse(*Feedback::parse(*compound->begin())));
    std::array<std::byte, 1500> again{};
    for (std::size_t i = 0;; ++i) {
      DUET_CHECK(i <= RtpSender::kMaxQueued);
      const auto packet = sender_.poll_retransmission(now_, again);
      if (packet.empty()) break;
      bytes_resent_ += packet.size() - (Packet::parse(packet)->ssrc() == kRtx ? 2 : 0);
      if (i % 3 != 2) give({packet.begin(), packet.end()});
    }
    DUET_CHECK(!sender_.has_retransmissions());
  }

  void check() {
    const InboundStats& in = receiver_.stats();
    DUET_CHECK(receiver_.packets_missing() <= NackList::kMaxMissing);
    DUET_CHECK(in.packets_received == delivered_ + in.packets_duplicated);
    DUET_CHECK(in.packets_received + in.packets_discarded <= given_);
    DUET_CHECK(in.retransmitted_packets_received <= in.packets_received);
    const OutboundStats& out = sender_.stats();
    DUET_CHECK(bytes_resent_ <= bytes_sent_ + RtpSender::kResendBurst);
    DUET_CHECK(out.bytes_sent + out.header_bytes_sent <=
               bytes_sent_ + bytes_resent_ + 2 * out.retransmitted_packets_sent);
  }

  RtpSender sender_;
  RtpReceiver receiver_;
  Instant now_{1s};
  std::uint32_t timestamp_ = 0;
  std::array<std::byte, 1500> buffer_{};
  std::vector<std::vector<std::byte>> sent_;
  std::set<std::int64_t> received_;
  std::uint64_t given_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t bytes_resent_ = 0;
};

}  // namespace
}  // namespace duet::rtp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  duet::rtp::World world{(data[0] & 1) != 0};
  world.run({data + 1, size - 1});
  return 0;
}
