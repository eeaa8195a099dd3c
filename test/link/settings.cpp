// SPDX-License-Identifier: MIT
// Words to numbers.
#include "settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace duet::link {
namespace {

constexpr std::array<std::pair<std::string_view, Key>, 8> kKeys{{{"rate", Key::Rate},
                                                                 {"delay", Key::Delay},
                                                                 {"queue", Key::Queue},
                                                                 {"loss", Key::Loss},
                                                                 {"burst", Key::Burst},
                                                                 {"jitter", Key::Jitter},
                                                                 {"reorder", Key::Reorder},
                                                                 {"outage", Key::Outage}}};

/// A number in [0, 1e12] and what follows it.
std::optional<std::pair<double, std::string_view>> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !(value >= 0 && value <= 1e12)) return std::nullopt;
  return std::pair{value, text.substr(static_cast<std::size_t>(end - text.data()))};
}

std::optional<double> scaled(std::string_view text,
                             std::initializer_list<std::pair<std::string_view, double>> units) {
  const auto found = number(text);
  if (!found) return std::nullopt;
  for (const auto& [unit, scale] : units) {
    if (found->second == unit) return found->first * scale;
  }
  return std::nullopt;
}

std::optional<double> value_of(Key key, std::string_view text) {
  switch (key) {
    case Key::Rate:
      return scaled(text, {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}});
    case Key::Delay:
    case Key::Queue:
    case Key::Jitter:
    case Key::Outage:
      return scaled(text, {{"ms", 1e-3}, {"s", 1}});
    case Key::Loss:
    case Key::Reorder: {
      const auto share = scaled(text, {{"%", 0.01}});
      return share && *share <= 1 ? share : std::nullopt;
    }
    case Key::Burst: {
      const auto packets = scaled(text, {{"", 1}});
      return packets && *packets >= 1 ? packets : std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<Change> parse_change(std::string_view word) {
  Change change;
  if (word.starts_with("ab.")) change.ba = false;
  if (word.starts_with("ba.")) change.ab = false;
  if (!change.ab || !change.ba) word.remove_prefix(3);
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const auto* const found =
      std::ranges::find(kKeys, word.substr(0, equals), &std::pair<std::string_view, Key>::first);
  if (found == kKeys.end()) return std::nullopt;
  const auto value = value_of(found->second, word.substr(equals + 1));
  if (!value) return std::nullopt;
  change.key = found->second;
  change.value = *value;
  return change;
}

Nanoseconds time_of(double seconds) {
  return Nanoseconds{static_cast<std::int64_t>(std::llround(seconds * 1e9))};
}

}  // namespace

std::optional<std::vector<Change>> parse_changes(std::string_view text) {
  std::vector<Change> changes;
  for (;;) {
    const auto comma = text.find(',');
    const auto change = parse_change(text.substr(0, comma));
    if (!change) return std::nullopt;
    changes.push_back(*change);
    if (comma == std::string_view::npos) return changes;
    text.remove_prefix(comma + 1);
  }
}

std::optional<Nanoseconds> parse_time(std::string_view text) {
  const auto seconds = value_of(Key::Delay, text);
  if (!seconds) return std::nullopt;
  return time_of(*seconds);
}

void apply(Settings& settings, const Change& change) {
  switch (change.key) {
    case Key::Rate:
      settings.rate_bps = change.value;
      return;
    case Key::Delay:
      settings.delay = time_of(change.value);
      return;
    case Key::Queue:
      settings.queue = time_of(change.value);
      return;
    case Key::Loss:
      settings.loss = change.value;
      return;
    case Key::Burst:
      settings.burst = change.value;
      return;
    case Key::Jitter:
      settings.jitter = time_of(change.value);
      return;
    case Key::Reorder:
      settings.reorder = change.value;
      return;
    case Key::Outage:
      return;
  }
}

std::optional<std::vector<Step>> parse_schedule(std::string_view text) {
  std::vector<Step> steps;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    line = line.substr(0, line.find('#'));
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) continue;
    line = line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin);
    const auto space = line.find_first_of(" \t");
    if (space == std::string_view::npos) return std::nullopt;
    const auto at = parse_time(line.substr(0, space));
    auto changes = parse_changes(line.substr(line.find_first_not_of(" \t", space)));
    if (!at || !changes) return std::nullopt;
    steps.push_back({*at, *std::move(changes)});
  }
  std::ranges::stable_sort(steps, {}, &Step::at);
  return steps;
}

}  // namespace duet::link
