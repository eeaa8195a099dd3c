// SPDX-License-Identifier: MIT
// Two ends of a call in one program: they find each other over real sockets, and say hello.
#include <duet/host/system_random.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/rtc/peer_connection.hpp>

#include <iostream>

int main() {
  duet::net::EventLoop loop;
  duet::host::SystemRandom random;
  duet::rtc::Runtime runtime{loop, random};
  using duet::peer::IceCandidateInit;

  // Signaling is up to you. Here each end hands what it has straight to the other.
  duet::PeerConnection* alice_there = nullptr;
  duet::PeerConnection* bob_there = nullptr;
  std::shared_ptr<duet::rtc::DataChannel> bobs_end;
  const duet::rtc::Configuration local{.loopback = duet::rtc::Loopback::Only};

  duet::PeerConnection alice{
      runtime, local, {.ice_candidate = [&](const IceCandidateInit& candidate) {
        (void)bob_there->add_ice_candidate(candidate);
      }}};
  duet::PeerConnection bob{runtime,
                           local,
                           {.ice_candidate =
                                [&](const IceCandidateInit& candidate) {
                                  (void)alice_there->add_ice_candidate(candidate);
                                },
                            .data_channel =
                                [&](std::shared_ptr<duet::rtc::DataChannel> channel) {
                                  bobs_end = std::move(channel);
                                  bobs_end->on_text = [&](std::string_view text) {
                                    std::cout << "Bob hears: " << text << '\n';
                                    (void)bobs_end->send("hello Alice");
                                  };
                                }}};
  alice_there = &alice;
  bob_there = &bob;

  const auto channel = *alice.create_data_channel({.label = "chat"});
  channel->on_open = [&] { (void)channel->send("hello Bob"); };
  channel->on_text = [&](std::string_view text) {
    std::cout << "Alice hears: " << text << '\n';
    loop.stop();
  };

  // The W3C's perfect negotiation: set_local_description() makes the offer, or the answer.
  (void)alice.set_local_description();
  (void)bob.set_remote_description(*alice.local_description());
  (void)bob.set_local_description();
  (void)alice.set_remote_description(*bob.local_description());

  loop.run();
}
