// SPDX-License-Identifier: MIT
// What happens in a call, and what it means for the one who typed `duet call`.
#include "call_session.hpp"

#include <duet/base/json_string.hpp>
#include <duet/device/echo_canceller.hpp>
#include <duet/device/sound_device.hpp>
#include <duet/device/sources.hpp>
#include <duet/device/window.hpp>
#include <duet/tls/client_context.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <tuple>
#include <utility>

namespace duet::apps {

using config::Say;
using config::Sentence;

namespace {

/// What a speaker's queue and a microphone's buffer hold, about.
constexpr Duration kEchoDelay = 60ms;

/// Of any thread, on the loop's clock.
Instant present() {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return Instant{std::chrono::duration_cast<Duration>(since_start)};
}

bool is_terminal() { return ::isatty(STDERR_FILENO) != 0; }

bool has_display() {
  return std::getenv("DISPLAY") != nullptr || std::getenv("WAYLAND_DISPLAY") != nullptr;
}

bool is_loopback(const host::ServerUrl& server) {
  if (server.host == "localhost" || server.host.ends_with(".localhost")) return true;
  const auto address = IpAddress::parse(server.host);
  return address && address->is_loopback();
}

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string time_text(Duration time) {
  return fmt::format("{:.2f} s", static_cast<double>(time.count()) / 1e6);
}

std::string clock_text(Duration time) {
  const auto seconds = time.count() / 1'000'000;
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string path_text(const std::optional<PathFigures>& path) {
  if (!path) return "";
  return path->protocol + " " + path->local + "-" + path->remote;
}

std::string percent_encoded(std::string_view room) {
  std::string out;
  for (const char c : room) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

CallSession::CallSession(const CallOptions& options, std::ostream& out, std::ostream& error)
    : options_{options},
      report_{{.language = options.language,
               .json = *options.json,
               .explain = *options.explain,
               .live = is_terminal()},
              out,
              error,
              start_},
      wait_timer_{loop_,
                  [this] {
                    end(ExitCode::NobodyCame,
                        {Say::EndNobodyCame, {config::format_duration(*options_.wait)}});
                  }},
      duration_timer_{loop_,
                      [this] {
                        end(ExitCode::Finished,
                            {Say::EndDuration, {config::format_duration(**options_.duration)}});
                      }},
      stats_timer_{loop_, [this] { measure(); }},
      ask_timer_{loop_, [this] { call_->ask_again(); }} {}

int CallSession::run() {
  // Before there is any other thread: signals are for this one.
  loop_.on_termination([this](int number) { handle_signal(number); });
  call::Equipment equipment;
  if (!open_equipment(equipment)) return to_int(*code_);
  std::shared_ptr<SSL_CTX> tls;
  try {
    tls = tls::make_client_context({.authorities = *options_.ca, .pin = *options_.pin});
  } catch (const std::exception& problem) {
    report_.say(problem.what());
    return to_int(ExitCode::Usage);
  }
  keys_.emplace(loop_, [this](char key) { handle_key(key); });
  call_ = std::make_unique<call::Call>(
      runtime_, box_,
      call::CallOptions{.server = options_.destination.server,
                        .tls = std::move(tls),
                        .room = options_.destination.room,
                        .name = options_.name->value_or(""),
                        .relay_only = *options_.relay_only,
                        .loopback = is_loopback(options_.destination.server)
                                        ? rtc::Loopback::Included
                                        : rtc::Loopback::LastResort},
      std::move(equipment),
      call::CallHandler{
          .event = [this](const call::CallEvent& event) { handle_event(event); },
          .connection_event =
              [this](const peer::Connection& connection, const peer::Event& event) {
                report_.tell(loop_.now(), connection, event);
              },
          .studio = {.first_frame =
                         [this](codec::Size size) {
                           meter_.handle_first_frame(loop_.now());
                           report_.tell({loop_.now(),
                                         "",
                                         "frame.first",
                                         fmt::format("{}x{}", size.width, size.height),
                                         {{"width", std::to_string(size.width)},
                                          {"height", std::to_string(size.height)}}});
                         },
                     .trouble =
                         [this](const std::string& sentence) { handle_trouble(sentence); }}});
  if (!*options_.answer) wait_timer_.set(loop_.now() + *options_.wait);
  stats_timer_.set(loop_.now() + options_.stats->value_or(kRedraw));
  while (!code_) loop_.run_turn(1s);
  // What was said last goes out.
  for (const Instant last = loop_.now() + kFarewell; loop_.now() < last;) loop_.run_turn(10ms);
  call_.reset();  // closes the recording
  hooks_.reap();
  return to_int(*code_);
}

// ------------------------------------------------------------------ what there is

bool CallSession::open_equipment(call::Equipment& equipment) {
  equipment.limits = {.size = *options_.size,
                      .fps = static_cast<double>(*options_.fps),
                      .rate_bps = options_.bitrate->bps,
                      .is_screen = options_.video->kind == device::VideoSpec::Kind::Screen};
  equipment.limits.preferred = preferred(*options_.codec);
  equipment.snapshot = *options_.snapshot;
  equipment.picture_tap = [this](const codec::PicturePtr& picture) {
    watch_.handle_picture(present(), *picture);
  };
  if (!open_sources(equipment) || !open_sinks(equipment)) return false;
  join_echo_canceller(equipment);
  return true;
}

/// A microphone hears the speaker of the same machine.
void CallSession::join_echo_canceller(call::Equipment& equipment) {
  if (!equipment.audio_source || !equipment.speaker ||
      options_.audio->kind != device::AudioSpec::Kind::Microphone) {
    return;
  }
  auto made = device::EchoCanceller::make({});
  if (!made) return report_.say({Say::CallWithout, {made.error()}});
  const std::shared_ptr<device::EchoCanceller> echo = *std::move(made);
  equipment.sound_tap = [echo](std::span<const media::Sample> block) {
    echo->handle_played(block, call::IncomingAudio::kChannels);
  };
  equipment.sound_filter = [echo](std::span<media::Sample> block, int channels) {
    echo->clean(block, channels, kEchoDelay);
  };
}

bool CallSession::open_sources(call::Equipment& equipment) {
  const Instant together = loop_.now();
  auto video = device::open_video_source(*options_.video,
                                         {.size = *options_.size,
                                          .fps = static_cast<double>(*options_.fps),
                                          .start = together,
                                          .may_be_encoded = *options_.codec == VideoChoice::H264});
  if (video) {
    equipment.video_source = *std::move(video);
  } else {
    handle_missing("--video", is_asked_for(options_.video), video.error());
  }
  auto audio = device::open_audio_source(*options_.audio, {.start = together});
  if (audio) {
    equipment.audio_source = *std::move(audio);
  } else {
    handle_missing("--audio", is_asked_for(options_.audio), audio.error());
  }
  return !code_;
}

bool CallSession::open_sinks(call::Equipment& equipment) {
  const bool shows =
      *options_.show == ShowChoice::Window || (*options_.show == ShowChoice::Auto && has_display());
  if (shows) {
    auto window = device::Window::open(
        options_.destination.room, *options_.size,
        {.closed = [this] { box_.post([this] { handle_key('q'); }); },
         .key = [this](char key) { box_.post([this, key] { handle_key(key); }); }});
    if (window) {
      equipment.window = *std::move(window);
    } else {
      handle_missing("--show", is_asked_for(options_.show), window.error());
    }
  }
  if (*options_.play != "none") {
    auto speaker = device::open_speaker(*options_.play == "default" ? "" : *options_.play);
    if (speaker) {
      equipment.speaker = *std::move(speaker);
    } else {
      handle_missing("--play", is_asked_for(options_.play), speaker.error());
    }
  }
  if (*options_.record) {
    auto recorder = device::Recorder::open(**options_.record);
    if (recorder) {
      equipment.recorder = *std::move(recorder);
      report_.say({Say::CallRecording, {(*options_.record)->string()}});
    } else {
      handle_missing("--record", true, recorder.error());
    }
  }
  return !code_;
}

/// A device that nobody asked for by name may be missing.
void CallSession::handle_missing(std::string_view flag, bool was_asked_for,
                                 const std::string& sentence) {
  if (!was_asked_for) return report_.say({Say::CallWithout, {sentence}});
  report_.say(fmt::format("duet: {}: {}", flag, sentence));
  code_ = ExitCode::Device;
}

// ------------------------------------------------------------------ what happens

void CallSession::handle_event(const call::CallEvent& event) {
  if (code_) return;
  report_.tell(loop_.now(), event);
  if (const auto* seated = std::get_if<call::Seated>(&event)) {
    handle_seated(*seated);
  } else if (std::holds_alternative<call::OtherArrived>(event)) {
    handle_arrived();
  } else if (const auto* shows = std::get_if<call::OtherShows>(&event)) {
    peer_name_ = shows->media.name;
  } else if (const auto* connected = std::get_if<call::Connected>(&event)) {
    handle_connected(*connected);
  } else if (std::holds_alternative<call::Interrupted>(event)) {
    report_.say({Say::CallInterrupted});
  } else if (const auto* over = std::get_if<call::Over>(&event)) {
    handle_over(over->why);
  } else if (const auto* lost = std::get_if<call::SeatLost>(&event)) {
    handle_seat_lost(lost->refusal);
  } else if (const auto* failed = std::get_if<call::ServerFailed>(&event)) {
    server_failure_ = failed->end;
    if (failed->end.why == net::OutgoingStream::End::Why::NotTrusted && !is_seated_) {
      handle_server_lost(false);
    }
  } else if (const auto* server = std::get_if<call::ServerLost>(&event)) {
    handle_server_lost(server->was_reached);
  } else if (std::holds_alternative<call::ServerBack>(event)) {
    report_.say({Say::CallServerBack});
  }
}

void CallSession::handle_seated(const call::Seated& seated) {
  is_seated_ = true;
  if (!seated.other_is_there && !is_connected_) {
    report_.say({Say::CallWaiting, {options_.destination.room, link()}});
  }
}

void CallSession::handle_arrived() {
  wait_timer_.cancel();
  meter_ = CallMeter{};
  meter_.handle_both_there(loop_.now(), call_->studio().stats());
  report_.say(
      {Say::CallRinging,
       {peer_name_.empty() ? std::string{config::text_of(Say::CallSomebody, options_.language)}
                           : peer_name_}});
  run_hook(*options_.on_ring, "ring");
}

void CallSession::handle_connected(const call::Connected& connected) {
  is_connected_ = true;
  path_ = path_of(call_->connection()->machine());
  if (path_) meter_.handle_path(*path_);
  report_.say({Say::CallConnected, {time_text(connected.took), path_text(path_)}});
  const auto safety = call_->safety_number();
  std::string digits;
  if (safety) {
    for (const std::string& group : *safety) digits += (digits.empty() ? "" : " ") + group;
  }
  report_.tell(
      {loop_.now(),
       "",
       "connected",
       path_text(path_) + "  " + digits,
       {{"took_ms", fmt::format("{:.1f}", static_cast<double>(connected.took.count()) / 1000)},
        {"again", connected.is_again ? "true" : "false"},
        {"safety", "\"" + digits + "\""}}});
  if (connected.is_again) return;
  connected_at_ = loop_.now();
  meter_.handle_connected(loop_.now());
  if (*options_.duration) duration_timer_.set(loop_.now() + **options_.duration);
  run_hook(*options_.on_connect, "connect");
}

void CallSession::handle_over(call::Over::Why why) {
  using Why = call::Over::Why;
  constexpr std::array<std::tuple<Why, ExitCode, Say, std::string_view>, 4> kMeanings{
      {{Why::OtherHungUp, ExitCode::Finished, Say::EndOtherHungUp, "bye"},
       {Why::OtherLeft, ExitCode::Finished, Say::EndOtherLeft, "left"},
       {Why::NoPath, ExitCode::NoPath, Say::EndNoPath, "no-path"},
       {Why::Lost, ExitCode::ConnectionLost, Say::EndLost, "lost"}}};
  for (const auto& [meant, code, say, word] : kMeanings) {
    if (meant != why) continue;
    report_.tell(
        {loop_.now(), "", "ended", std::string{word}, {{"why", fmt::format("\"{}\"", word)}}});
    run_hook(*options_.on_hangup, "hangup", word);
    is_connected_ = false;
    path_.reset();
    duration_timer_.cancel();
    if (!*options_.keep) return end(code, {say});
    report_.say({say});
    report_.say({Say::CallWaiting, {options_.destination.room, link()}});
    peer_name_.clear();
    return;
  }
}

void CallSession::handle_seat_lost(const room::SeatRefused& refusal) {
  using Why = room::SeatRefused::Why;
  if (refusal.why == Why::Moved) return end(ExitCode::NotAdmitted, {Say::EndMoved});
  if ((*options_.keep || is_connected_) && refusal.why != Why::BadRoom) {
    ask_timer_.set(loop_.now() + kAskAgain);
    return;
  }
  if (refusal.why == Why::Full) {
    return end(ExitCode::RoomFull, {Say::EndFull, {options_.destination.room}});
  }
  end(ExitCode::NotAdmitted, {Say::EndNotAdmitted, {refusal.reason}});
}

void CallSession::handle_server_lost(bool was_reached) {
  using Why = net::OutgoingStream::End::Why;
  const std::string server = options_.destination.server.authority();
  if (server_failure_ && server_failure_->why == Why::NotTrusted && !is_seated_) {
    if (*options_.pin) return end(ExitCode::PinMismatch, {Say::EndPinMissed, {server}});
    return end(ExitCode::Unreachable, {Say::EndUntrusted, {server, server_failure_->detail}});
  }
  // A call needs no server to go on.
  if (was_reached || is_connected_ || *options_.keep) return report_.say({Say::CallServerLost});
  end(ExitCode::Unreachable,
      {Say::EndUnreachable,
       {server, server_failure_ && !server_failure_->detail.empty() ? server_failure_->detail
                                                                    : "no answer"}});
}

void CallSession::handle_key(char key) {
  if (!call_ || code_) return;
  switch (key) {
    case 'm':
      return call_->set_muted(!call_->studio().is_muted());
    case 'v':
      return call_->set_camera_on(!call_->studio().is_camera_on());
    case 'e':
      return report_.set_explain(!report_.explains());
    case 'q':
      return end(ExitCode::Finished, {Say::EndHungUp});
    default:
      return;
  }
}

void CallSession::handle_signal(int number) {
  if (is_seated_) return end(ExitCode::Finished, {Say::EndHungUp});
  end(number == SIGTERM ? ExitCode::Terminated : ExitCode::Interrupted, {Say::EndHungUp});
}

/// A device that has ended: the call goes on without it. A recording that can't be written is why
/// many a call is made.
void CallSession::handle_trouble(const std::string& sentence) {
  report_.say({Say::CallWithout, {sentence}});
  report_.tell({loop_.now(), "", "trouble", sentence, {{"what", json_text(sentence)}}});
}

void CallSession::measure() {
  stats_timer_.set(loop_.now() + options_.stats->value_or(kRedraw));
  hooks_.reap();
  if (!is_connected_ || call_->connection() == nullptr) return;
  if (auto path = path_of(call_->connection()->machine())) {
    path_ = std::move(path);
    meter_.handle_path(*path_);
  }
  IntervalFigures figures = meter_.measure(loop_.now(), call_->studio().stats());
  figures.shown = watch_.take();
  const bool draws = report_.style().live && !*options_.json && !report_.explains();
  report_.tell_stats(loop_.now(), figures, path_, options_.stats->has_value() && !draws);
  if (draws) report_.draw(block(figures));
}

std::string CallSession::block(const IntervalFigures& figures) {
  const auto safety = call_->safety_number();
  const std::string round_trip =
      path_ && path_->round_trip
          ? fmt::format("  rtt {:.0f} ms", static_cast<double>(path_->round_trip->count()) / 1000)
          : "";
  return fmt::format("{}  {}  {}{}\n{}\n safety {} {} {} ...  {}\n", options_.destination.room,
                     clock_text(loop_.now() - *connected_at_), path_text(path_), round_trip,
                     figures_line(figures), safety ? (*safety)[0] : "", safety ? (*safety)[1] : "",
                     safety ? (*safety)[2] : "",
                     keys_->is_there() ? config::text_of(Say::CallKeys, options_.language) : "");
}

std::string CallSession::link() const {
  const auto& server = options_.destination.server;
  return fmt::format("{}://{}/r/{}", server.is_secure ? "https" : "http", server.authority(),
                     percent_encoded(options_.destination.room));
}

// ------------------------------------------------------------------ the end

void CallSession::end(ExitCode code, const Sentence& why) {
  if (code_) return;
  const bool was_connected = is_connected_;
  code_ = judge(code);
  report_.draw("");
  report_.say(why);
  if (was_connected) {
    report_.tell({loop_.now(), "", "ended", "hung up", {{"why", "\"hung up\""}}});
    run_hook(*options_.on_hangup, "hangup", "hung up");
  }
  if (call_) call_->hang_up();
}

ExitCode CallSession::judge(ExitCode code) {
  if (code == ExitCode::Finished && call_ && call_->studio().has_failed_recording()) {
    return ExitCode::Device;
  }
  if (code != ExitCode::Finished || options_.expect->empty() || !call_) return code;
  const CallFigures figures = meter_.figures(loop_.now(), call_->studio().stats());
  for (const Missed& each : missed(*options_.expect, figures)) {
    report_.say({Say::EndExpectation, {each.expectation, each.was}});
    report_.tell({loop_.now(),
                  "",
                  "expectation",
                  each.expectation,
                  {{"missed", json_text(each.expectation)}, {"was", json_text(each.was)}}});
    code = ExitCode::Expectation;
  }
  return code;
}

void CallSession::run_hook(const std::optional<std::string>& command, std::string_view event,
                           std::string_view reason) {
  if (!command) return;
  hooks_.run(*command, {{"DUET_ROOM", options_.destination.room},
                        {"DUET_PEER", peer_name_},
                        {"DUET_EVENT", std::string{event}},
                        {"DUET_REASON", std::string{reason}}});
}

}  // namespace duet::apps
