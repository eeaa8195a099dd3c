// SPDX-License-Identifier: MIT
// Two PeerConnections that reach each other only by our relay, over each of its transports.
#include <duet/host/relay_host.hpp>
#include <duet/host/site.hpp>
#include <duet/host/system_random.hpp>
#include <duet/http/server.hpp>
#include <duet/rtc/peer_connection.hpp>
#include <duet/tls/client_context.hpp>
#include <duet/tls/context.hpp>
#include <duet/tls/tls_test_support.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace duet::apps {
namespace {

const Endpoint kAnyPort{IpAddress::v4({127, 0, 0, 1}), 0};

turn::Config relay_config() {
  turn::Config config;
  config.users = {{"alice", "wonder"}};
  return config;
}

struct RelayedCall : testing::TestWithParam<std::string> {
  RelayedCall() {
    server.set_service(site);
    server.set_stream_service(relay);
    server.set_tls([this] { return tls->context(); });
    const Endpoint tcp = server.listen(kAnyPort);
    const Endpoint udp = relay.listen(kAnyPort);
    relay.set_surroundings({tcp.address});
    port = GetParam().ends_with("udp") ? udp.port : tcp.port;
  }

  rtc::Configuration configuration() {
    const auto uri = stun::Uri::parse(
        (GetParam() == "tls" ? "turns:localhost:" : "turn:127.0.0.1:") + std::to_string(port) +
        "?transport=" + (GetParam() == "udp" ? "udp" : "tcp"));
    return {.ice_servers = {{*uri, "alice", "wonder"}},
            .ice_transport_policy = ice::Policy::Relay,
            .loopback = rtc::Loopback::Only,
            .tls = tls::make_client_context({.pin = tls->authority()->digest()})};
  }

  void run_until(const std::function<bool()>& condition) {
    for (const Instant end = loop.now() + 10s; !condition() && loop.now() < end;) {
      loop.run_turn(50ms);
    }
    EXPECT_TRUE(condition());
  }

  net::EventLoop loop;
  host::SystemRandom random;
  tls::TemporaryFolder folder;
  std::unique_ptr<tls::TlsContext> tls = tls::TlsContext::from_local_authority(folder.path());
  http::Server server{loop, {}};
  host::CorsPolicy cors;
  host::ProxyTrust proxies;
  host::Site site{server, cors, proxies};
  host::RelayHost relay{loop, relay_config(), random};
  rtc::Runtime runtime{loop, random};
  std::uint16_t port = 0;
};

INSTANTIATE_TEST_SUITE_P(Over, RelayedCall, testing::Values("udp", "tcp", "tls"),
                         [](const auto& one) { return one.param; });

TEST_P(RelayedCall, CarriesMessagesByTheRelayAlone) {
  std::unique_ptr<PeerConnection> alice;
  std::unique_ptr<PeerConnection> bob;
  std::string heard;
  std::shared_ptr<rtc::DataChannel> bobs_end;
  const auto signals_to = [](std::unique_ptr<PeerConnection>& mate) {
    return [&mate](const peer::IceCandidateInit& candidate) {
      EXPECT_TRUE(candidate.candidate.empty() ||
                  candidate.candidate.find("typ relay") != std::string::npos);
      EXPECT_TRUE(mate->add_ice_candidate(candidate));
    };
  };
  alice = std::make_unique<PeerConnection>(runtime, configuration(),
                                           rtc::Handlers{.ice_candidate = signals_to(bob)});
  bob = std::make_unique<PeerConnection>(
      runtime, configuration(),
      rtc::Handlers{.ice_candidate = signals_to(alice),
                    .data_channel = [&](std::shared_ptr<rtc::DataChannel> channel) {
                      bobs_end = std::move(channel);
                      bobs_end->on_text = [&](std::string_view text) { heard = text; };
                    }});
  const auto channel = *alice->create_data_channel({.label = "chat"});
  channel->on_open = [&] { EXPECT_TRUE(channel->send("by the relay")); };
  ASSERT_TRUE(alice->set_local_description());
  ASSERT_TRUE(bob->set_remote_description(*alice->local_description()));
  ASSERT_TRUE(bob->set_local_description());
  ASSERT_TRUE(alice->set_remote_description(*bob->local_description()));
  run_until([&] { return heard == "by the relay"; });
}

}  // namespace
}  // namespace duet::apps
