// SPDX-License-Identifier: MIT
// What `duet call` tells: lines for people on stderr, events for programs on stdout.
#pragma once

#include "call_flow.hpp"
#include "call_meter.hpp"
#include <duet/call/call.hpp>
#include <duet/config/sentences.hpp>

#include <iosfwd>
#include <string>
#include <string_view>

namespace duet::apps {

class CallReport {
 public:
  struct Style {
    config::Language language = config::Language::English;
    bool json = false;     ///< events on `out`
    bool explain = false;  ///< every step on `error`
    bool live = false;     ///< `error` is a terminal: a block there is drawn again and again
  };

  CallReport(Style style, std::ostream& out, std::ostream& error, Instant start);

  /// A line for people.
  void say(const config::Sentence& sentence);
  void say(std::string_view line);

  /// One step: to programs always, to people with explain.
  void tell(const Step& step);
  void tell(Instant now, const call::CallEvent& event);

  void tell(Instant now, const peer::Connection& connection, const peer::Event& event) {
    flow_.handle(now, connection, event);
  }

  /// Figures of the last interval.
  void tell_stats(Instant now, const IntervalFigures& figures, std::optional<PathFigures> path,
                  bool as_line);

  /// Draws the block, in place of the one before.
  void draw(const std::string& block);

  void set_explain(bool on) { style_.explain = on; }

  bool explains() const { return style_.explain; }

  const Style& style() const { return style_; }

 private:
  void erase();

  Style style_;
  std::ostream& out_;
  std::ostream& error_;
  Instant start_;
  CallFlow flow_;
  std::string block_;  // as drawn
};

/// " out  VP8 1280x720 30 fps  1.41 Mb/s   loss 0.0 %   in  ..."
std::string figures_line(const IntervalFigures& figures);

}  // namespace duet::apps
