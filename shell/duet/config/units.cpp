// SPDX-License-Identifier: MIT
// Quantities as people write them: 30s, 250ms, 24h, 1500k, 2MB.
#include <duet/config/units.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace duet::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

/// What a kind of quantity says of a text that isn't one.
struct Quantity {
  std::span<const Unit> units;
  Say without_unit;
  Say not_one;
};

constexpr std::array<Unit, 4> kTimes = {
    {{"ms", 1'000}, {"s", 1'000'000}, {"m", 60'000'000}, {"h", 3'600'000'000}}};  // microseconds
constexpr std::array<Unit, 3> kRates = {{{"k", 1'000}, {"M", 1'000'000}, {"G", 1'000'000'000}}};
constexpr std::array<Unit, 4> kSizes = {
    {{"B", 1}, {"kB", 1'000}, {"MB", 1'000'000}, {"GB", 1'000'000'000}}};
/// More than any quantity here can mean, and far from overflow in what is computed with it.
constexpr std::uint64_t kMost = 1'000'000'000'000'000'000;

Result<std::uint64_t, Sentence> parse(std::string_view text, const Quantity& kind) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const Sentence not_one{kind.not_one, {std::string{text}}};
  if (error != std::errc{}) return fail(not_one);
  const std::string_view name = text.substr(static_cast<std::size_t>(stop - text.data()));
  if (name.empty()) return fail(Sentence{kind.without_unit, {std::string{text}}});
  const auto unit = std::find_if(kind.units.begin(), kind.units.end(),
                                 [&](const Unit& u) { return u.name == name; });
  if (unit == kind.units.end() || number > kMost / unit->factor) return fail(not_one);
  return number * unit->factor;
}

}  // namespace

Result<Duration, Sentence> parse_duration(std::string_view text) {
  const auto value = parse(text, {kTimes, Say::TimeWithoutUnit, Say::NotATime});
  if (!value) return fail(value.error());
  return Duration{static_cast<Duration::rep>(*value)};
}

std::string format_duration(Duration duration) {
  const auto value = static_cast<std::uint64_t>(std::max(duration, Duration{}).count());
  const Unit* best = &kTimes.front();
  for (const Unit& unit : kTimes)
    if (value > 0 && value % unit.factor == 0) best = &unit;
  return std::to_string(value / best->factor) + std::string{best->name};
}

Result<std::uint64_t, Sentence> parse_rate_bps(std::string_view text) {
  return parse(text, {kRates, Say::RateWithoutUnit, Say::NotARate});
}

Result<std::uint64_t, Sentence> parse_size_bytes(std::string_view text) {
  return parse(text, {kSizes, Say::SizeWithoutUnit, Say::NotASize});
}

Result<std::uint64_t, Sentence> parse_count(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end)
    return fail(Sentence{Say::NotACount, {std::string{text}}});
  return number;
}

}  // namespace duet::config
