// SPDX-License-Identifier: MIT
// Which m-section a packet belongs to.
#pragma once

#include <duet/rtp/packet.hpp>
#include <duet/rtp/payload_map.hpp>
#include <duet/rtp/rtcp_report.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::rtp {

/// What the descriptions say of the packets that one m-section receives.
struct DemuxSection {
  std::string mid;  ///< empty if it has none
  PayloadMap payloads;
  std::vector<Ssrc> ssrcs;        ///< those that the peer signalled (RFC 5576)
  std::vector<std::string> rids;  ///< the layers it receives (RFC 8851); empty without simulcast
};

/// Where a packet goes.
struct Route {
  std::size_t section = 0;         ///< index of the section, as it was given
  std::optional<std::size_t> rid;  ///< index in the section's rids
  bool repair = false;             ///< RTX or another stream that repairs the one of `rid`
  bool fresh = false;              ///< the first packet of this SSRC that was routed so

  friend bool operator==(const Route&, const Route&) = default;
};

enum class DemuxDrop : std::uint8_t {
  UnknownMid,          ///< a MID that no section has
  UnknownRid,          ///< a RID that its section has not
  UnknownPayloadType,  ///< a type that its section has not
  Unrouted,            ///< no MID, an unknown SSRC, and a type of no or of several sections
  TableFull,           ///< a new SSRC while kMaxSsrcs others are in use
};

inline constexpr std::size_t kDemuxDrops = 5;

/// Associates streams with m-sections: by MID, then by an SSRC that is known, then by a payload
/// type that only one section has (RFC 9143 §9.2). What was learned holds for the SSRC's later
/// packets.
class Demuxer {
 public:
  /// A call has a dozen streams; encoders that start again use new ones.
  static constexpr std::size_t kMaxSsrcs = 64;
  /// An SSRC unheard for so long gives its place to a new one, if there is no other.
  static constexpr Duration kIdle = 10s;

  /// After each negotiation. What was learned about sections with the same index and MID stays.
  void set_sections(Instant now, const ExtensionMap& extensions,
                    std::vector<DemuxSection> sections);

  Result<Route, DemuxDrop> route(Instant now, const Packet& packet);

  /// The SSRC left; it is forgotten unless it was signalled.
  void handle_bye(Ssrc ssrc);
  /// A source named its MID in RTCP (RFC 9143 §15.1).
  void handle_source(Instant now, const SdesChunk& chunk);

  std::size_t ssrcs() const { return entries_.size(); }

  std::uint64_t dropped(DemuxDrop reason) const {
    return dropped_[static_cast<std::size_t>(reason)];
  }

 private:
  struct Entry {
    Ssrc ssrc;
    std::uint32_t section = 0;
    std::optional<std::size_t> rid;
    bool repair = false;
    bool signalled = false;
    bool heard = false;
    Instant last_heard;
  };

  Entry* find(Ssrc ssrc);
  /// The entry of a new SSRC, or nullptr if there is no place.
  Entry* add(Instant now, Ssrc ssrc, std::size_t section);
  Entry* latch(Instant now, Ssrc ssrc, std::size_t section);
  std::optional<std::size_t> section_of(std::string_view mid) const;
  Result<Route, DemuxDrop> drop(DemuxDrop reason);
  /// Nothing if the section has no such layer.
  bool learn_rid(const Packet& packet, Entry& entry) const;

  ExtensionMap extensions_;
  std::vector<DemuxSection> sections_;
  std::array<std::int32_t, 128> by_type_{};  // the only section of a type, or none of these:
  static constexpr std::int32_t kNoSection = -1;
  static constexpr std::int32_t kSeveral = -2;
  std::vector<Entry> entries_;
  std::size_t last_found_ = 0;  // most packets follow one of the same SSRC
  std::array<std::uint64_t, kDemuxDrops> dropped_{};
};

}  // namespace duet::rtp
