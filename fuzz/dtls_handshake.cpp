// SPDX-License-Identifier: MIT
// Two ends of DTLS and a network that loses, alters, repeats, reorders and invents: nobody but who
// the fingerprints name is ever believed, keys agree, data arrives as it was sent and once, and it
// ends.
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/dtls/transport.hpp>

#include <sim/seeded_openssl.hpp>
#include <sim/virtual_clock.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <variant>
#include <vector>

namespace duet::dtls {
namespace {

using Datagram = std::vector<std::byte>;

constexpr crypto::UnixTime kToday{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};

const std::array<std::shared_ptr<const Identity>, 3>& identities() {
  static const std::array<std::shared_ptr<const Identity>, 3> kAll{
      Identity::generate(kToday), Identity::generate(kToday), Identity::generate(kToday)};
  return kAll;
}

struct End {
  std::unique_ptr<Transport> transport;
  bool is_peer_named = true;  ///< its fingerprints are the other end's
  std::vector<Fingerprint> fingerprints;
  bool is_connected = false;
  bool is_over = false;
  std::optional<srtp::MasterKeys> keys;
  std::set<Datagram> unread;  ///< data on its way here
};

class World {
 public:
  /// @param bits  what each end knows, and when
  explicit World(std::uint8_t bits) : clock_{now_} {
    for (std::size_t i = 0; i < 2; ++i) {
      End& end = ends_[i];
      const std::uint8_t own = bits >> (4 * i);
      end.is_peer_named = (own & 1) == 0;
      end.fingerprints = {identities()[end.is_peer_named ? 1 - i : 2]->fingerprint()};
      Config config;
      config.identity = identities()[i];
      if ((own & 2) == 0) config.role = role(i);
      if ((own & 4) == 0) config.remote_fingerprints = end.fingerprints;
      if ((own & 8) != 0) config.mtu = 256;
      config.round_trip = 20ms;
      end.transport = std::make_unique<Transport>(now_, std::move(config));
    }
  }

  void run(ByteReader in) {
    collect();
    while (!in.empty()) {
      step(in);
      collect();
    }
    be_honest();
  }

 private:
  struct UnderWay {
    std::size_t to;
    Datagram bytes;
  };

  static Role role(std::size_t i) { return i == 0 ? Role::Client : Role::Server; }

  void step(ByteReader& in) {
    const std::uint8_t operation = in.u8();
    const std::size_t i = operation >> 7;
    Transport& transport = *ends_[i].transport;
    switch (operation % 16) {
      case 0:
        return pass(std::chrono::milliseconds{4 * in.u8()});
      case 1:
        return transport.handle_datagram(now_, in.bytes(std::min<std::size_t>(in.u8(), in.size())));
      case 2:
        return transport.set_role(now_, role(i));
      case 3:
        return transport.set_remote_fingerprints(now_, ends_[i].fingerprints);
      case 4:
        return send(i, in.u8());
      case 5:
        if (in.u8() == 255) close(i);
        return;
      default:
        break;
    }
    if (wire_.empty()) return;
    const auto one = wire_.begin() + static_cast<std::ptrdiff_t>(in.u8() % wire_.size());
    UnderWay arriving = *one;
    switch (operation % 16) {
      case 6:  // lost
        wire_.erase(one);
        return;
      case 7:  // repeated
        break;
      case 8: {  // altered
        auto& bytes = arriving.bytes;
        bytes[(in.u8() * 256U + in.u8()) % bytes.size()] ^= std::byte{in.u8()};
        break;
      }
      case 9:  // cut
        arriving.bytes.resize(arriving.bytes.size() - in.u8() % arriving.bytes.size());
        break;
      case 10:  // sent back
        arriving.to = 1 - arriving.to;
        break;
      default:
        wire_.erase(one);
    }
    ends_[arriving.to].transport->handle_datagram(now_, arriving.bytes);
  }

  void pass(Duration duration) {
    now_ += duration;
    sim::VirtualClock::set(now_);
    for (End& end : ends_) end.transport->handle_timeout(now_);
  }

  void send(std::size_t i, std::uint8_t what) {
    const Datagram data(1 + what % 64, static_cast<std::byte>(++sent_));
    Datagram out(data.size() + Transport::kMaxOverhead);
    const auto size = ends_[i].transport->send(data, out);
    DUET_CHECK(size.has_value() || !ends_[i].is_connected || ends_[i].is_over);
    if (!size) return;
    out.resize(*size);
    ends_[1 - i].unread.insert(data);
    wire_.push_back({1 - i, std::move(out)});
  }

  void close(std::size_t i) {
    ends_[i].transport->close();
    ends_[i].is_over = true;
  }

  void collect() {
    for (std::size_t i = 0; i < 2; ++i) {
      End& end = ends_[i];
      while (auto event = end.transport->poll_event()) {
        DUET_CHECK(!end.is_over);
        if (auto* connected = std::get_if<Connected>(&*event)) {
          DUET_CHECK(!end.is_connected && end.is_peer_named);
          DUET_CHECK(as_text(end.transport->remote_certificate()) ==
                         identities()[1 - i]->certificate().to_der() ||
                     !end.transport->is_connected());
          end.is_connected = true;
          end.keys = std::move(connected->keys);
        } else {
          end.is_over = true;
        }
      }
      while (const auto data = end.transport->poll_data()) {
        DUET_CHECK(end.is_connected && end.unread.erase({data->begin(), data->end()}) == 1);
      }
      std::size_t datagrams = 0;
      while (const auto bytes = end.transport->poll_transmit()) {
        DUET_CHECK(++datagrams <= 64 && bytes->size() <= 1200);
        if (wire_.size() < 64) wire_.push_back({1 - i, {bytes->begin(), bytes->end()}});
      }
    }
    const auto& [a, b] = ends_;
    if (a.keys && b.keys) {
      DUET_CHECK(std::ranges::equal(a.keys->send.key(), b.keys->receive.key()));
      DUET_CHECK(std::ranges::equal(a.keys->receive.salt(), b.keys->send.salt()));
    }
  }

  // From here on the network delivers. Who has not failed by now connects or learns that it can't.
  void be_honest() {
    for (std::size_t i = 0; i < 2; ++i) {
      ends_[i].transport->set_role(now_, role(i));
      ends_[i].transport->set_remote_fingerprints(now_, ends_[i].fingerprints);
    }
    collect();
    const bool is_fair = std::ranges::none_of(
        ends_, [](const End& end) { return end.is_over || !end.is_peer_named; });
    for (int steps = 0; steps < 400; ++steps) {
      while (!wire_.empty()) {
        const UnderWay one = std::move(wire_.front());
        wire_.erase(wire_.begin());
        ends_[one.to].transport->handle_datagram(now_, one.bytes);
        collect();
      }
      std::optional<Instant> next;
      for (const End& end : ends_) {
        const auto at = end.transport->next_timeout();
        if (at && (!next || *at < *next)) next = at;
      }
      if (!next) break;
      pass(std::max<Duration>(*next - now_, Duration{0}));
      collect();
    }
    for (const End& end : ends_) {
      DUET_CHECK(end.is_connected || end.is_over);
      DUET_CHECK(!end.transport->next_timeout());
      // A message that was altered in the clear may end it, but then at both ends.
      DUET_CHECK(!is_fair || end.is_connected || ends_[0].is_over);
    }
  }

  Instant now_{1h};
  sim::VirtualClock clock_;
  std::array<End, 2> ends_;
  std::vector<UnderWay> wire_;
  std::uint8_t sent_ = 0;
};

}  // namespace
}  // namespace duet::dtls

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  {
    const duet::sim::SeededOpenssl first{1};
    duet::dtls::identities();
  }
  const duet::sim::SeededOpenssl openssl{2};
  duet::dtls::World world{data[0]};
  world.run(duet::ByteReader{std::as_bytes(std::span{data, size}.subspan(1))});
  return 0;
}
