// SPDX-License-Identifier: MIT
// What happens in a call, and what it means for the one who typed `duet call`.
#include "call_session.hpp"
#include <duet/base/json_string.hpp>
#include <duet/rtc/stats_json.hpp>
#include <duet/words/words.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace duet::apps {

using config::Say;
using config::Sentence;

namespace {

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string time_text(Duration time) {
  return fmt::format("{:.2f} s", static_cast<double>(time.count()) / 1e6);
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

/// Whether a server was there, and shows nothing that is believed.
bool is_distrust(const net::OutgoingStream::End& end) {
  using Why = net::OutgoingStream::End::Why;
  return end.why == Why::NotTrusted || end.why == Why::NotPinned;
}

}  // namespace

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
  } else if (const auto* interrupted = std::get_if<call::Interrupted>(&event)) {
    handle_interrupted(*interrupted);
  } else if (const auto* over = std::get_if<call::Over>(&event)) {
    handle_over(over->why);
  } else if (const auto* lost = std::get_if<call::SeatLost>(&event)) {
    handle_seat_lost(lost->refusal);
  } else if (const auto* failed = std::get_if<call::ServerFailed>(&event)) {
    server_failure_ = failed->end;
    if (is_distrust(failed->end)) handle_distrust();
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
  has_told_of_distrust_ = false;
  ask_pause_ = kFirstAsk;
  if (*options_.relay_only && !seated.has_relay && !is_there_) {
    const Sentence none{Say::EndNoRelay, {options_.destination.server.authority()}};
    if (!*options_.keep) return end(ExitCode::NoPath, none);
    report_.say(none);  // one that is started anew may have a relay
  }
  if (!seated.other_is_there && !is_there_) wait_for_somebody();
}

void CallSession::wait_for_somebody() {
  report_.say({Say::CallWaiting,
               {options_.destination.room,
                room_link(options_.destination.server, options_.destination.room)}});
  set_title(Say::WindowWaiting);
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
  set_title(Say::WindowConnecting);
  const bool has_hooks = *options_.on_ring || *options_.on_connect || *options_.on_hangup;
  runs_hooks_ = has_hooks && hooks_.may_begin(loop_.now());
  if (has_hooks && !runs_hooks_) report_.say({Say::CallTooMany});
  run_hook(*options_.on_ring, "ring");
}

void CallSession::handle_interrupted(const call::Interrupted& interrupted) {
  const bool is_closed = interrupted.why == call::Interrupted::Why::Closed;
  awaited_ = {is_closed ? Say::CallClosed : Say::CallInterrupted, loop_.now() + interrupted.within};
  report_.say({awaited_->say, {seconds_text(interrupted.within)}});
  set_title(Say::WindowInterrupted);
  draw();
}

void CallSession::handle_connected(const call::Connected& connected) {
  awaited_.reset();
  ring();
  path_ = path_of(call_->connection()->machine());
  if (path_) meter_.handle_path(*path_);
  report_.say({Say::CallConnected, {time_text(connected.took), path_text(path_)}});
  set_title(Say::WindowWith, peer_name_.empty() ? text(Say::CallSomebody) : peer_name_);
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
  if (!digits.empty() && std::exchange(safety_, digits) != digits) {
    report_.say({Say::CallSafety, {digits}});
  }
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
  wait_for_somebody();
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

void CallSession::handle_distrust() {
  const std::string server = options_.destination.server.authority();
  const bool is_pinned_out = server_failure_->why == net::OutgoingStream::End::Why::NotPinned;
  const Sentence sentence{is_pinned_out   ? Say::EndPinMissed
                          : *options_.pin ? Say::EndPinnedForOthers
                                          : Say::EndUntrusted,
                          {server, words::render(*server_failure_, options_.language)}};
  if (!is_seated_) {
    return end(is_pinned_out ? ExitCode::PinMismatch : ExitCode::Unreachable, sentence);
  }
  // Whoever is in between may be gone tomorrow: who had a seat goes on trying.
  if (!std::exchange(has_told_of_distrust_, true)) report_.say(sentence);
}

void CallSession::handle_server_lost(bool was_reached) {
  if (server_failure_ && is_distrust(*server_failure_) && !is_seated_) return handle_distrust();
  const std::string server = options_.destination.server.authority();
  // A call needs no server to go on.
  if (was_reached || connected_at_ || *options_.keep) return report_.say({Say::CallServerLost});
  const auto failure = server_failure_.value_or(net::OutgoingStream::End{});
  end(ExitCode::Unreachable,
      {Say::EndUnreachable, {server, words::render(failure, options_.language)}});
}

/// A device that has ended: the call goes on without it. A recording that can't be written is why
/// many a call is made.
void CallSession::handle_trouble(const call::Trouble& trouble) {
  report_.say({Say::CallWithout, {words::render(trouble, options_.language)}});
  const std::string sentence = words::render(trouble, config::Language::English);
  report_.tell({loop_.now(), "", "trouble", sentence, {{"what", json_text(sentence)}}});
}

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
  awaited_.reset();
  path_.reset();
  peer_name_.clear();
  safety_.clear();
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
  if (code != ExitCode::Finished || options_.expect->empty() || !call_) return code;
  const CallFigures figures = meter_.figures(loop_.now(), call_->studio().stats());
  for (const Missed& each : missed(*options_.expect, figures)) {
    report_.say(sentence_of(each));
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
