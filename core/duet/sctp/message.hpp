// SPDX-License-Identifier: MIT
// What an application sends and gets.
#pragma once

#include <duet/base/time.hpp>
#include <duet/sctp/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace duet::sctp {

/// A whole message that came.
struct Message {
  StreamId stream;
  Ppid ppid;
  bool is_unordered = false;
  std::vector<std::byte> bytes;
};

enum class Order : std::uint8_t { Ordered, Unordered };

/// How hard to try (RFC 3758, RFC 7496): without either, until it has come.
struct Reliability {
  std::optional<std::uint32_t> max_retransmits;  // 0: sent once
  std::optional<Duration> lifetime;              // from send() on
};

}  // namespace duet::sctp
