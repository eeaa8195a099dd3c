// SPDX-License-Identifier: MIT
// Lines, events and the block at the foot of a terminal.
#include "call_report.hpp"

#include "harmless.hpp"
#include <duet/base/json_string.hpp>
#include <duet/config/reasons.hpp>

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace duet::apps {

using config::Say;

namespace {

std::string as_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string_view word(bool value) { return value ? "true" : "false"; }

std::string rate_text(double bps) {
  return bps >= 1e6 ? fmt::format("{:.2f} Mb/s", bps / 1e6) : fmt::format("{:.0f} kb/s", bps / 1e3);
}

std::string milliseconds(Duration time) {
  return fmt::format("{:.1f}", static_cast<double>(time.count()) / 1000);
}

/// Of stderr, in columns; 80 if it doesn't say.
std::size_t terminal_width() {
  winsize size{};
  constexpr std::size_t kUsual = 80;
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : kUsual;
}

std::string stream_text(const StreamFigures& stream) {
  if (stream.fps == 0 && stream.rate_bps == 0) return "-";
  return fmt::format("{}{}{}x{} {:.0f} fps  {}  loss {:.1f} %", stream.codec,
                     stream.codec.empty() ? "" : " ", stream.size.width, stream.size.height,
                     stream.fps, rate_text(stream.rate_bps), stream.loss * 100);
}

std::string stream_json(const StreamFigures& stream) {
  return fmt::format(
      R"({{"codec":{},"width":{},"height":{},"fps":{:.1f},"bps":{:.0f},"loss":{:.4f}}})",
      as_json(stream.codec), stream.size.width, stream.size.height, stream.fps, stream.rate_bps,
      stream.loss);
}

}  // namespace

std::vector<std::string> figures_lines(const IntervalFigures& figures) {
  std::string in = stream_text(figures.in);
  if (figures.jitter_buffer_ms > 0)
    in += fmt::format("  buffer {:.0f} ms", figures.jitter_buffer_ms);
  return {" out  " + stream_text(figures.out), " in   " + in};
}

CallReport::CallReport(Style style, OutputThread& out, OutputThread& error, Instant start)
    : style_{style},
      out_{out},
      error_{error},
      start_{start},
      flow_{"", [this](const Step& step) { tell(step); }, [this] { return listens(); }} {
  if (style_.json) write_event(R"({"ev":"begin","ms":0.000,"v":1})");
}

void CallReport::say(const config::Sentence& sentence) {
  say(config::render(sentence, style_.language));
}

void CallReport::say(std::string_view line) {
  write_line(erasure() + harmless(line) + '\n' + block_);
}

void CallReport::write_line(std::string text) {
  if (dropped_lines_ > 0) {
    text.insert(0, config::render({Say::CallDropped, {"stderr", std::to_string(dropped_lines_)}},
                                  style_.language) +
                       '\n');
  }
  if (error_.write(text)) {
    dropped_lines_ = 0;
  } else {
    ++dropped_lines_;
  }
}

void CallReport::write_event(const std::string& line) {
  std::string text = line + '\n';
  if (dropped_events_ > 0) {
    const Instant now{
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
    text.insert(
        0, to_json({now, "", "dropped", "", {{"count", std::to_string(dropped_events_)}}}, start_) +
               '\n');
  }
  if (!out_.write(text)) {
    ++dropped_events_;
  } else if (const auto count = std::exchange(dropped_events_, 0); count > 0) {
    say({Say::CallDropped, {"stdout", std::to_string(count)}});
  }
}

bool CallReport::has_failed() {
  const auto why = out_.failure();
  if (why && !std::exchange(has_told_of_failure_, true))
    say({Say::CallUnwritten, {config::told(*why, style_.language)}});
  return why.has_value();
}

void CallReport::set_explain(bool on) {
  if (on) draw({});  // steps come too fast for a foot
  style_.explain = on;
}

void CallReport::tell(const Step& step) {
  if (style_.json) write_event(to_json(step, start_));
  if (style_.explain) say(to_line(step, start_));
}

void CallReport::tell(Instant now, const call::CallEvent& event) {
  if (!listens()) return;
  if (const auto* seated = std::get_if<call::Seated>(&event)) {
    const std::string_view name = seated->other_is_there ? "joined" : "created";
    tell({now, "", "signal.received", std::string{name}, {{"event", as_json(name)}}});
  } else if (const auto* shows = std::get_if<call::OtherShows>(&event)) {
    tell({now,
          "",
          "signal.received",
          "media",
          {{"event", as_json("message")},
           {"type", as_json("media")},
           {"audio", std::string{word(shows->media.audio)}},
           {"video", std::string{word(shows->media.video)}},
           {"name", as_json(shows->media.name)}}});
  } else if (const auto* signal = std::get_if<call::Signaled>(&event)) {
    if (!signal->is_sent && signal->type == "media") return;  // told with what it says
    std::vector<std::pair<std::string_view, std::string>> fields{{"event", as_json(signal->event)}};
    if (!signal->type.empty()) fields.emplace_back("type", as_json(signal->type));
    tell({now, "", signal->is_sent ? "signal.sent" : "signal.received",
          signal->type.empty() ? signal->event : signal->type, std::move(fields)});
  } else if (const auto* interrupted = std::get_if<call::Interrupted>(&event)) {
    const std::string_view why =
        interrupted->why == call::Interrupted::Why::Closed ? "closed" : "no-path";
    tell({now,
          "",
          "interrupted",
          std::string{why},
          {{"why", as_json(why)}, {"within_ms", milliseconds(interrupted->within)}}});
  } else if (const auto* described = std::get_if<call::Described>(&event)) {
    flow_.describe(now, described->name, described->description);
  } else if (const auto* candidate = std::get_if<call::RemoteCandidate>(&event)) {
    flow_.candidate(now, candidate->candidate);
  }
}

void CallReport::tell_stats(Instant now, const IntervalFigures& figures,
                            std::optional<PathFigures> path, bool as_line) {
  if (style_.json) {
    std::vector<std::pair<std::string_view, std::string>> fields{
        {"out", stream_json(figures.out)},
        {"in", stream_json(figures.in)},
        {"audio_level", fmt::format("{:.4f}", figures.audio_level)},
        {"audio_concealed", fmt::format("{:.4f}", figures.audio_concealed)},
        {"jitter_buffer_ms", fmt::format("{:.1f}", figures.jitter_buffer_ms)},
        {"target_bps", std::to_string(figures.target_rate_bps)},
        {"freezes", std::to_string(figures.freezes)}};
    if (figures.shown.latency) {
      fields.emplace_back("latency_ms", milliseconds(*figures.shown.latency));
    }
    if (figures.shown.gap) {
      fields.emplace_back("gap_ms", milliseconds(*figures.shown.gap));
      fields.emplace_back("gap_end_ms", milliseconds(figures.shown.gap_end - start_));
    }
    if (path) {
      fields.emplace_back("local", as_json(path->local));
      fields.emplace_back("remote", as_json(path->remote));
      if (path->round_trip) {
        fields.emplace_back("rtt_ms", milliseconds(*path->round_trip));
      }
    }
    write_event(to_json({now, "", "stats", "", std::move(fields)}, start_));
  }
  if (!as_line) return;
  const auto lines = figures_lines(figures);
  say(lines[0] + "  " + lines[1]);
}

void CallReport::draw(const std::vector<std::string>& lines) {
  // Of a terminal that doesn't take it, the next one is fresher.
  if (!error_.is_idle() && !lines.empty()) return;
  std::string block;
  const std::size_t width = style_.columns > 0 ? style_.columns : terminal_width();
  // The last column stays free: some terminals go to the next line after it.
  for (const std::string& line : lines) {
    for (const std::string& part : folded(harmless(line), width - 1)) block += part + '\n';
  }
  if (block == block_) return;
  write_line(erasure() + block);
  block_ = std::move(block);
}

/// What takes the block away.
std::string CallReport::erasure() const {
  const auto lines = std::ranges::count(block_, '\n');
  return lines == 0 ? "" : fmt::format("\x1b[{}A\r\x1b[J", lines);
}

}  // namespace duet::apps
