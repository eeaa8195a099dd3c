// SPDX-License-Identifier: MIT
// Writes one RTCP datagram into memory that the caller gives.
#pragma once

#include <duet/rtp/byte_writer.hpp>
#include <duet/rtp/packet_writer.hpp>
#include <duet/rtp/rtcp_feedback.hpp>
#include <duet/rtp/rtcp_report.hpp>

#include <span>
#include <string_view>

namespace duet::rtp {

/// The most blocks in a report, and sources in a BYE: five bits count them (RFC 3550 §6.4.1).
inline constexpr std::size_t kMaxReportBlocks = 31;

/// Packets go in in the order of the calls. Each call says whether its packet fit; one that didn't
/// leaves nothing behind, and shorter ones may still follow.
class RtcpWriter {
 public:
  /// @param buffer     where the datagram goes
  /// @param tail_room  bytes at the end of `buffer` that stay free
  explicit RtcpWriter(std::span<std::byte> buffer, std::size_t tail_room = kSrtpTailRoom);

  /// @param blocks  at most 31; more of them go into receiver reports behind (RFC 3550 §6.1)
  bool add_sender_report(Ssrc ssrc, const SenderInfo& info, std::span<const ReportBlock> blocks);
  bool add_receiver_report(Ssrc ssrc, std::span<const ReportBlock> blocks);
  /// @param cname  1 to 255 bytes (RFC 3550 §6.5.1)
  bool add_cname(Ssrc ssrc, std::string_view cname);
  /// @param ssrcs  at most 31
  bool add_bye(std::span<const Ssrc> ssrcs);
  /// RFC 3611 §4.4.
  bool add_reference_time(Ssrc ssrc, NtpTime now);
  /// RFC 3611 §4.5. No items, no packet.
  bool add_dlrr(Ssrc ssrc, std::span<const DlrrItem> items);

  /// @param lost  oldest first; what doesn't fit is left out, the oldest stay
  /// @return how many of them are in the packet
  std::size_t add_nack(Ssrc sender, Ssrc media, std::span<const SequenceNumber> lost);
  bool add_pli(Ssrc sender, Ssrc media);
  bool add_fir(Ssrc sender, std::span<const FirEntry> entries);
  /// @param ssrcs  at most 255
  bool add_remb(Ssrc sender, std::uint64_t rate_bps, std::span<const Ssrc> ssrcs);
  /// Feedback of any format, as its own writer made it.
  /// @param control  the FCI; padded with zeros to a whole word, as its format must allow
  bool add_feedback(Ssrc sender, Ssrc media, TransportFormat format,
                    std::span<const std::byte> control);

  std::size_t left() const { return out_.left(); }

  /// What a feedback packet's FCI may still have.
  std::size_t left_for_feedback() const;

  bool empty() const { return out_.size() == 0; }

  std::span<std::byte> finish() const { return out_.written(); }

 private:
  void begin(RtcpType type, std::size_t count);
  bool end();

  ByteWriter out_;
  std::size_t start_ = 0;  // of the packet that is being written
};

}  // namespace duet::rtp
