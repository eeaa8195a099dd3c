// SPDX-License-Identifier: MIT
// Expectations of a call: read, and held against what it was.
#include "expectation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace duet::config {
namespace {

using apps::Expectation;
using What = Expectation::What;
using Is = Expectation::Is;

enum class Unit : std::uint8_t { Time, Rate, Share, Number, Word };

struct Measure {
  std::string_view name;
  What what;
  Unit unit;
};

constexpr std::array<Measure, 9> kMeasures{{
    {"connected", What::Connected, Unit::Time},
    {"video_first", What::VideoFirst, Unit::Time},
    {"video_fps", What::VideoFps, Unit::Number},
    {"video_width", What::VideoWidth, Unit::Number},
    {"video_rate", What::VideoRate, Unit::Rate},
    {"audio_level", What::AudioLevel, Unit::Number},
    {"loss", What::Loss, Unit::Share},
    {"rtt", What::RoundTrip, Unit::Time},
    {"path", What::Path, Unit::Word},
}};

// The longer ones first, so that they are found first.
constexpr std::array<std::pair<std::string_view, Is>, 5> kComparisons{
    {{"<=", Is::AtMost}, {">=", Is::AtLeast}, {"<", Is::Less}, {">", Is::More}, {"=", Is::Equal}}};

/// RFC 8839 §5.1, cand-type.
constexpr std::array<std::string_view, 4> kPaths{"host", "srflx", "prflx", "relay"};

std::string all_measures() {
  std::string out;
  for (const Measure& measure : kMeasures) {
    if (!out.empty()) out += ", ";
    out += measure.name;
  }
  return out;
}

Result<double, Sentence> parse_number(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || !std::isfinite(number) || number < 0)
    return fail(Sentence{Say::NotANumber, {std::string{text}}});
  return number;
}

Result<double, Sentence> parse_value(std::string_view text, Unit unit) {
  switch (unit) {
    case Unit::Time:
      return parse_duration(text).map(
          [](Duration time) { return static_cast<double>(time.count()) / 1e6; });
    case Unit::Rate:
      return parse_rate_bps(text).map([](std::uint64_t bps) { return static_cast<double>(bps); });
    case Unit::Share:
      if (!text.ends_with('%')) return fail(Sentence{Say::NotAShare, {std::string{text}}});
      return parse_number(text.substr(0, text.size() - 1)).map([](double n) { return n / 100; });
    case Unit::Number:
      return parse_number(text);
    case Unit::Word:
      return 0.0;
  }
  return 0.0;
}

}  // namespace

Result<Expectation, Sentence> Codec<Expectation>::parse(std::string_view text) {
  const auto at = text.find_first_of("<>=");
  const Sentence no{Say::NotAnExpectation, {std::string{text}, all_measures()}};
  if (at == std::string_view::npos) return fail(no);
  const auto measure = std::ranges::find(kMeasures, text.substr(0, at), &Measure::name);
  if (measure == kMeasures.end()) return fail(no);
  for (const auto& [sign, is] : kComparisons) {
    if (!text.substr(at).starts_with(sign)) continue;
    const std::string_view rest = text.substr(at + sign.size());
    if (measure->unit == Unit::Word && is == Is::Equal && !std::ranges::count(kPaths, rest))
      return fail(Sentence{Say::NotAPath, {std::string{rest}}});
    if (rest.empty() || (measure->unit == Unit::Word && is != Is::Equal)) return fail(no);
    const auto value = parse_value(rest, measure->unit);
    if (!value) return fail(value.error());
    return Expectation{.what = measure->what,
                       .is = is,
                       .value = *value,
                       .word = measure->unit == Unit::Word ? std::string{rest} : std::string{},
                       .text = std::string{text}};
  }
  return fail(no);
}

}  // namespace duet::config

namespace duet::apps {
namespace {

std::optional<double> seconds(std::optional<Duration> time) {
  if (!time) return std::nullopt;
  return static_cast<double>(time->count()) / 1e6;
}

std::optional<double> figure(const CallFigures& figures, Expectation::What what) {
  using What = Expectation::What;
  switch (what) {
    case What::Connected:
      return seconds(figures.connected);
    case What::VideoFirst:
      return seconds(figures.video_first);
    case What::VideoFps:
      return figures.video_fps;
    case What::VideoWidth:
      return figures.video_width;
    case What::VideoRate:
      return figures.video_rate;
    case What::AudioLevel:
      return figures.audio_level;
    case What::Loss:
      return figures.loss;
    case What::RoundTrip:
      return figures.round_trip;
    case What::Path:
      return std::nullopt;
  }
  return std::nullopt;
}

bool holds(double figure, Expectation::Is is, double value) {
  switch (is) {
    case Expectation::Is::Less:
      return figure < value;
    case Expectation::Is::AtMost:
      return figure <= value;
    case Expectation::Is::Equal:
      return figure == value;
    case Expectation::Is::AtLeast:
      return figure >= value;
    case Expectation::Is::More:
      return figure > value;
  }
  return false;
}

/// In the unit that an expectation is written in.
std::string text_of(double figure, Expectation::What what) {
  using What = Expectation::What;
  switch (what) {
    case What::Connected:
    case What::VideoFirst:
    case What::RoundTrip:
      return figure < 1 ? fmt::format("{:.4g}ms", figure * 1000) : fmt::format("{:.4g}s", figure);
    case What::VideoRate:
      return fmt::format("{:.0f}k", figure / 1000);
    case What::Loss:
      return fmt::format("{:.4g}%", figure * 100);
    default:
      return fmt::format("{:.4g}", figure);
  }
}

}  // namespace

config::Sentence sentence_of(const Missed& missed) {
  if (missed.was == Missed::kNothing)
    return {config::Say::EndExpectationBare, {missed.expectation}};
  return {config::Say::EndExpectation, {missed.expectation, missed.was}};
}

std::vector<Missed> missed(std::span<const Expectation> expectations, const CallFigures& figures) {
  std::vector<Missed> out;
  for (const Expectation& one : expectations) {
    if (one.what == Expectation::What::Path) {
      if (figures.path != one.word) {
        out.push_back({one.text, figures.path.empty() ? Missed::kNothing : figures.path});
      }
      continue;
    }
    const auto value = figure(figures, one.what);
    if (value && holds(*value, one.is, one.value)) continue;
    out.push_back({one.text, value ? text_of(*value, one.what) : Missed::kNothing});
  }
  return out;
}

}  // namespace duet::apps
