// SPDX-License-Identifier: MIT
// What `duet call` tells: lines for people on stderr, events for programs on stdout.
#pragma once

#include "call_flow.hpp"
#include "call_meter.hpp"
#include "output_thread.hpp"
#include <duet/call/call.hpp>
#include <duet/config/sentences.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace duet::apps {

class CallReport {
 public:
  struct Style {
    config::Language language = config::Language::English;
    bool json = false;        ///< events to stdout
    bool explain = false;     ///< every step to stderr
    bool live = false;        ///< stderr is a terminal: a block there is drawn again and again
    std::size_t columns = 0;  ///< of that terminal; 0: as it says
  };

  /// What is not taken in time is left out, counted, and said once there is room again: as an event
  /// `dropped`, and as a line. Nobody waits for a reader.
  /// @param out, error  outlive this
  CallReport(Style style, OutputThread& out, OutputThread& error, Instant start);

  /// A line for people.
  void say(const config::Sentence& sentence);
  void say(std::string_view line);

  /// One step: to programs always, to people with explain.
  void tell(const Step& step);
  void tell(Instant now, const call::CallEvent& event);

  /// Another call begins.
  void handle_start() { flow_.handle_start(); }

  void tell(Instant now, const peer::Connection& connection, const peer::Event& event) {
    flow_.handle(now, connection, event);
  }

  /// Figures of the last interval.
  void tell_stats(Instant now, const IntervalFigures& figures, std::optional<PathFigures> path,
                  bool as_line);

  /// Draws the block at the foot of the terminal, in place of the one before; none: takes it away.
  /// Lines are folded to the terminal's width.
  void draw(const std::vector<std::string>& lines);

  void set_explain(bool on);

  /// Whether events can't be written, which is said once. Not if a reader has had enough of them.
  bool has_failed();

  bool explains() const { return style_.explain; }

  const Style& style() const { return style_; }

 private:
  bool listens() const { return style_.json || style_.explain; }

  void write_event(const std::string& line);
  void write_line(std::string text);
  std::string erasure() const;

  Style style_;
  OutputThread& out_;
  OutputThread& error_;
  Instant start_;
  CallFlow flow_;
  std::string block_;  // as drawn
  std::uint64_t dropped_events_ = 0;
  std::uint64_t dropped_lines_ = 0;
  bool has_told_of_failure_ = false;
};

/// " out  VP8 1280x720 30 fps  1.41 Mb/s  loss 0.0 %", and the same of what comes.
std::vector<std::string> figures_lines(const IntervalFigures& figures);

}  // namespace duet::apps
