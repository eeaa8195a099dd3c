// SPDX-License-Identifier: MIT
// Reports: what was sent and received, by whom, and who leaves (SR, RR, SDES, BYE, XR).
#pragma once

#include <duet/rtp/rtcp.hpp>

#include <string_view>

namespace duet::rtp {

/// How one stream arrives at who reports it (RFC 3550 §6.4.1).
struct ReportBlock {
  static constexpr std::size_t kSize = 24;

  Ssrc ssrc;                              ///< of the stream
  std::uint8_t fraction_lost = 0;         ///< since the last report, of 256
  std::int32_t cumulative_lost = 0;       ///< 24 bits, signed: duplicates make it negative
  std::uint32_t highest_sequence = 0;     ///< cycles in the upper half
  std::uint32_t jitter = 0;               ///< ticks of the stream's clock
  std::uint32_t last_sender_report = 0;   ///< LSR: compact NTP time, 0 for none
  std::uint32_t delay_since_last_sr = 0;  ///< DLSR: units of 1/65536 s

  static ReportBlock read(ByteReader& in);
  friend bool operator==(const ReportBlock&, const ReportBlock&) = default;
};

/// What a sender says of its own stream (RFC 3550 §6.4.1).
struct SenderInfo {
  NtpTime ntp;
  Timestamp rtp;                   ///< the same instant on the stream's clock
  std::uint32_t packet_count = 0;  ///< wraps
  std::uint32_t octet_count = 0;   ///< payload without padding; wraps

  friend bool operator==(const SenderInfo&, const SenderInfo&) = default;
};

/// RFC 3550 §6.4.1.
struct SenderReport {
  Ssrc ssrc;
  SenderInfo info;
  Records<ReportBlock> blocks;

  static Result<SenderReport, RtcpError> parse(const RtcpPacket& packet);
};

/// RFC 3550 §6.4.2.
struct ReceiverReport {
  Ssrc ssrc;
  Records<ReportBlock> blocks;

  static Result<ReceiverReport, RtcpError> parse(const RtcpPacket& packet);
};

/// RFC 3550 §6.5, RFC 9143 §15.1, RFC 8852 §4. A value from the wire may be none of these.
enum class SdesType : std::uint8_t {
  Cname = 1,
  RtpStreamId = 12,
  RepairedRtpStreamId = 13,
  Mid = 15,
};

struct SdesItem {
  SdesType type{};
  std::string_view text;  ///< 0 to 255 bytes, UTF-8 if the sender keeps the rules
};

/// The items of one chunk (RFC 3550 §6.5), which are known to end.
class SdesItems {
 public:
  class Iterator {
   public:
    using value_type = SdesItem;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(std::span<const std::byte> rest) : rest_{rest} {}

    SdesItem operator*() const;
    Iterator& operator++();

    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.rest_.empty(); }

   private:
    std::span<const std::byte> rest_;
  };

  SdesItems() = default;

  explicit SdesItems(std::span<const std::byte> bytes) : bytes_{bytes} {}

  Iterator begin() const { return Iterator{bytes_}; }

  static std::default_sentinel_t end() { return {}; }

 private:
  std::span<const std::byte> bytes_;  // without the null octets at the end
};

struct SdesChunk {
  Ssrc ssrc;
  SdesItems items;

  /// Empty if there is none.
  std::string_view cname() const;
};

/// RFC 3550 §6.5: a walk along the chunks, all of which are known to lie within the packet.
class SourceDescription {
 public:
  class Iterator {
   public:
    using value_type = SdesChunk;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(std::span<const std::byte> rest) : rest_{rest} { read(); }

    const SdesChunk& operator*() const { return chunk_; }

    Iterator& operator++() {
      read();
      return *this;
    }

    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.at_end_; }

   private:
    void read();

    std::span<const std::byte> rest_;
    SdesChunk chunk_;
    bool at_end_ = false;
  };

  static Result<SourceDescription, RtcpError> parse(const RtcpPacket& packet);

  Iterator begin() const { return Iterator{bytes_}; }

  static std::default_sentinel_t end() { return {}; }

 private:
  explicit SourceDescription(std::span<const std::byte> bytes) : bytes_{bytes} {}

  std::span<const std::byte> bytes_;
};

/// RFC 3550 §6.6. A reason that doesn't fit is no reason.
struct Bye {
  Records<SsrcRecord> ssrcs;
  std::string_view reason;

  static Result<Bye, RtcpError> parse(const RtcpPacket& packet);
};

/// RFC 3611 §4.5: the answer to a receiver reference time.
struct DlrrItem {
  static constexpr std::size_t kSize = 12;

  Ssrc ssrc;                              ///< who sent the reference time
  std::uint32_t last_reference = 0;       ///< LRR: compact NTP time
  std::uint32_t delay_since_last_rr = 0;  ///< DLRR: units of 1/65536 s

  static DlrrItem read(ByteReader& in);
  friend bool operator==(const DlrrItem&, const DlrrItem&) = default;
};

/// RFC 3611 §2, as far as it tells round trips; other blocks are skipped.
struct ExtendedReport {
  Ssrc ssrc;
  /// RFC 3611 §4.4: the sender's clock; 0 if the block isn't there.
  NtpTime reference_time;
  Records<DlrrItem> dlrr;

  static Result<ExtendedReport, RtcpError> parse(const RtcpPacket& packet);
};

}  // namespace duet::rtp
