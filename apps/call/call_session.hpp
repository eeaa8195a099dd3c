// SPDX-License-Identifier: MIT
// `duet call` while it runs: decides when it is over, and with which exit code.
#pragma once

#include "call_hooks.hpp"
#include "call_meter.hpp"
#include "call_options.hpp"
#include "call_report.hpp"
#include "call_status.hpp"
#include "exit_code.hpp"
#include "interrupts.hpp"
#include "output_thread.hpp"
#include "picture_watch.hpp"
#include "terminal_keys.hpp"
#include <duet/call/call.hpp>
#include <duet/call/on_demand.hpp>
#include <duet/device/window.hpp>
#include <duet/host/system_random.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/post_box.hpp>
#include <duet/rtc/runtime.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::apps {

class CallSession {
 public:
  explicit CallSession(const CallOptions& options);

  /// @return the exit code
  int run();

 private:
  /// A seat that was refused is asked for again, with --keep: so soon, and then half as often each
  /// time.
  static constexpr Duration kFirstAsk = 2s;
  static constexpr Duration kRarestAsk = 30s;
  static constexpr Duration kRedraw = 1s;
  static constexpr Duration kFarewell = 100ms;
  /// How long one waits for the other one's name before one says that somebody is there: it comes
  /// right after the seat was taken, from who says it at all.
  static constexpr Duration kNameWithin = 1s;

  /// What a call that is interrupted waits for, in a sentence that says how long.
  struct Awaited {
    config::Say say;
    Instant until;
  };

  bool prepare();
  std::string why_no_authority() const;
  call::CallOptions call_options() const;
  call::CallHandler call_handler();
  void handle_event(const call::CallEvent& event);
  void handle_seated(const call::Seated& seated);
  void handle_arrived(Instant since);
  void ring();
  void handle_connected(const call::Connected& connected);
  void handle_interrupted(const call::Interrupted& interrupted);
  void handle_first_frame(codec::Size size);
  void handle_over(call::Over::Why why);
  void handle_seat_lost(const room::SeatRefused& refusal);
  void handle_distrust();
  void handle_server_lost(bool was_reached);
  void handle_key(char key);
  void handle_signal(int number);
  void handle_trouble(const call::Trouble& trouble);
  void measure();
  bool draws() const;
  void draw();
  CallStatus status() const;
  void wait_for_somebody();
  void set_title(config::Say say, std::string_view with = {});

  std::string_view text(config::Say say) const { return config::text_of(say, options_.language); }

  void conclude_call(std::string_view why);
  void end(ExitCode code, const config::Sentence& why);
  ExitCode judge(ExitCode code);
  void run_hook(const std::optional<std::string>& command, std::string_view event,
                std::string_view reason = {});

  const CallOptions& options_;
  net::EventLoop loop_;
  net::PostBox box_{loop_};
  Interrupts interrupts_;  // before there is any other thread
  OutputThread out_;
  OutputThread error_;
  host::SystemRandom random_;
  rtc::Runtime runtime_{loop_, random_};
  Instant start_ = loop_.now();
  CallReport report_;
  CallMeter meter_;
  PictureWatch watch_;
  Hooks hooks_;
  std::shared_ptr<call::Demand> demand_;
  device::Window* window_ = nullptr;  // the call's
  std::optional<PathFigures> path_;
  IntervalFigures figures_;  // as measured last
  std::optional<net::OutgoingStream::End> server_failure_;
  bool is_seated_ = false;
  bool has_told_of_distrust_ = false;  // of the server, since it gave the seat
  std::optional<ExitCode> code_;
  // Of the call that is on:
  std::string peer_name_;
  std::string safety_;     // number, as it was told
  bool is_there_ = false;  // the other one
  bool has_rung_ = false;
  bool runs_hooks_ = false;
  std::optional<Instant> connected_at_;
  std::optional<Awaited> awaited_;
  Duration ask_pause_ = kFirstAsk;
  Instant wait_until_{};
  net::Timer wait_timer_;
  net::Timer ring_timer_;
  net::Timer duration_timer_;
  net::Timer stats_timer_;
  net::Timer ask_timer_;
  std::optional<TerminalKeys> keys_;
  std::unique_ptr<call::Call> call_;
};

}  // namespace duet::apps
