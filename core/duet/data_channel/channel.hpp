// SPDX-License-Identifier: MIT
// A channel as the W3C describes it.
#pragma once

#include <duet/base/strong.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace duet::data_channel {

/// A channel, from its creation on; its stream has another number, known later, used again.
using ChannelId = Strong<struct ChannelIdTag, std::uint64_t>;

/// W3C webrtc #dom-rtcdatachannelstate.
enum class State : std::uint8_t { Connecting, Open, Closing, Closed };

/// W3C webrtc-priority #rtc-priority-type, by their weights (RFC 8831 §6.4).
enum class Priority : std::uint16_t { VeryLow = 128, Low = 256, Medium = 512, High = 1024 };

/// W3C webrtc #dom-rtcdatachannelinit, and the label.
struct ChannelInit {
  std::string label;
  std::string protocol;
  bool ordered = true;
  std::optional<std::uint16_t> max_packet_life_time;  // ms
  std::optional<std::uint16_t> max_retransmits;
  bool negotiated = false;          // both ends create it, with the same id, and nothing is said
  std::optional<std::uint16_t> id;  // at most 65534; without `negotiated` it is chosen
  Priority priority = Priority::Low;
};

/// What W3C webrtc-stats #dom-rtcdatachannelstats counts.
struct ChannelCounters {
  std::uint32_t messages_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint32_t messages_received = 0;
  std::uint64_t bytes_received = 0;
};

/// What W3C webrtc-stats #dom-rtcpeerconnectionstats counts.
struct ConnectionCounters {
  std::uint32_t opened = 0;  ///< channels that were open at some time
  std::uint32_t closed = 0;  ///< of those, who are not any more
};

/// The side of the DTLS handshake decides who has even stream numbers (RFC 8832 §6).
enum class DtlsRole : std::uint8_t { Client, Server };

/// What the W3C calls what went wrong.
enum class ChannelError : std::uint8_t {
  TypeError,
  InvalidStateError,
  OperationError,
};

}  // namespace duet::data_channel
