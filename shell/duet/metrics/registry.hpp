// SPDX-License-Identifier: MIT
// Numbers that are read when somebody asks for them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::metrics {

/// Label and value, such as {"transport", "polling"}; both are words of the code.
using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

/// Every number of /metrics and how to read it.
///
/// A label's name must be on the list in registry.cpp, and one name has at most 64 series: a
/// registry that would tell a room or an address stops the program at start-up.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// A number that only grows; `name` ends in _total. Series of one name differ in their labels.
  /// @param read  called by text(), on its thread
  void counter(std::string_view name, std::string_view help, const Labels& labels,
               std::function<double()> read);
  /// A number that goes up and down.
  void gauge(std::string_view name, std::string_view help, const Labels& labels,
             std::function<double()> read);

  /// All of it, as "text/plain; version=0.0.4; charset=utf-8".
  std::string text() const;

 private:
  struct Family;
  Family& family(std::string_view name, std::string_view help, bool grows);

  std::vector<std::unique_ptr<Family>> families_;
};

/// The media type of Registry::text().
inline constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace duet::metrics
