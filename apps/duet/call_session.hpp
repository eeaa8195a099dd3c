// SPDX-License-Identifier: MIT
// `duet call` while it runs: decides when it is over, and with which exit code.
#pragma once

#include "call_hooks.hpp"
#include "call_meter.hpp"
#include "call_options.hpp"
#include "call_report.hpp"
#include "exit_code.hpp"
#include "terminal_keys.hpp"
#include <duet/call/call.hpp>
#include <duet/host/system_random.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/post_box.hpp>
#include <duet/rtc/runtime.hpp>

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

namespace duet::apps {

class CallSession {
 public:
  CallSession(const CallOptions& options, std::ostream& out, std::ostream& error);

  /// @return the exit code
  int run();

 private:
  /// A seat that was refused is asked for again so often, with --keep.
  static constexpr Duration kAskAgain = 5s;
  static constexpr Duration kRedraw = 1s;
  static constexpr Duration kFarewell = 100ms;

  bool open_equipment(call::Equipment& equipment);
  bool open_sources(call::Equipment& equipment);
  bool open_sinks(call::Equipment& equipment);
  void join_echo_canceller(call::Equipment& equipment);
  void handle_missing(std::string_view flag, bool was_asked_for, const std::string& sentence);
  void handle_event(const call::CallEvent& event);
  void handle_seated(const call::Seated& seated);
  void handle_arrived();
  void handle_connected(const call::Connected& connected);
  void handle_over(call::Over::Why why);
  void handle_seat_lost(const room::SeatRefused& refusal);
  void handle_server_lost(bool was_reached);
  void handle_key(char key);
  void handle_signal(int number);
  void handle_trouble(const std::string& sentence);
  void measure();
  std::string block(const IntervalFigures& figures);
  std::string link() const;
  void end(ExitCode code, const config::Sentence& why);
  ExitCode judge(ExitCode code);
  void run_hook(const std::optional<std::string>& command, std::string_view event,
                std::string_view reason = {});

  const CallOptions& options_;
  net::EventLoop loop_;
  host::SystemRandom random_;
  rtc::Runtime runtime_{loop_, random_};
  net::PostBox box_{loop_};
  Instant start_ = loop_.now();
  CallReport report_;
  CallMeter meter_;
  PictureWatch watch_;
  Hooks hooks_;
  std::optional<PathFigures> path_;
  std::optional<net::OutgoingStream::End> server_failure_;
  std::string peer_name_;
  bool is_seated_ = false;
  bool is_connected_ = false;
  std::optional<Instant> connected_at_;
  std::optional<ExitCode> code_;
  net::Timer wait_timer_;
  net::Timer duration_timer_;
  net::Timer stats_timer_;
  net::Timer ask_timer_;
  std::optional<TerminalKeys> keys_;
  std::unique_ptr<call::Call> call_;
};

}  // namespace duet::apps
