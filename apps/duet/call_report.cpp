// SPDX-License-Identifier: MIT
// Lines, events and the block at the foot of a terminal.
#include "call_report.hpp"

#include <duet/base/json_string.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

namespace duet::apps {
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

std::string figures_line(const IntervalFigures& figures) {
  return fmt::format(" out  {}   in  {}  {:.0f} ms", stream_text(figures.out),
                     stream_text(figures.in), figures.jitter_buffer_ms);
}

CallReport::CallReport(Style style, std::ostream& out, std::ostream& error, Instant start)
    : style_{style}, out_{out}, error_{error}, start_{start}, flow_{"", [this](const Step& step) {
                                                                      tell(step);
                                                                    }} {
  if (style_.json) out_ << R"({"ev":"begin","ms":0.000,"v":1})" << '\n' << std::flush;
}

void CallReport::say(const config::Sentence& sentence) {
  say(config::render(sentence, style_.language));
}

void CallReport::say(std::string_view line) {
  erase();
  // What a stranger wrote must not command the terminal.
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    const bool is_c1 =
        byte == 0xC2 && i + 1 < line.size() && static_cast<unsigned char>(line[i + 1]) < 0xA0;
    if (is_c1) ++i;
    error_ << (byte < 0x20 || byte == 0x7F || is_c1 ? '?' : line[i]);
  }
  error_ << '\n' << block_ << std::flush;
}

void CallReport::tell(const Step& step) {
  if (style_.json) out_ << to_json(step, start_) << '\n' << std::flush;
  if (style_.explain) say(to_line(step, start_));
}

void CallReport::tell(Instant now, const call::CallEvent& event) {
  if (const auto* seated = std::get_if<call::Seated>(&event)) {
    const std::string_view name = seated->other_is_there ? "joined" : "created";
    tell({now, "", "signal.received", std::string{name}, {{"event", as_json(name)}}});
  } else if (std::holds_alternative<call::OtherArrived>(event)) {
    tell({now, "", "signal.received", "join", {{"event", as_json("join")}}});
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
    tell({now,
          "",
          signal->is_sent ? "signal.sent" : "signal.received",
          signal->type,
          {{"event", as_json(signal->event)}, {"type", as_json(signal->type)}}});
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
    out_ << to_json({now, "", "stats", "", std::move(fields)}, start_) << '\n' << std::flush;
  }
  if (as_line) say(figures_line(figures));
}

void CallReport::draw(const std::string& block) {
  erase();
  block_ = block;
  error_ << block_ << std::flush;
}

void CallReport::erase() {
  if (block_.empty()) return;
  for (std::ptrdiff_t lines = std::ranges::count(block_, '\n'); lines > 0; --lines) {
    error_ << "\x1b[1A\x1b[2K";
  }
}

}  // namespace duet::apps
