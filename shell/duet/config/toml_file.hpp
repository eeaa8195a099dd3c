// SPDX-License-Identifier: MIT
// A TOML file as a flat list of keys, texts and line numbers.
#pragma once

#include <duet/base/result.hpp>
#include <duet/config/sentences.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::config {

/// Longer configuration files are a mistake (bytes).
inline constexpr std::size_t kMaxFileBytes = 1'000'000;

/// One line of a file, as it matters here.
struct Setting {
  enum class Kind : std::uint8_t {
    Value,    ///< `texts` holds it: one, or those of an array
    Table,    ///< a table that has nothing in it
    Unusable  ///< a date, a fraction or an array of something else
  };

  std::string key;  ///< "serve.ping-interval"
  int line = 0;     ///< from 1
  Kind kind = Kind::Value;
  std::vector<std::string> texts;
  bool is_array = false;
};

/// Why a file gave nothing, and on which line (0 for none).
struct FileProblem {
  Sentence sentence;
  int line = 0;
};

/// Text in TOML 1.0; tables nest at most as deep as the library allows (256).
Result<std::vector<Setting>, FileProblem> parse_toml(std::string_view text);

/// Reads at most kMaxFileBytes, so that a device or a pipe can't hold it up for long.
Result<std::string, FileProblem> read_file(const std::filesystem::path& path);

/// `text` as a TOML basic string, with its quotes.
std::string toml_quoted(std::string_view text);

}  // namespace duet::config
