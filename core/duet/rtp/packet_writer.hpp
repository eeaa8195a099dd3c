// SPDX-License-Identifier: MIT
// Writes one RTP packet into memory that the caller gives.
#pragma once

#include <duet/rtp/byte_writer.hpp>
#include <duet/rtp/extension.hpp>
#include <duet/rtp/types.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace duet::rtp {

/// What SRTP may add behind a packet: a tag of 16 bytes (RFC 7714 §14.2), and for RTCP 4 of index
/// (RFC 3711 §3.4). Buffers should be longer than the packet by this.
inline constexpr std::size_t kSrtpTailRoom = 20;

/// The fixed part of a header (RFC 3550 §5.1).
struct PacketHeader {
  bool marker = false;
  PayloadType payload_type;
  SequenceNumber sequence;
  Timestamp timestamp;
  Ssrc ssrc;
};

/// CSRCs first, extensions next, then the payload, then padding: in the order of the wire. What
/// doesn't fit clears ok(), and finish() then gives nothing.
class PacketWriter {
 public:
  /// @param buffer     where the packet goes
  /// @param tail_room  bytes at the end of `buffer` that stay free
  PacketWriter(std::span<std::byte> buffer, const PacketHeader& header,
               std::size_t tail_room = kSrtpTailRoom, ExtensionForm form = ExtensionForm::OneByte);

  /// At most 15, before everything else.
  void add_csrc(Ssrc ssrc);

  /// An element with an id and a size that the form can have; otherwise ok() is cleared. Id 0,
  /// which is what ExtensionMap gives for an extension that was not negotiated, adds nothing.
  void add_extension(std::uint8_t id, std::span<const std::byte> value);

  /// Room for `size` bytes of payload, to be written by the caller; empty if it doesn't fit. May be
  /// asked for several times; no extension can follow.
  std::span<std::byte> payload(std::size_t size);
  void add_payload(std::span<const std::byte> bytes);

  /// Bytes of padding, 1 to 255 with their count (RFC 3550 §5.1); nothing can follow.
  void add_padding(std::size_t size);

  bool ok() const { return ok_ && out_.ok(); }

  /// How much payload still fits.
  std::size_t left() const { return out_.left(); }

  /// The packet, or nothing if it did not fit. It begins where the buffer does.
  std::span<std::byte> finish();

 private:
  enum class Stage : std::uint8_t { Csrcs, Extensions, Payload, Padding };

  void end_extensions();
  void set_flag(unsigned bits);

  ByteWriter out_;
  std::size_t extension_at_ = 0;  // offset of the extension's header
  ExtensionForm form_;
  Stage stage_ = Stage::Csrcs;
  bool ok_ = true;
};

}  // namespace duet::rtp
