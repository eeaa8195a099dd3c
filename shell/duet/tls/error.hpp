// SPDX-License-Identifier: MIT
// Why there is no certificate to serve with, in both languages.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace duet::tls {

/// Ends a start; at a reload it is a line of the log, and those are English.
class Error : public std::runtime_error {
 public:
  /// A sentence each. What the system says of itself stays as the system says it.
  Error(const std::string& english, std::string chinese)
      : std::runtime_error{english}, chinese_{std::move(chinese)} {}

  const std::string& chinese() const { return chinese_; }

 private:
  std::string chinese_;
};

}  // namespace duet::tls
