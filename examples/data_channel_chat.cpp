// SPDX-License-Identifier: MIT
// Sits down in a room of `duet serve`, and chats with whoever is there: lines from stdin go out.
#include <duet/host/signaling_client.hpp>
#include <duet/host/system_random.hpp>
#include <duet/room/guest.hpp>
#include <duet/rtc/peer_connection.hpp>
#include <duet/tls/client_context.hpp>

#include <unistd.h>

#include <iostream>

using namespace duet;

int main(int argc, char** argv) {
  const auto url = argc == 3 ? host::ServerUrl::parse(argv[1]) : std::nullopt;
  if (!url) return std::cerr << "usage: data_channel_chat https://HOST:PORT ROOM\n", 2;
  net::EventLoop loop;
  host::SystemRandom random;
  rtc::Runtime runtime{loop, random};
  room::Guest guest{argv[2], "chat example"};
  std::unique_ptr<PeerConnection> peer;
  std::shared_ptr<rtc::DataChannel> chat;
  std::unique_ptr<host::SignalingClient> server;
  const auto flush = [&] {  // what the guest wants said goes to the server
    while (const auto emit = guest.poll_emit())
      emit->wants_ack ? (void)server->emit_with_ack(emit->payload)
                      : (void)server->emit(emit->payload);
  };
  const auto adopt = [&](std::shared_ptr<rtc::DataChannel> channel) {
    chat = std::move(channel);
    chat->on_text = [](std::string_view text) { std::cout << "> " << text << std::endl; };
  };
  const auto begin = [&] {
    const auto tell = [&](const peer::IceCandidateInit& c) {
      guest.say(room::PeerCandidate{c.candidate, c.sdp_mid, c.sdp_mline_index, {}});
      flush();
    };
    peer = std::make_unique<PeerConnection>(
        runtime, rtc::Configuration{}, rtc::Handlers{.ice_candidate = tell, .data_channel = adopt});
  };
  const auto describe = [&](room::PeerDescription::Type type) {
    if (!peer->set_local_description()) return;
    guest.say(room::PeerDescription{type, peer->local_description()->sdp});
  };
  const auto hear = [&](const room::PeerMessage& message) {
    if (const auto* told = std::get_if<room::PeerDescription>(&message)) {
      const bool is_offer = told->type == room::PeerDescription::Type::Offer;
      if (!peer) begin();
      (void)peer->set_remote_description(
          {is_offer ? peer::SdpType::Offer : peer::SdpType::Answer, told->sdp});
      if (is_offer) describe(room::PeerDescription::Type::Answer);
    } else if (const auto* c = std::get_if<room::PeerCandidate>(&message); c != nullptr && peer) {
      (void)peer->add_ice_candidate({c->candidate, c->sdp_mid, c->sdp_mline_index, {}});
    }
  };
  server = std::make_unique<host::SignalingClient>(
      loop, *url, tls::make_client_context({}), random, socketio::ClientOptions{},
      host::SignalingClient::Handler{.event = [&](const socketio::ClientEvent& event) {
        guest.handle_event(event);
        while (const auto what = guest.poll_event()) {
          if (const auto* said = std::get_if<room::OtherSaid>(&*what)) hear(said->message);
          if (!std::holds_alternative<room::OtherCame>(*what)) continue;
          begin();  // who was there first makes the offer
          adopt(*peer->create_data_channel({.label = "chat"}));
          describe(room::PeerDescription::Type::Offer);
        }
        flush();
      }});
  net::Watch keyboard{loop, ::dup(0), [&](net::Ready) {
                        std::string line;
                        if (!std::getline(std::cin, line)) return loop.stop();
                        if (chat) (void)chat->send(line);
                        keyboard.wait(net::Ready::Read);
                      }};
  keyboard.wait(net::Ready::Read);
  loop.run();
}
