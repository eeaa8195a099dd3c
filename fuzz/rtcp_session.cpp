// SPDX-License-Identifier: MIT
// An RTCP session that is told anything: what it sends is well-formed, fits, comes to an end and
// leaves room for SRTP; events stay within their bound; no timeout stays in the past.
#include <duet/base/check.hpp>
#include <duet/rtp/packet_writer.hpp>
#include <duet/rtp/session.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace duet::rtp {
namespace {

PayloadMap payloads() {
  PayloadMap map;
  map.set(PayloadType{96}, {.role = Payload::Role::Media, .clock_rate = 90000});
  return map;
}

class World {
 public:
  explicit World(std::uint8_t bits)
      : session_{now_,
                 NtpClock{now_, NtpTime{0x0123456789abcdef}},
                 random_,
                 {.ssrc = Ssrc{9},
                  .cname = std::string(1 + (bits & 0x7Fu) * 2, 'c'),
                  .reduced_size = (bits & 0x80) != 0}} {}

  void run(std::span<const std::uint8_t> input) {
    while (input.size() >= 3) {
      const auto step_input = input.first(3);
      input = input.subspan(3);
      if (step_input[0] % 8 == 0) {
        const std::size_t size = std::min<std::size_t>(step_input[1], input.size());
        handle(std::as_bytes(input.first(size)));
        input = input.subspan(size);
      } else {
        step(step_input);
      }
      collect();
    }
    session_.close();
    collect();
    DUET_CHECK(!session_.next_timeout(streams_, &arrivals_));
  }

 private:
  void handle(std::span<const std::byte> bytes) {
    session_.handle_packet(now_, bytes, streams_);
    std::size_t events = 0;
    while (const auto event = session_.poll_event()) {
      ++events;
      const auto* const feedback = std::get_if<TransportFeedback>(&*event);
      if (feedback == nullptr) continue;
      std::size_t statuses = 0;
      for ([[maybe_unused]] const PacketArrival& arrival : *feedback) ++statuses;
      DUET_CHECK(statuses == feedback->status_count());
    }
    DUET_CHECK(events <= RtcpSession::kMaxEvents);
    std::array<std::byte, 1500> buffer{};
    while (!sender_.poll_retransmission(now_, buffer).empty()) {
    }
  }

  void step(std::span<const std::uint8_t> in) {
    const auto number = static_cast<std::uint16_t>(in[1] << 8 | in[2]);
    switch (in[0] % 8) {
      case 1:
        now_ += std::chrono::milliseconds{number % 2048};
        return;
      case 2: {
        std::array<std::byte, 100> buffer{};
        const auto written =
            sender_.write(now_, {.payload_type = PayloadType{96}, .captured_at = now_}, buffer);
        return sender_.handle_protected(now_, written, written.size());
      }
      case 3: {
        std::array<std::byte, 100> buffer{};
        PacketWriter writer{
            buffer,
            {.payload_type = PayloadType{96}, .sequence = SequenceNumber{number}, .ssrc = Ssrc{2}}};
        const auto packet = writer.finish();
        receiver_.handle_packet(now_, *Packet::parse(packet), packet);
        return;
      }
      case 4:
        return arrivals_.handle_packet(now_, SequenceNumber{number});
      case 5:
        return session_.request_key_frame(
            Ssrc{in[1]}, (in[2] & 1) != 0 ? KeyFrameMethod::Fir : KeyFrameMethod::Pli);
      case 6:
        return session_.set_receive_rate(number * 1000u);
      default:
        now_ = std::max(now_, *session_.next_timeout(streams_, &arrivals_));
    }
  }

  void collect() {
    std::vector<std::byte> buffer(RtcpSession::kMinBuffer + 700);
    for (int i = 0;; ++i) {
      DUET_CHECK(i < 400);
      const auto out = session_.poll_transmit(now_, streams_, &arrivals_, buffer);
      if (out.empty()) break;
      DUET_CHECK(out.size() + kSrtpTailRoom <= buffer.size());
      DUET_CHECK(RtcpCompound::parse(out).has_value());
    }
    const auto next = session_.next_timeout(streams_, &arrivals_);
    DUET_CHECK(!next || *next > now_);
  }

  Instant now_{1s};
  SeededRandom random_{1};
  RtcpSession session_;
  RtpSender sender_{{.ssrc = Ssrc{1}, .payloads = payloads()}};
  RtpReceiver receiver_{{.ssrc = Ssrc{2}, .payloads = payloads(), .nack = true, .pli = true}};
  Arrivals arrivals_;
  std::array<RtpSender*, 1> senders_{&sender_};
  std::array<RtpReceiver*, 1> receivers_{&receiver_};
  Streams streams_{senders_, receivers_};
};

}  // namespace
}  // namespace duet::rtp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  duet::rtp::World world{data[0]};
  world.run({data + 1, std::min<std::size_t>(size - 1, 2000)});
  return 0;
}
