// SPDX-License-Identifier: MIT
// Numbers that are read when somebody asks for them.
#include <duet/base/check.hpp>
#include <duet/metrics/registry.hpp>

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace duet::metrics {
namespace {

/// What may distinguish series. Each has a handful of values, known when the program is built.
constexpr std::array<std::string_view, 9> kLabelNames = {
    "class", "compiler", "direction", "eio", "reason", "result", "state", "transport", "version"};
constexpr std::size_t kMaxSeries = 64;

}  // namespace

struct Registry::Family {
  struct Series {
    std::vector<prometheus::ClientMetric::Label> labels;
    std::function<double()> read;
  };

  std::string name;
  std::string help;
  bool grows;
  std::vector<Series> series;

  void add(const Labels& labels, std::function<double()> read) {
    DUET_CHECK(series.size() < kMaxSeries);
    std::vector<prometheus::ClientMetric::Label> out;
    for (const auto& [label, value] : labels) {
      DUET_CHECK(std::find(kLabelNames.begin(), kLabelNames.end(), label) != kLabelNames.end());
      out.push_back({std::string{label}, std::string{value}});
    }
    const auto same = [&](const Series& one) { return one.labels == out; };
    DUET_CHECK(std::none_of(series.begin(), series.end(), same));
    series.push_back({std::move(out), std::move(read)});
  }
};

Registry::Registry() = default;
Registry::~Registry() = default;

Registry::Family& Registry::family(std::string_view name, std::string_view help, bool grows) {
  for (const auto& one : families_) {
    if (one->name != name) continue;
    DUET_CHECK(one->grows == grows);
    return *one;
  }
  families_.push_back(
      std::make_unique<Family>(Family{std::string{name}, std::string{help}, grows, {}}));
  return *families_.back();
}

void Registry::counter(std::string_view name, std::string_view help, const Labels& labels,
                       std::function<double()> read) {
  family(name, help, true).add(labels, std::move(read));
}

void Registry::gauge(std::string_view name, std::string_view help, const Labels& labels,
                     std::function<double()> read) {
  family(name, help, false).add(labels, std::move(read));
}

std::string Registry::text() const {
  std::vector<prometheus::MetricFamily> out;
  for (const auto& family : families_) {
    prometheus::MetricFamily told;
    told.name = family->name;
    told.help = family->help;
    told.type = family->grows ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    for (const Family::Series& series : family->series) {
      prometheus::ClientMetric metric;
      metric.label = series.labels;
      (family->grows ? metric.counter.value : metric.gauge.value) = series.read();
      told.metric.push_back(std::move(metric));
    }
    out.push_back(std::move(told));
  }
  return prometheus::TextSerializer{}.prometheus::Serializer::Serialize(out);
}

}  // namespace duet::metrics
