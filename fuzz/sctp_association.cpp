// SPDX-License-Identifier: MIT
// Two associations, a hostile network between them, and a third who knows their tags.
//
// As long as nobody injects: what is delivered is what was sent, whole, at most once, and in order
// within an ordered stream; reliable messages all arrive once the network is kind again. In any
// case: what an end holds stays within its bounds, and polling ends.
#include "input.hpp"
#include <duet/base/check.hpp>
#include <duet/base/random.hpp>
#include <duet/sctp/association.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace duet::sctp {
namespace {

constexpr std::size_t kStreams = 4;

using fuzz::Input;

Config config(std::uint8_t bits) {
  Config config;
  config.interleaving = (bits & 1) != 0;
  config.zero_checksum = (bits & 2) != 0;
  config.max_message_size = 16384;
  config.peer_max_message_size = 16384;
  config.receive_window = 65536;
  config.send_buffer = 131072;
  if ((bits & 4) != 0) config.max_mtu = 8912;
  if ((bits & 8) != 0) config.round_trip = 20ms;
  return config;
}

class World {
 public:
  explicit World(std::uint8_t bits) : ends_{End{now_, random_, bits}, End{now_, random_, bits}} {}

  void run(Input input) {
    for (End& end : ends_) end.association.connect(now_);
    collect();
    while (!input.empty()) {
      step(input);
      collect();
    }
    settle();
  }

 private:
  struct Sent {
    std::uint16_t stream = 0;
    bool is_ordered = true;
    bool is_reliable = true;
    bool is_delivered = false;
    std::size_t size = 0;
  };

  struct End {
    End(Instant now, Random& random, std::uint8_t bits) : association{now, random, config(bits)} {}

    Association association;
    std::deque<std::vector<std::byte>> arriving;
    std::vector<std::byte> last;  // packet, for whoever repeats or bends it
    std::vector<Sent> sent;
    std::array<std::optional<std::size_t>, kStreams> newest{};  // ordered, delivered here
    bool is_closed = false;
  };

  static std::byte content(std::size_t number, std::size_t at) {
    return static_cast<std::byte>(number * 31 + at * 7 + at / 256);
  }

  void step(Input& input) {
    const std::uint8_t operation = input.next();
    const std::uint8_t how = input.next();
    End& end = ends_[how & 1];
    switch (operation % 10) {
      case 0:
      case 1:
        return send(end, how, input.next());
      case 2:  // the network delivers
      case 3:
        for (int i = 0; i <= how / 16; ++i) deliver(end, 0);
        return;
      case 4:  // another one first
        return deliver(end, how / 2);
      case 5:  // loses
        if (!end.arriving.empty()) end.arriving.pop_front();
        return;
      case 6:  // says it twice
        if (!end.arriving.empty()) end.arriving.push_back(end.arriving.front());
        return;
      case 7:
        now_ += Duration{std::uint64_t{how} * how * 16};
        for (End& each : ends_) each.association.handle_timeout(now_);
        return;
      case 8:
        return rarely(end, how);
      default:
        return inject(end, how, input);
    }
  }

  void send(End& end, std::uint8_t how, std::uint8_t size) {
    const std::size_t number = end.sent.size();
    const auto stream = static_cast<std::uint16_t>(how / 2 % kStreams);
    Sent sent{.stream = stream,
              .is_ordered = (how & 8) == 0,
              .is_reliable = (how & 16) == 0,
              .size = 2 + std::size_t{size} * size / 4};
    std::vector<std::byte> bytes(sent.size);
    bytes[0] = static_cast<std::byte>(number >> 8);
    bytes[1] = static_cast<std::byte>(number);
    for (std::size_t i = 2; i < bytes.size(); ++i) bytes[i] = content(number, i);
    Reliability reliability;
    if (!sent.is_reliable) reliability.max_retransmits = how / 32;
    const auto done = end.association.send(now_, StreamId{stream}, Ppid{53},
                                           sent.is_ordered ? Order::Ordered : Order::Unordered,
                                           reliability, std::move(bytes));
    if (done) end.sent.push_back(sent);
  }

  void deliver(End& end, std::size_t which) {
    if (end.arriving.empty()) return;
    const auto at = end.arriving.begin() + static_cast<std::ptrdiff_t>(which % end.arriving.size());
    const std::vector<std::byte> packet = std::move(*at);
    end.arriving.erase(at);
    end.association.handle_packet(now_, packet);
  }

  void rarely(End& end, std::uint8_t how) {
    if (how < 32) {
      is_reset_ =
          end.association.reset_stream(now_, StreamId{static_cast<std::uint16_t>(how % 4)}) ||
          is_reset_;
    } else if (how < 48) {
      end.association.handle_path_changed(now_, std::nullopt);
    } else if (how == 255) {
      end.association.close(now_);
      is_ended_ = true;
    } else if (how == 254) {
      end.association.abort(now_, "enough");
      is_ended_ = true;
    }
  }

  /// A chunk of the input's own under the right tag, or a packet of the peer's with bent bytes.
  void inject(End& end, std::uint8_t how, Input& input) {
    is_injected_ = true;
    std::vector<std::byte> packet = end.last;
    if (packet.size() < kPacketHeaderSize) return;
    if ((how & 2) != 0) {
      packet.resize(kPacketHeaderSize);
      const auto chunk = input.take(how);
      packet.insert(packet.end(), chunk.begin(), chunk.end());
    } else {
      for (int i = 0; i < 4; ++i) {
        const std::size_t at = kPacketHeaderSize + input.next();
        if (at < packet.size()) packet[at] = static_cast<std::byte>(input.next());
      }
    }
    std::fill_n(packet.begin() + 8, 4, std::byte{0});  // believed where zero checksums are
    end.association.handle_packet(now_, packet);
  }

  void collect() {
    for (std::size_t i = 0; i < 2; ++i) {
      End& end = ends_[i];
      End& other = ends_[1 - i];
      std::size_t events = 0;
      while (auto event = end.association.poll_event()) {
        DUET_CHECK(!end.is_closed && ++events < 100000);
        if (const auto* message = std::get_if<Message>(&*event))
          check_message(end, other, *message);
        end.is_closed = std::holds_alternative<Closed>(*event);
      }
      std::size_t packets = 0;
      while (const auto packet = end.association.poll_transmit()) {
        DUET_CHECK(++packets < 4096 && packet->size() <= kMaxMtu && packet->size() % 4 == 0);
        other.last.assign(packet->begin(), packet->end());
        if (other.arriving.size() < 256) other.arriving.push_back(other.last);
      }
      DUET_CHECK(!end.is_closed || !end.association.next_timeout());
      DUET_CHECK(end.association.buffered(StreamId{0}) <= 131072);
    }
  }

  void check_message(End& to, End& from, const Message& message) {
    DUET_CHECK(message.bytes.size() <= 16384 && !message.bytes.empty());
    if (is_injected_) return;
    DUET_CHECK(message.bytes.size() >= 2);
    const std::size_t number = std::to_integer<std::size_t>(message.bytes[0]) << 8 |
                               std::to_integer<std::size_t>(message.bytes[1]);
    DUET_CHECK(number < from.sent.size());
    Sent& sent = from.sent[number];
    DUET_CHECK(!sent.is_delivered && sent.size == message.bytes.size());
    DUET_CHECK(sent.stream == message.stream.value());
    DUET_CHECK(sent.is_ordered != message.is_unordered);
    for (std::size_t i = 2; i < sent.size; ++i) DUET_CHECK(message.bytes[i] == content(number, i));
    sent.is_delivered = true;
    if (!sent.is_ordered) return;
    auto& newest = to.newest[sent.stream];
    DUET_CHECK(!newest || *newest < number);
    newest = number;
  }

  /// The network is kind from now on.
  void settle() {
    const Instant end = now_ + 120s;
    for (int steps = 0; now_ < end && steps < 20000; ++steps) {
      for (End& each : ends_) {
        for (std::size_t waiting = each.arriving.size(); waiting > 0; --waiting) deliver(each, 0);
      }
      collect();
      if (!ends_[0].arriving.empty() || !ends_[1].arriving.empty()) continue;
      Instant next = end;
      for (const End& each : ends_) {
        if (const auto due = each.association.next_timeout()) next = std::min(next, *due);
      }
      if (next > now_ + 100ms && all_delivered()) break;
      now_ = std::max(now_ + 1us, next);
      for (End& each : ends_) each.association.handle_timeout(now_);
      collect();
    }
    if (is_injected_ || is_ended_) return;
    DUET_CHECK(all_delivered());
  }

  bool all_delivered() const {
    for (const End& each : ends_) {
      for (const Sent& sent : each.sent) {
        if (sent.is_reliable && !sent.is_delivered) return false;
      }
    }
    return true;
  }

  SeededRandom random_{5};
  Instant now_{1000s};
  std::array<End, 2> ends_;
  bool is_injected_ = false;
  bool is_ended_ = false;
  bool is_reset_ = false;
};

}  // namespace
}  // namespace duet::sctp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 2048) return 0;
  duet::sctp::World world{data[0]};
  world.run({data + 1, size - 1});
  return 0;
}
