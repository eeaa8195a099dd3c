// SPDX-License-Identifier: MIT
// `duet call` while it runs: its beginning, its loop, and the person at the terminal.
#include "call_session.hpp"

#include "call_equipment.hpp"
#include <duet/tls/client_context.hpp>
#include <duet/words/words.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <utility>

namespace duet::apps {

using config::Say;

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

/// What a terminal that is dumb, or unknown, does with the escape sequences is show them.
bool can_redraw() {
  const char* const kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && kind != nullptr && std::string_view{kind} != "dumb";
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
               .live = can_redraw()},
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
  while (!code_) {
    loop_.run_turn(1s);
    report_.has_failed();
  }
  // What was said last goes out.
  for (const Instant last = loop_.now() + kFarewell;
       loop_.now() < last && !interrupts_.hurried_code();) {
    loop_.run_turn(10ms);
  }
  call_->studio().finish_files();
  loop_.run_turn(0ms);  // what of them has failed is told
  const bool has_lost = report_.has_failed() || call_->studio().has_failed_to_store();
  // It did not end well, whatever was expected besides.
  if (has_lost && (code_ == ExitCode::Finished || code_ == ExitCode::Expectation))
    code_ = ExitCode::Device;
  call_.reset();
  hooks_.reap();
  return interrupts_.hurried_code().value_or(to_int(*code_));
}

bool CallSession::prepare() {
  auto options = call_options();
  try {
    options.tls = tls::make_client_context({.authorities = *options_.ca, .pin = *options_.pin});
  } catch (const std::exception&) {
    report_.say(fmt::format("duet: --ca: {}", why_no_authority()));
    code_ = ExitCode::Usage;
    return false;
  }
  CallEquipment opener{options_,
                       report_,
                       demand_,
                       {.key = [this](char key) { box_.post([this, key] { handle_key(key); }); },
                        .trouble =
                            [this](const call::Trouble& trouble) {
                              box_.post([this, trouble] { handle_trouble(trouble); });
                            }}};
  auto equipment = opener.open(loop_.now());
  if (!equipment) {
    code_ = ExitCode::Device;
    return false;
  }
  window_ = opener.window();
  equipment->picture_tap = [this](const codec::PicturePtr& picture) {
    watch_.handle_picture(present(), *picture);
  };
  keys_.emplace(loop_, [this](char key) { handle_key(key); });
  call_ = std::make_unique<call::Call>(runtime_, box_, std::move(options), *std::move(equipment),
                                       call_handler());
  return true;
}

std::string CallSession::why_no_authority() const {
  using Kind = device::FileError::Kind;
  const std::filesystem::path& file = **options_.ca;
  const auto because = [&](Kind kind) {
    return words::render(device::FileError{kind, file}, options_.language);
  };
  if (::access(file.c_str(), F_OK) != 0) return because(Kind::Missing);
  if (::access(file.c_str(), R_OK) != 0) return because(Kind::Forbidden);
  return render({Say::NotAnAuthority, {file.string()}}, options_.language);
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
                     .trouble = [this](const call::Trouble& trouble) { handle_trouble(trouble); }}};
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
  if (draws() && connected_at_) report_.draw(status_lines(status(), options_.language));
}

CallStatus CallSession::status() const {
  const call::Studio& studio = call_->studio();
  CallStatus status{.room = options_.destination.room,
                    .since_connected = loop_.now() - *connected_at_,
                    .path = path_,
                    .figures = figures_,
                    .safety = call_->safety_number(),
                    .is_muted = studio.has_audio() && studio.is_muted(),
                    .is_camera_off = studio.has_video() && !studio.is_camera_on(),
                    .takes_keys = keys_->is_there()};
  if (awaited_) {
    status.awaited =
        CallStatus::Awaited{awaited_->say, std::max(awaited_->until - loop_.now(), Duration{0})};
  }
  return status;
}

void CallSession::set_title(Say say, std::string_view with) {
  if (window_ == nullptr) return;
  window_->set_title(
      render({say, {options_.destination.room, std::string{with}}}, options_.language));
}

}  // namespace duet::apps
