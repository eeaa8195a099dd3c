// SPDX-License-Identifier: MIT
// duet_test_peer: one end of a call, led by JSON lines; README.md lists them.
#include "looped_media.hpp"
#include <duet/rtc/peer_connection.hpp>
#include <duet/rtc/stats_json.hpp>
#include <duet/tls/client_context.hpp>

#include <boost/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace duet;
namespace json = boost::json;

void tell(const json::object& line) {
  std::puts(json::serialize(line).c_str());
  std::fflush(stdout);
}

void check(const Result<void, rtc::Error>& result) {
  if (result) return;
  tell({{"report", "error"},
        {"name", to_string(result.error().name)},
        {"message", result.error().message}});
}

peer::MediaKind kind_of(const json::value& text) {
  return text.as_string() == "audio" ? peer::MediaKind::Audio : peer::MediaKind::Video;
}

class TestPeer {
 public:
  TestPeer(net::EventLoop& loop, Random& random, rtc::Configuration configuration)
      : runtime_{loop, random},
        connection_{runtime_, std::move(configuration), handlers()},
        media_{connection_} {}

  void handle_line(std::string_view line) {
    const json::object order = json::parse(line).as_object();
    const auto* const type = order.if_contains("type");
    if (type == nullptr) return obey(order);
    if (type->as_string() == "candidate") return take_candidate(order);
    check(
        connection_.set_remote_description({.type = peer::parse_sdp_type(type->as_string()).value(),
                                            .sdp = std::string{order.at("sdp").as_string()}}));
    if (type->as_string() == "offer") {
      if (is_looping_) media_.accept_all();
      describe();
    }
  }

 private:
  rtc::Handlers handlers() {
    return {
        .negotiation_needed = {},
        .ice_candidate = [this](const auto& candidate) { give_candidate(candidate); },
        .connection_state =
            [](peer::ConnectionState state) {
              tell({{"report", "connection"}, {"state", to_string(state)}});
            },
        .signaling_state =
            [](peer::SignalingState state) {
              tell({{"report", "signaling"}, {"state", to_string(state)}});
            },
        .data_channel = [this](std::shared_ptr<rtc::DataChannel> made) { adopt(std::move(made)); },
        .track = {},
        .media = [this](const peer::MediaReceived& packet) { take(packet); },
        .key_frame_wanted = [this](peer::TransceiverId id) { media_.handle_key_frame_wanted(id); },
        .event = [this](const peer::Event& event) { count_pairs(event); }};
  }

  void count_pairs(const peer::Event& event) {
    const auto* const ice = std::get_if<ice::Event>(&event);
    if (ice != nullptr && std::holds_alternative<ice::PairSelected>(*ice)) ++pairs_;
  }

  void take(const peer::MediaReceived& packet) {
    ++packets_;
    if (is_looping_) media_.handle(packet);
  }

  void obey(const json::object& order) {
    const std::string_view what = order.at("do").as_string();
    if (what == "trickle") trickles_ = order.at("on").as_bool();
    if (what == "loop") is_looping_ = true;
    if (what == "add") check(media_.add(kind_of(order.at("kind"))));
    if (what == "channel") open_channel(std::string{order.at("label").as_string()});
    if (what == "offer") describe();
    if (what == "restart") {
      connection_.restart_ice();
      describe();
    }
    if (what == "send") send(order);
    if (what == "rtp") send_packets(order.at("packets").to_number<std::uint32_t>());
    if (what == "way") tell_way();
    if (what == "close channel") channel_->close();
    if (what == "close") connection_.close();
    if (what == "stats") {
      tell({{"report", "stats"}, {"stats", json::parse(rtc::stats_json(connection_.get_stats()))}});
    }
    if (what == "counts") {
      const auto counts = media_.counts();
      tell({{"report", "counts"},
            {"audio", counts.audio},
            {"video", counts.video},
            {"unsent", counts.unsent},
            {"padding", counts.padding},
            {"repeated", counts.repeated},
            {"discarded", counts.discarded},
            {"packets", packets_},
            {"pairs", pairs_},
            {"srtp", srtp()},
            {"unrouted", connection_.machine().media().packets_unrouted()}});
    }
  }

  /// As IANA numbers the DTLS-SRTP protection profiles; 0 before there is one.
  int srtp() const {
    const auto profile = connection_.machine().transport().srtp_profile();
    return profile ? static_cast<int>(*profile) : 0;
  }

  void send(const json::object& order) {
    if (!channel_) return tell({{"report", "error"}, {"message", "there is no channel"}});
    if (const auto* const text = order.if_contains("text")) {
      check(channel_->send(std::string_view{text->as_string()}));
    } else {
      check(channel_->send(std::vector<std::byte>(order.at("bytes").to_number<std::size_t>())));
    }
  }

  /// Of the first transceiver, all at once: what a picture's packets do.
  void send_packets(std::uint32_t count) {
    constexpr std::array<std::byte, 100> kPayload{};
    for (std::uint32_t i = 0; i < count; ++i) {
      check(connection_.send(connection_.transceivers().at(0).id,
                             {.timestamp = rtp::Timestamp{960 * i}, .payload = kPayload}));
    }
  }

  /// The pair that packets go by.
  void tell_way() {
    json::object line{{"report", "way"}};
    const ice::Agent& agent = *connection_.machine().transport().ice();
    for (const ice::PairStats& pair : agent.pair_stats()) {
      if (!pair.is_selected) continue;
      for (const ice::CandidateStats& stats : agent.candidate_stats()) {
        if (stats.id != pair.local && stats.id != pair.remote) continue;
        json::object end{{"type", to_string(stats.candidate.type)},
                         {"protocol", to_string(stats.candidate.protocol)}};
        if (stats.relay) end["relay"] = name_of(*stats.relay);
        line[stats.is_remote ? "remote" : "local"] = std::move(end);
      }
    }
    tell(line);
  }

  static std::string_view name_of(ice::Carrier carrier) {
    if (carrier == ice::Carrier::Udp) return "udp";
    return carrier == ice::Carrier::Tcp ? "tcp" : "tls";
  }

  void describe() {
    check(connection_.set_local_description());
    is_owed_ = true;
    if (trickles_ || gathering() == ice::GatheringState::Complete) tell_description();
  }

  void tell_description() {
    const auto description = connection_.local_description();
    if (!description || !std::exchange(is_owed_, false)) return;
    tell({{"type", to_string(description->type)}, {"sdp", description->sdp}});
  }

  ice::GatheringState gathering() const { return connection_.machine().ice_gathering_state(); }

  void give_candidate(const peer::IceCandidateInit& candidate) {
    if (!trickles_) {
      if (candidate.candidate.empty()) tell_description();
      return;
    }
    tell({{"type", "candidate"},
          {"candidate",
           {{"candidate", candidate.candidate},
            {"sdpMid", candidate.sdp_mid.value_or("")},
            {"usernameFragment", candidate.username_fragment.value_or("")}}}});
  }

  void take_candidate(const json::object& order) {
    const json::object& candidate = order.at("candidate").as_object();
    peer::IceCandidateInit init{.candidate = std::string{candidate.at("candidate").as_string()}};
    if (const auto* const mid = candidate.if_contains("sdpMid");
        mid != nullptr && mid->is_string()) {
      init.sdp_mid = std::string{mid->as_string()};
    }
    if (const auto* const index = candidate.if_contains("sdpMLineIndex");
        index != nullptr && index->is_number()) {
      init.sdp_mline_index = index->to_number<std::uint16_t>();
    }
    if (const auto* const ufrag = candidate.if_contains("usernameFragment");
        ufrag != nullptr && ufrag->is_string()) {
      init.username_fragment = std::string{ufrag->as_string()};
    }
    check(connection_.add_ice_candidate(init));
  }

  void open_channel(std::string label) {
    auto made =
        connection_.create_data_channel(data_channel::ChannelInit{.label = std::move(label)});
    if (!made) return check(fail(made.error()));
    adopt(*made);
  }

  void adopt(std::shared_ptr<rtc::DataChannel> made) {
    channel_ = std::move(made);
    const auto told_open = [this] { tell({{"report", "open"}, {"label", channel_->label()}}); };
    channel_->on_open = told_open;
    channel_->on_text = [](std::string_view text) { tell({{"report", "text"}, {"text", text}}); };
    channel_->on_binary = [](std::span<const std::byte> bytes) {
      tell({{"report", "binary"}, {"bytes", bytes.size()}});
    };
    channel_->on_close = [](const std::string& error) {
      tell({{"report", "channel closed"}, {"error", error}});
    };
    if (channel_->state() == rtc::DataChannel::State::Open) told_open();
  }

  rtc::Runtime runtime_;
  rtc::PeerConnection connection_;
  test::LoopedMedia media_;
  std::shared_ptr<rtc::DataChannel> channel_;
  std::uint64_t packets_ = 0;  // of media that came
  int pairs_ = 0;              // that were selected, one after another
  bool trickles_ = true;
  bool is_looping_ = false;
  bool is_owed_ = false;  // a description, once its candidates are there
};

/// Calls `handle` for each line that has come; stops the loop at the end of the input.
class Lines {
 public:
  Lines(net::EventLoop& loop, std::function<void(std::string_view)> handle)
      : loop_{loop},
        handle_{std::move(handle)},
        watch_{loop, ::dup(STDIN_FILENO), [this](net::Ready) { read(); }} {
    ::fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    watch_.wait(net::Ready::Read);
  }

 private:
  void read() {
    std::array<char, 65536> bytes;
    const ssize_t size = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (size == 0) return loop_.stop();
    if (size > 0) kept_.append(bytes.data(), static_cast<std::size_t>(size));
    for (std::size_t end; (end = kept_.find('\n')) != std::string::npos;) {
      handle_(std::string_view{kept_}.substr(0, end));
      kept_.erase(0, end + 1);
    }
    watch_.wait(net::Ready::Read);
  }

  net::EventLoop& loop_;
  std::function<void(std::string_view)> handle_;
  std::string kept_;
  net::Watch watch_;
};

rtc::Configuration configuration_from(const char* text) {
  rtc::Configuration configuration{.loopback = rtc::Loopback::Included};
  if (text == nullptr) return configuration;
  const json::object wanted = json::parse(text).as_object();
  if (const auto* const servers = wanted.if_contains("servers")) {
    for (const json::value& server : servers->as_array()) {
      configuration.ice_servers.push_back(
          {.uri = stun::Uri::parse(std::string{server.at("url").as_string()}).value(),
           .username = std::string{server.at("username").as_string()},
           .credential = std::string{server.at("credential").as_string()}});
    }
  }
  if (wanted.contains("relay")) configuration.ice_transport_policy = ice::Policy::Relay;
  if (const auto* const file = wanted.if_contains("ca")) {
    configuration.tls = tls::make_client_context({.authorities = std::string{file->as_string()}});
  }
  configuration.hides_addresses = wanted.contains("hidesAddresses");
  configuration.accepts_tcp = wanted.contains("acceptsTcp");
  if (wanted.contains("aesCm")) configuration.srtp_profiles = {srtp::Profile::Aes128CmSha1};
  return configuration;
}

}  // namespace

int main(int count, char** words) {
  net::EventLoop loop;
  SeededRandom random{std::random_device{}()};
  TestPeer peer{loop, random, configuration_from(count > 1 ? words[1] : nullptr)};
  const Lines lines{loop, [&](std::string_view line) { peer.handle_line(line); }};
  loop.run();
}
