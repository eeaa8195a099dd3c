// SPDX-License-Identifier: MIT
// What can be read about options: help, a Markdown table, an example file, and their values.
#pragma once

#include <duet/config/option.hpp>

#include <string>

namespace duet::config {

/// One line an option for `--help`, in columns.
std::string help_text(const Options& options, Language language);

/// A Markdown table: flag, variable, key, default, meaning.
std::string markdown_table(const Options& options);

/// A TOML table with every option, its help and its default, commented out.
std::string toml_example(const Options& options);

/// A TOML table with every option, each with its origin in a comment: a file that would say the
/// same. What has no value is commented out.
std::string toml_values(const Options& options);

}  // namespace duet::config
