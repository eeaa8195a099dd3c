// SPDX-License-Identifier: MIT
// Two connections of one loop that call each other, with one data channel.
#include "pair.hpp"

#include <duet/base/check.hpp>

namespace duet::bench {

Pair::Pair(rtc::Runtime& runtime) {
  make(runtime, caller_, callee_);
  make(runtime, callee_, caller_);
}

void Pair::make(rtc::Runtime& runtime, End& end, End& mate) {
  end.connection = std::make_unique<rtc::PeerConnection>(
      runtime, rtc::Configuration{},
      rtc::Handlers{.ice_candidate =
                        [&mate](const peer::IceCandidateInit& candidate) {
                          DUET_CHECK(mate.connection->add_ice_candidate(candidate));
                        },
                    .data_channel =
                        [this, &end](const std::shared_ptr<rtc::DataChannel>& made) {
                          end.channel = made;
                          end.is_open = true;
                          made->on_binary = [this](std::span<const std::byte> bytes) {
                            if (on_message) on_message(bytes.size());
                          };
                        }});
}

void Pair::call() {
  caller_.channel = *caller_.connection->create_data_channel({.label = "bench"});
  caller_.channel->on_open = [this] { caller_.is_open = true; };
  DUET_CHECK(caller_.connection->set_local_description());
  DUET_CHECK(callee_.connection->set_remote_description(*caller_.connection->local_description()));
  DUET_CHECK(callee_.connection->set_local_description());
  DUET_CHECK(caller_.connection->set_remote_description(*callee_.connection->local_description()));
}

}  // namespace duet::bench
