// SPDX-License-Identifier: MIT
// What happens in a call, and what it means for the one who typed `duet call`.
#include "call_session.hpp"

#include "call_equipment.hpp"
#include <duet/base/json_string.hpp>
#include <duet/rtc/stats_json.hpp>
#include <duet/tls/client_context.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <exception>
#include <utility>

namespace duet::apps {

using config::Say;
using config::Sentence;

namespace {

/// Of any thread, on the loop's clock.
Instant present() {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return Instant{std::chrono::duration_cast<Duration>(since_start)};
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

/// How a call's end is told, and what it makes of the program.
struct Ending {
  ExitCode code;
  Say say;
  std::string_view word;
};

/// A call that has never connected was none, however politely it ended.
Ending ending_of(call::Over::Why why, bool was_connected) {
  using Why = call::Over::Why;
  switch (why) {
    case Why::OtherHungUp:
      if (!was_connected) return {ExitCode::NobodyCame, Say::EndNotTaken, "bye"};
      return {ExitCode::Finished, Say::EndOtherHungUp, "bye"};
    case Why::OtherLeft:
      return {was_connected ? ExitCode::Finished : ExitCode::NobodyCame, Say::EndOtherLeft, "left"};
    case Why::NoPath:
      return {ExitCode::NoPath, Say::EndNoPath, "no-path"};
    case Why::Lost:
      return {ExitCode::ConnectionLost, Say::EndLost, "lost"};
  }
  return {ExitCode::Finished, Say::EndHungUp, ""};
}

}  // namespace

CallSession::CallSession(const CallOptions& options)
    : options_{options},
      interrupts_{box_, [this](int number) { handle_signal(number); }},
      out_{STDOUT_FILENO},
      error_{STDERR_FILENO},
      report_{{.language = options.language,
               .json = *options.json,
               .explain = *options.explain,
               .live = ::isatty(STDERR_FILENO) != 0},
              out_,
              error_,
              start_},
      wait_timer_{loop_,
                  [this] {
                    end(ExitCode::NobodyCame,
                        {Say::EndNobodyCame, {config::format_duration(*options_.wait)}});
                  }},
      ring_timer_{loop_, [this] { ring(); }},
      duration_timer_{loop_,
                      [this] {
                        end(ExitCode::Finished,
                            {Say::EndDuration, {config::format_duration(**options_.duration)}});
                      }},
      stats_timer_{loop_, [this] { measure(); }},
      ask_timer_{loop_, [this] { call_->ask_again(); }} {
  if (*options.keep) demand_ = std::make_shared<call::Demand>();
}

int CallSession::run() {
  if (!prepare()) return to_int(*code_);
  if (!*options_.answer) {
    wait_until_ = loop_.now() + *options_.wait;
    wait_timer_.set(wait_until_);
  }
  stats_timer_.set(loop_.now() + options_.stats->value_or(kRedraw));
  while (!code_) loop_.run_turn(1s);
  // What was said last goes out.
  for (const Instant last = loop_.now() + kFarewell;
       loop_.now() < last && !interrupts_.hurried_code();) {
    loop_.run_turn(10ms);
  }
  call_.reset();  // closes the recording
  hooks_.reap();
  return interrupts_.hurried_code().value_or(to_int(*code_));
}

bool CallSession::prepare() {
  CallEquipment opener{options_,
                       report_,
                       demand_,
                       {.key = [this](char key) { box_.post([this, key] { handle_key(key); }); },
                        .trouble =
                            [this](const std::string& sentence) {
                              box_.post([this, sentence] { handle_trouble(sentence); });
                            }}};
  auto equipment = opener.open(loop_.now());
  if (!equipment) {
    code_ = ExitCode::Device;
    return false;
  }
  equipment->picture_tap = [this](const codec::PicturePtr& picture) {
    watch_.handle_picture(present(), *picture);
  };
  auto options = call_options();
  try {
    options.tls = tls::make_client_context({.authorities = *options_.ca, .pin = *options_.pin});
  } catch (const std::exception& problem) {
    report_.say(fmt::format("duet: --ca: {}", problem.what()));
    code_ = ExitCode::Usage;
    return false;
  }
  keys_.emplace(loop_, [this](char key) { handle_key(key); });
  call_ = std::make_unique<call::Call>(runtime_, box_, std::move(options), *std::move(equipment),
                                       call_handler());
  return true;
}

call::CallOptions CallSession::call_options() const {
  return {.server = options_.destination.server,
          .room = options_.destination.room,
          .name = options_.name->value_or(""),
          .relay_only = *options_.relay_only,
          .loopback = is_loopback(options_.destination.server) ? rtc::Loopback::Included
                                                               : rtc::Loopback::LastResort};
}

call::CallHandler CallSession::call_handler() {
  return {.event = [this](const call::CallEvent& event) { handle_event(event); },
          .connection_event =
              [this](const peer::Connection& connection, const peer::Event& event) {
                report_.tell(loop_.now(), connection, event);
              },
          .studio = {.first_frame = [this](codec::Size size) { handle_first_frame(size); },
                     .trouble = [this](const std::string& sentence) { handle_trouble(sentence); }}};
}

// ------------------------------------------------------------------ what happens

void CallSession::handle_event(const call::CallEvent& event) {
  if (code_) return;
  report_.tell(loop_.now(), event);
  if (const auto* seated = std::get_if<call::Seated>(&event)) {
    handle_seated(*seated);
  } else if (const auto* arrived = std::get_if<call::OtherArrived>(&event)) {
    handle_arrived(arrived->since);
  } else if (const auto* shows = std::get_if<call::OtherShows>(&event)) {
    peer_name_ = shows->media.name;
    ring();
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
    // Refused by one that was about to stop, it may be let in by the one that has started.
    if (ask_timer_.when() != Instant::max()) ask_timer_.set(loop_.now());
  }
}

void CallSession::handle_seated(const call::Seated& seated) {
  is_seated_ = true;
  ask_pause_ = kFirstAsk;
  if (!seated.other_is_there && !is_there_) {
    report_.say({Say::CallWaiting, {options_.destination.room, link()}});
  }
}

void CallSession::handle_arrived(Instant since) {
  is_there_ = true;
  wait_timer_.cancel();
  if (demand_) demand_->set(true, loop_.now());
  report_.handle_start();
  meter_.handle_both_there(since, call_->studio().stats());
  ring_timer_.set(loop_.now() + kNameWithin);
}

void CallSession::ring() {
  ring_timer_.cancel();
  if (!is_there_ || std::exchange(has_rung_, true)) return;
  report_.say(
      {Say::CallRinging, {peer_name_.empty() ? std::string{text(Say::CallSomebody)} : peer_name_}});
  const bool has_hooks = *options_.on_ring || *options_.on_connect || *options_.on_hangup;
  runs_hooks_ = has_hooks && hooks_.may_begin(loop_.now());
  if (has_hooks && !runs_hooks_) report_.say({Say::CallTooMany});
  run_hook(*options_.on_ring, "ring");
}

void CallSession::handle_connected(const call::Connected& connected) {
  ring();
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
  meter_.handle_connected(loop_.now(), call_->studio().stats());
  if (*options_.duration) duration_timer_.set(loop_.now() + **options_.duration);
  run_hook(*options_.on_connect, "connect");
}

void CallSession::handle_first_frame(codec::Size size) {
  if (!is_there_ || meter_.has_first_frame()) return;  // of another connection of the same call
  meter_.handle_first_frame(loop_.now(), call_->studio().stats());
  report_.tell({loop_.now(),
                "",
                "frame.first",
                fmt::format("{}x{}", size.width, size.height),
                {{"width", std::to_string(size.width)}, {"height", std::to_string(size.height)}}});
}

void CallSession::handle_over(call::Over::Why why) {
  const bool was_connected = connected_at_.has_value();
  const Ending ending = ending_of(why, was_connected);
  conclude_call(ending.word);
  // Somebody looked in and went: who waits goes on waiting.
  const bool may_come_yet =
      !was_connected && ending.code == ExitCode::NobodyCame &&
      (*options_.answer || (why == call::Over::Why::OtherLeft && loop_.now() < wait_until_));
  if (!*options_.keep && !may_come_yet) return end(ending.code, {ending.say});
  report_.draw({});
  report_.say({ending.say});
  report_.say({Say::CallWaiting, {options_.destination.room, link()}});
  if (!*options_.keep && !*options_.answer) wait_timer_.set(wait_until_);
}

void CallSession::handle_seat_lost(const room::SeatRefused& refusal) {
  using Why = room::SeatRefused::Why;
  if (refusal.why == Why::Moved) return end(ExitCode::NotAdmitted, {Say::EndMoved});
  if ((*options_.keep || connected_at_) && refusal.why != Why::BadRoom) {
    if (ask_pause_ == kFirstAsk) {
      const std::string room = options_.destination.room;
      report_.say(
          {Say::CallNoSeat,
           {room, refusal.why == Why::Full ? render({Say::EndFull, {room}}, options_.language)
                                           : refusal.reason}});
    }
    ask_timer_.set(loop_.now() + ask_pause_);
    ask_pause_ = std::min(2 * ask_pause_, kRarestAsk);
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
  if (was_reached || connected_at_ || *options_.keep) return report_.say({Say::CallServerLost});
  end(ExitCode::Unreachable,
      {Say::EndUnreachable,
       {server, server_failure_ && !server_failure_->detail.empty() ? server_failure_->detail
                                                                    : "no answer"}});
}

void CallSession::handle_key(char key) {
  if (!call_ || code_) return;
  switch (key) {
    case 'm':
      call_->set_muted(!call_->studio().is_muted());
      return draw();
    case 'v':
      call_->set_camera_on(!call_->studio().is_camera_on());
      return draw();
    case 'e':
      report_.set_explain(!report_.explains());
      return draw();
    case 'q':
      return end(ExitCode::Finished, {Say::EndHungUp});
    default:
      return;
  }
}

void CallSession::handle_signal(int number) {
  if (is_seated_) return end(ExitCode::Finished, {Say::EndHungUp});
  const auto code = number == SIGTERM  ? ExitCode::Terminated
                    : number == SIGHUP ? ExitCode::HungUp
                                       : ExitCode::Interrupted;
  end(code, {Say::EndHungUp});
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
  if (!connected_at_ || call_->connection() == nullptr) return;
  if (auto path = path_of(call_->connection()->machine())) {
    path_ = std::move(path);
    meter_.handle_path(*path_);
  }
  figures_ = meter_.measure(loop_.now(), call_->studio().stats());
  figures_.shown = watch_.take();
  report_.tell_stats(loop_.now(), figures_, path_, options_.stats->has_value() && !draws());
  draw();
}

bool CallSession::draws() const {
  return report_.style().live && !*options_.json && !report_.explains();
}

void CallSession::draw() {
  if (draws() && connected_at_) report_.draw(block());
}

std::vector<std::string> CallSession::block() const {
  std::string head = fmt::format("{}  {}  {}", options_.destination.room,
                                 clock_text(loop_.now() - *connected_at_), path_text(path_));
  if (path_ && path_->round_trip) {
    head += fmt::format("  rtt {:.0f} ms", static_cast<double>(path_->round_trip->count()) / 1000);
  }
  std::vector<std::string> lines{std::move(head)};
  for (std::string& line : figures_lines(figures_)) lines.push_back(std::move(line));
  if (const auto safety = call_->safety_number()) {
    lines.push_back(fmt::format(" safety  {} {} {} ...", (*safety)[0], (*safety)[1], (*safety)[2]));
  }
  std::string foot;
  const call::Studio& studio = call_->studio();
  if (studio.has_audio() && studio.is_muted()) foot += fmt::format(" [{}]", text(Say::CallMuted));
  if (studio.has_video() && !studio.is_camera_on()) {
    foot += fmt::format(" [{}]", text(Say::CallCameraOff));
  }
  if (keys_->is_there()) foot += fmt::format(" {}", text(Say::CallKeys));
  if (!foot.empty()) lines.push_back(std::move(foot));
  return lines;
}

std::string CallSession::link() const {
  const auto& server = options_.destination.server;
  return fmt::format("{}://{}/r/{}", server.is_secure ? "https" : "http", server.authority(),
                     percent_encoded(options_.destination.room));
}

// ------------------------------------------------------------------ the end

/// What is told of a call when it is over; and nothing of it is left for the next one.
void CallSession::conclude_call(std::string_view why) {
  const Instant now = loop_.now();
  meter_.handle_over(now, call_->studio().stats());
  if (*options_.json) {
    if (const auto report = call_->report()) {
      report_.tell({now, "", "report", "", {{"stats", rtc::stats_json(*report)}}});
    }
  }
  report_.tell({now, "", "ended", std::string{why}, {{"why", json_text(why)}}});
  if (has_rung_) run_hook(*options_.on_hangup, "hangup", why);
  if (demand_) demand_->set(false, now);
  is_there_ = has_rung_ = runs_hooks_ = false;
  connected_at_.reset();
  path_.reset();
  peer_name_.clear();
  ring_timer_.cancel();
  duration_timer_.cancel();
}

void CallSession::end(ExitCode code, const Sentence& why) {
  if (code_) return;
  code_ = judge(code);
  report_.draw({});
  report_.say(why);
  if (is_there_) conclude_call("hung up");
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
  if (!command || !runs_hooks_) return;
  hooks_.run(*command, {{"DUET_ROOM", options_.destination.room},
                        {"DUET_PEER", peer_name_},
                        {"DUET_EVENT", std::string{event}},
                        {"DUET_REASON", std::string{reason}}});
}

}  // namespace duet::apps
