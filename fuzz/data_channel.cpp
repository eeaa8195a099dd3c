// SPDX-License-Identifier: MIT
// Data channels under a peer that sends any message on any stream: bounds hold, every event is
// about a channel that was told before, and DCEP is the same again after it was written.
#include <duet/base/check.hpp>
#include <duet/base/random.hpp>
#include <duet/data_channel/channels.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <set>
#include <span>
#include <variant>
#include <vector>

namespace duet::data_channel {
namespace {

class World {
 public:
  World() : channels_{now_, random_, {}}, peer_{now_, random_, {}} {
    channels_.connect(now_, DtlsRole::Client);
    peer_.connect(now_);
    settle();
  }

  void run(std::span<const std::uint8_t> input) {
    while (input.size() >= 4) {
      const std::uint8_t operation = input[0];
      const std::uint16_t stream = input[1] % 8;
      const std::size_t size = std::min<std::size_t>(input[2], input.size() - 4);
      const std::uint8_t how = input[3];
      const auto bytes = std::as_bytes(input.subspan(4, size));
      input = input.subspan(4 + size);
      step(operation, stream, how, bytes);
      settle();
    }
    DUET_CHECK(channels_.size() == live_.size());
  }

 private:
  void step(std::uint8_t operation, std::uint16_t stream, std::uint8_t how,
            std::span<const std::byte> bytes) {
    switch (operation % 6) {
      case 0:
      case 1: {  // anything from the peer
        std::vector<std::byte> message{bytes.begin(), bytes.end()};
        const auto order = (how & 128) != 0 ? sctp::Order::Unordered : sctp::Order::Ordered;
        (void)peer_.send(now_, sctp::StreamId{stream}, sctp::Ppid{48U + how % 12}, order, {},
                         std::move(message));
        return;
      }
      case 2:
        peer_.reset_stream(now_, sctp::StreamId{stream});
        return;
      case 3: {
        ChannelInit init{.label = std::string(how, 'l'), .ordered = (how & 1) != 0};
        init.negotiated = (how & 2) != 0;
        if (init.negotiated) init.id = stream;
        if (const auto id = channels_.create(now_, init)) live_.insert(*id);
        return;
      }
      case 4:
        if (!live_.empty()) channels_.close(now_, *live_.begin());
        return;
      default:
        if (!live_.empty()) {
          (void)channels_.send(now_, *live_.rbegin(), MessageReceived::Kind::Binary,
                               {bytes.begin(), bytes.end()});
        }
    }
  }

  void settle() {
    for (int round = 0; round < 8; ++round) {
      while (auto event = channels_.poll_event()) check(*event);
      while (const auto packet = channels_.poll_transmit()) peer_.handle_packet(now_, *packet);
      while (peer_.poll_event()) {
      }
      while (const auto packet = peer_.poll_transmit()) channels_.handle_packet(now_, *packet);
      now_ += 5ms;
      channels_.handle_timeout(now_);
      peer_.handle_timeout(now_);
    }
    while (auto event = channels_.poll_event()) check(*event);
    DUET_CHECK(channels_.size() <= 8 + Channels::kMaxPeerChannels);
  }

  void check(const Event& event) {
    if (const auto* announced = std::get_if<Announced>(&event)) {
      DUET_CHECK(live_.insert(announced->channel).second);
    } else if (const auto* message = std::get_if<MessageReceived>(&event)) {
      DUET_CHECK(live_.contains(message->channel));
    } else if (const auto* closed = std::get_if<ChannelClosed>(&event)) {
      DUET_CHECK(live_.erase(closed->channel) == 1);
      DUET_CHECK(channels_.state(closed->channel) == State::Closed);
    } else if (const auto* opened = std::get_if<Opened>(&event)) {
      DUET_CHECK(live_.contains(opened->channel));
    }
  }

  SeededRandom random_{7};
  Instant now_{1000s};
  Channels channels_;
  sctp::Association peer_;
  std::set<ChannelId> live_;
};

}  // namespace
}  // namespace duet::data_channel

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace duet::data_channel;
  if (size > 4096) return 0;
  const auto bytes = std::as_bytes(std::span{data, size});
  if (const auto open = DataChannelOpen::parse(bytes)) {
    DUET_CHECK(DataChannelOpen::parse(open->serialize()) == open);
  }
  World world;
  world.run({data, size});
  return 0;
}
