// SPDX-License-Identifier: MIT
// Packets to m-sections.
#include <duet/rtp/demuxer.hpp>
#include <duet/rtp/extension_value.hpp>

#include <algorithm>
#include <utility>

namespace duet::rtp {

void Demuxer::set_sections(Instant now, const ExtensionMap& extensions,
                           std::vector<DemuxSection> sections) {
  std::erase_if(entries_, [&](const Entry& entry) {
    const bool stays =
        entry.section < sections.size() &&
        sections[entry.section].mid == sections_[entry.section].mid &&
        (!entry.rid || sections[entry.section].rids == sections_[entry.section].rids);
    return !stays || entry.signalled;
  });
  extensions_ = extensions;
  sections_ = std::move(sections);
  by_type_.fill(kNoSection);
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    for (std::uint8_t type = 0; type < 128; ++type) {
      if (!sections_[i].payloads.has(PayloadType{type})) continue;
      by_type_[type] = by_type_[type] == kNoSection ? static_cast<std::int32_t>(i) : kSeveral;
    }
    for (const Ssrc ssrc : sections_[i].ssrcs) {
      Entry* const entry = latch(now, ssrc, i);
      if (entry != nullptr) entry->signalled = true;
    }
  }
}

Demuxer::Entry* Demuxer::find(Ssrc ssrc) {
  if (last_found_ < entries_.size() && entries_[last_found_].ssrc == ssrc) {
    return &entries_[last_found_];
  }
  const auto found = std::ranges::find(entries_, ssrc, &Entry::ssrc);
  if (found == entries_.end()) return nullptr;
  last_found_ = static_cast<std::size_t>(found - entries_.begin());
  return &*found;
}

Demuxer::Entry* Demuxer::add(Instant now, Ssrc ssrc, std::size_t section) {
  const Entry fresh{
      .ssrc = ssrc, .section = static_cast<std::uint32_t>(section), .last_heard = now};
  if (entries_.size() < kMaxSsrcs) {
    entries_.reserve(kMaxSsrcs);
    return &entries_.emplace_back(fresh);
  }
  const auto oldest = std::ranges::min_element(entries_, {}, [](const Entry& entry) {
    return std::pair{entry.signalled, entry.last_heard};
  });
  if (oldest->signalled || now - oldest->last_heard < kIdle) return nullptr;
  *oldest = fresh;
  return &*oldest;
}

Demuxer::Entry* Demuxer::latch(Instant now, Ssrc ssrc, std::size_t section) {
  Entry* const entry = find(ssrc);
  if (entry == nullptr) return add(now, ssrc, section);
  if (entry->section != section) {
    *entry = {.ssrc = ssrc,
              .section = static_cast<std::uint32_t>(section),
              .signalled = entry->signalled,
              .last_heard = now};
  }
  return entry;
}

std::optional<std::size_t> Demuxer::section_of(std::string_view mid) const {
  const auto found = std::ranges::find(sections_, mid, &DemuxSection::mid);
  if (mid.empty() || found == sections_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - sections_.begin());
}

Result<Route, DemuxDrop> Demuxer::drop(DemuxDrop reason) {
  ++dropped_[static_cast<std::size_t>(reason)];
  return fail(reason);
}

bool Demuxer::learn_rid(const Packet& packet, Entry& entry) const {
  const auto& rids = sections_[entry.section].rids;
  if (rids.empty()) return true;
  const auto repaired = packet.extension(extensions_.id(ExtensionType::RepairedRtpStreamId));
  const auto own = packet.extension(extensions_.id(ExtensionType::RtpStreamId));
  if (!repaired && !own) return true;
  const auto found = std::ranges::find(rids, parse_name(repaired ? *repaired : *own));
  if (found == rids.end()) return false;
  entry.rid = static_cast<std::size_t>(found - rids.begin());
  entry.repair = repaired.has_value();
  return true;
}

Result<Route, DemuxDrop> Demuxer::route(Instant now, const Packet& packet) {
  // RFC 9143 §9.2, in its order.
  Entry* entry = nullptr;
  const PayloadType type = packet.payload_type();
  if (const auto mid = packet.extension(extensions_.id(ExtensionType::Mid))) {
    // "If the packet has a MID, and the MID is not in the table [...], drop the packet."
    const auto section = section_of(parse_name(*mid));
    if (!section) return drop(DemuxDrop::UnknownMid);
    if (!sections_[*section].payloads.has(type)) return drop(DemuxDrop::UnknownPayloadType);
    entry = latch(now, packet.ssrc(), *section);
  } else if (entry = find(packet.ssrc()); entry != nullptr) {
    if (!sections_[entry->section].payloads.has(type)) return drop(DemuxDrop::UnknownPayloadType);
  } else {
    const std::int32_t section = by_type_[type.value()];
    if (sections_.empty() || section < 0) return drop(DemuxDrop::Unrouted);
    entry = add(now, packet.ssrc(), static_cast<std::size_t>(section));
  }
  if (entry == nullptr) return drop(DemuxDrop::TableFull);
  if (!learn_rid(packet, *entry)) return drop(DemuxDrop::UnknownRid);
  const bool fresh = !std::exchange(entry->heard, true);
  entry->last_heard = now;
  const auto role = sections_[entry->section].payloads[type].role;
  return Route{
      .section = entry->section,
      .rid = entry->rid,
      .repair = entry->repair || role == Payload::Role::Rtx || role == Payload::Role::Flexfec,
      .fresh = fresh};
}

void Demuxer::handle_bye(Ssrc ssrc) {
  Entry* const entry = find(ssrc);
  if (entry == nullptr) return;
  if (entry->signalled) {
    entry->heard = false;
    return;
  }
  *entry = entries_.back();
  entries_.pop_back();
}

void Demuxer::handle_source(Instant now, const SdesChunk& chunk) {
  for (const SdesItem item : chunk.items) {
    if (item.type != SdesType::Mid) continue;
    if (const auto section = section_of(item.text)) latch(now, chunk.ssrc, *section);
  }
}

}  // namespace duet::rtp
