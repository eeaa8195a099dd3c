// SPDX-License-Identifier: MIT
// `duet loop`: both ends of a call in one process.
#include "loop.hpp"

#include "call_flow.hpp"
#include "exit_code.hpp"
#include "loop_media.hpp"
#include <duet/host/system_random.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/rtc/peer_connection.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

namespace duet::apps {

namespace {

/// A call on loopback that has not come about by then never will.
constexpr Duration kPatience = 10s;
constexpr Duration kFrame = 20ms;           // of sound
constexpr std::uint32_t kFrameTicks = 960;  // at Opus' 48 kHz
constexpr std::array<std::byte, 3> kSilence{std::byte{0xF8}, std::byte{0xFF}, std::byte{0xFE}};

/// One end: its connection, its channel, its sound.
struct End {
  End(std::string_view name, rtc::Runtime& shared, const std::function<void(const Step&)>& tell)
      : runtime{shared}, flow{name, tell} {}

  void open() {
    rtc::Handlers handlers;
    handlers.event = [this](const peer::Event& event) {
      flow.handle(runtime.loop().now(), connection->machine(), event);
    };
    handlers.ice_candidate = [this](const peer::IceCandidateInit& candidate) {
      mate->flow.candidate(runtime.loop().now(), candidate);
      (void)mate->connection->add_ice_candidate(candidate);
    };
    handlers.data_channel = [this](const std::shared_ptr<rtc::DataChannel>& made) { adopt(made); };
    handlers.media = [this](const peer::MediaReceived&) { has_sound = true; };
    connection = std::make_unique<rtc::PeerConnection>(
        runtime, rtc::Configuration{.loopback = rtc::Loopback::Only}, std::move(handlers));
  }

  void adopt(std::shared_ptr<rtc::DataChannel> made) {
    channel = std::move(made);
    channel->on_text = [this](std::string_view text) {
      if (!std::exchange(has_message, true)) {
        flow.say(runtime.loop().now(), "message.first", std::string{text});
      }
    };
  }

  void greet() {
    if (has_said || !channel || channel->state() != rtc::DataChannel::State::Open) return;
    has_said = channel->send("hello").has_value();
  }

  /// The next 20 ms of sound.
  void speak() {
    const auto& transceivers = connection->transceivers();
    if (transceivers.empty()) return;
    if (connection->send(transceivers.front().id,
                         {.timestamp = rtp::Timestamp{ticks}, .payload = kSilence})) {
      ticks += kFrameTicks;
    }
  }

  bool is_served() const { return has_message && has_sound; }

  rtc::Runtime& runtime;
  CallFlow flow;
  End* mate = nullptr;
  std::unique_ptr<rtc::PeerConnection> connection;
  std::shared_ptr<rtc::DataChannel> channel;
  std::uint32_t ticks = 0;
  bool has_said = false;
  bool has_message = false;
  bool has_sound = false;
};

/// Offer and answer, handed over.
bool call(End& caller, End& callee, const net::EventLoop& loop) {
  const auto set = [&](End& from, End& to) {
    if (!from.connection->set_local_description()) return false;
    const auto description = from.connection->local_description();
    from.flow.describe(loop.now(), "sdp.local", *description);
    to.flow.describe(loop.now(), "sdp.remote", *description);
    return to.connection->set_remote_description(*description).has_value();
  };
  if (!set(caller, callee)) return false;
  // The callee answers with sound of its own.
  if (!callee.connection->add_track(peer::MediaKind::Audio, "sound")) return false;
  return set(callee, caller);
}

}  // namespace

int loop(const LoopOptions& options, std::ostream& out, std::ostream& error) {
  if (options.has_media()) return loop_media(options, out, error);
  net::EventLoop events;
  host::SystemRandom random;
  rtc::Runtime runtime{events, random};
  runtime.identity();  // so that the first step doesn't wait for it
  Instant start = events.now();
  const auto tell = [&](const Step& step) {
    out << (*options.json ? to_json(step, start) : to_line(step, start)) << '\n' << std::flush;
  };
  End caller{"caller", runtime, tell};
  End callee{"callee", runtime, tell};
  caller.mate = &callee;
  callee.mate = &caller;
  caller.open();
  callee.open();
  start = events.now();

  auto channel = caller.connection->create_data_channel({.label = "chat"});
  const auto sound = caller.connection->add_transceiver(peer::MediaKind::Audio);
  if (!channel || !sound || !call(caller, callee, events)) return to_int(ExitCode::InternalError);
  caller.adopt(*std::move(channel));

  net::Timer frames{events, [&] {
                      caller.speak();
                      callee.speak();
                      frames.set(events.now() + kFrame);
                    }};
  frames.set(events.now());
  bool is_stopped = false;
  events.on_termination([&](int) { is_stopped = true; });
  const Instant end = start + options.duration->value_or(kPatience);
  const auto is_done = [&] { return caller.is_served() && callee.is_served(); };
  while (!is_stopped && events.now() < end && (*options.duration || !is_done())) {
    caller.greet();
    callee.greet();
    events.run_turn(std::min<Duration>(end - events.now(), kFrame));
  }
  for (End* one : {&caller, &callee}) {
    one->connection->close();
    one->flow.say(events.now(), "ended", is_done() ? "" : "no connection");
  }
  if (is_done()) return to_int(ExitCode::Finished);
  error << "duet: " << render(config::Sentence{config::Say::EndNoPath}, options.language) << '\n';
  return to_int(ExitCode::NoPath);
}

}  // namespace duet::apps
