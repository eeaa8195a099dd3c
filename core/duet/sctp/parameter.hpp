// SPDX-License-Identifier: MIT
// Type-length-value parameters and error causes inside of chunks (RFC 9260 §3.2.1, §3.3.10).
#pragma once

#include <duet/sctp/wire.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace duet::sctp {

inline constexpr std::size_t kParameterHeaderSize = 4;

struct Parameter {
  std::uint16_t type = 0;
  std::span<const std::byte> value;
  std::span<const std::byte> whole;  // with its header, without padding
};

/// Goes through parameters; ends early at one whose length lies, and says so.
class ParameterReader {
 public:
  explicit ParameterReader(std::span<const std::byte> bytes) : rest_{bytes} {}

  std::optional<Parameter> next() {
    if (rest_.empty()) return std::nullopt;
    const std::size_t length = rest_.size() < kParameterHeaderSize ? 0 : load16(rest_.data() + 2);
    if (length < kParameterHeaderSize || length > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return std::nullopt;
    }
    const Parameter parameter{.type = load16(rest_.data()),
                              .value = rest_.subspan(4, length - 4),
                              .whole = rest_.first(length)};
    rest_ = rest_.subspan(padded(length) < rest_.size() ? padded(length) : rest_.size());
    return parameter;
  }

  bool ok() const { return ok_; }

 private:
  std::span<const std::byte> rest_;
  bool ok_ = true;
};

/// Appends a parameter with its padding. Not for hot paths.
inline void append_parameter(std::vector<std::byte>& out, std::uint16_t type,
                             std::span<const std::byte> value) {
  const std::size_t start = out.size();
  out.resize(start + padded(kParameterHeaderSize + value.size()));
  store16(out.data() + start, type);
  store16(out.data() + start + 2, static_cast<std::uint16_t>(kParameterHeaderSize + value.size()));
  if (!value.empty()) std::memcpy(out.data() + start + 4, value.data(), value.size());
}

/// Error causes (RFC 9260 §3.3.10).
enum class Cause : std::uint16_t {
  InvalidStreamIdentifier = 1,
  MissingMandatoryParameter = 2,
  StaleCookie = 3,
  OutOfResource = 4,
  UnrecognizedChunkType = 6,
  InvalidMandatoryParameter = 7,
  UnrecognizedParameters = 8,
  NoUserData = 9,
  CookieReceivedWhileShuttingDown = 10,
  UserInitiatedAbort = 12,
  ProtocolViolation = 13,
};

}  // namespace duet::sctp
