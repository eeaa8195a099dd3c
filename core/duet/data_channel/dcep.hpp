// SPDX-License-Identifier: MIT
// The two messages that open a channel (RFC 8832 §5).
#pragma once

#include <duet/base/result.hpp>
#include <duet/sctp/types.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace duet::data_channel {

/// What a message is (RFC 8831 §8).
inline constexpr sctp::Ppid kDcep{50};
inline constexpr sctp::Ppid kString{51};
inline constexpr sctp::Ppid kBinaryPartial{52};  // deprecated: more follows
inline constexpr sctp::Ppid kBinary{53};
inline constexpr sctp::Ppid kStringPartial{54};  // deprecated
inline constexpr sctp::Ppid kStringEmpty{56};    // one byte that means none
inline constexpr sctp::Ppid kBinaryEmpty{57};

inline constexpr std::size_t kMaxNameSize = 65535;  // bytes of a label or protocol

enum class DcepError : std::uint8_t { Truncated, NotOpen, UnknownChannelType };

/// DATA_CHANNEL_OPEN (RFC 8832 §5.1).
///
/// |  Message Type |  Channel Type |            Priority           |
/// |                    Reliability Parameter                      |
/// |         Label Length          |       Protocol Length         |
/// \                             Label                             /
/// \                            Protocol                           /
struct DataChannelOpen {
  enum class Kind : std::uint8_t { Reliable = 0, Rexmit = 1, Timed = 2 };

  Kind kind = Kind::Reliable;
  bool ordered = true;
  std::uint16_t priority = 0;
  std::uint32_t reliability = 0;  // retransmissions, or milliseconds; 0 if Reliable
  std::string label;              // at most kMaxNameSize, as all below
  std::string protocol;

  static Result<DataChannelOpen, DcepError> parse(std::span<const std::byte> message);
  std::vector<std::byte> serialize() const;

  friend bool operator==(const DataChannelOpen&, const DataChannelOpen&) = default;
};

/// DATA_CHANNEL_ACK (RFC 8832 §5.2) is its type alone.
bool is_ack(std::span<const std::byte> message);
std::vector<std::byte> make_ack();

}  // namespace duet::data_channel
