// SPDX-License-Identifier: MIT
// What a load generator is told: `GENERATOR CASE --name value ...`.
#pragma once

#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>

namespace duet::bench {

class Arguments {
 public:
  Arguments(int count, char** words) {
    for (int i = 2; i + 1 < count; i += 2) values_[words[i]] = words[i + 1];
  }

  /// @throws std::runtime_error  if it was not given
  const std::string& text(const std::string& name) const {
    const auto found = values_.find("--" + name);
    if (found == values_.end()) throw std::runtime_error("--" + name + " is missing");
    return found->second;
  }

  double operator()(const std::string& name) const { return std::atof(text(name).c_str()); }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace duet::bench
