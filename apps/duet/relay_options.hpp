// SPDX-License-Identifier: MIT
// The options of every command that relays.
#pragma once

#include <duet/base/random.hpp>
#include <duet/config/command_line.hpp>
#include <duet/config/option.hpp>
#include <duet/stun/uri.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

template <>
struct duet::config::Codec<duet::stun::Uri> {
  static Result<stun::Uri, Sentence> parse(std::string_view text);
  static std::string format(const stun::Uri& value);
};

namespace duet::apps {

using config::Option;

/// A member of the options of `duet serve`, and of a relay alone.
// clang-format off
struct RelayOptions {
  /// @param owner  whose options these become
  explicit RelayOptions(config::Options& owner) : all{owner} {}

  config::Options& all;
  Option<std::optional<std::filesystem::path>> turn_secret_file{all, "turn-secret-file", "FILE", {}, {"Secrets that several relays share, one a line: the first signs credentials, all are accepted", "多台中继共用的密钥，每行一个：第一个用于签发凭据，全部都被接受"}};
};

// clang-format on

/// Secrets a file may have: every credential is tried with each of them.
constexpr std::size_t kMostSecrets = 16;

/// Looks for what is wrong with the group, files included.
void check(const RelayOptions& options, std::vector<config::Problem>& problems);

/// The secrets of time-limited credentials: the first signs, all verify. Without a file, one that
/// nobody else knows and that ends with this process.
///
/// @throws std::runtime_error with a sentence: the file is not what it was when it was checked
std::vector<std::string> turn_secrets(const RelayOptions& options, Random& random);

/// How a value is named in an error, by where it was said.
std::string where(const config::Options& options, const config::OptionBase& option);

}  // namespace duet::apps
