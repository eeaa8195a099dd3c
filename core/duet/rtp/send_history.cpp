// SPDX-License-Identifier: MIT
// A ring of packets.
#include <duet/rtp/send_history.hpp>

#include <algorithm>
#include <cstring>

namespace duet::rtp {
namespace {

constexpr std::size_t kFirstRing =
    16 * 1024;  // a quarter of a second of sound with all its packets
constexpr std::size_t kFirstEntries = 64;

}  // namespace

void SendHistory::clear() {
  first_ = 0;
  count_ = 0;
}

void SendHistory::drop_oldest() {
  first_ = (first_ + 1) % entries_.size();
  --count_;
}

SendHistory::Entry* SendHistory::find(SequenceNumber sequence) {
  if (count_ == 0) return nullptr;
  const int index = distance(entry(0).sequence, sequence);
  if (index < 0 || static_cast<std::size_t>(index) >= count_) return nullptr;
  Entry& found = entry(static_cast<std::size_t>(index));
  return found.size == 0 ? nullptr : &found;  // left out
}

SendHistory::Entry* SendHistory::recent(std::size_t back) {
  if (back >= count_) return nullptr;
  Entry& found = entry(count_ - 1 - back);
  return found.size == 0 ? nullptr : &found;
}

std::optional<std::size_t> SendHistory::place(std::size_t size) {
  if (count_ == 0) return size <= ring_.size() ? std::optional<std::size_t>{0} : std::nullopt;
  const Entry& oldest = entry(0);
  const Entry& newest = entry(count_ - 1);
  const std::size_t end = newest.offset + newest.size;
  if (end > oldest.offset) {  // free: behind the newest, and before the oldest
    if (size <= ring_.size() - end) return end;
    // Never quite full, so that an end at the oldest's offset means no room.
    return size < oldest.offset ? std::optional<std::size_t>{0} : std::nullopt;
  }
  return size < oldest.offset - end ? std::optional{end} : std::nullopt;
}

void SendHistory::grow_ring(std::size_t size) {
  const std::size_t wanted =
      std::min(std::max({kFirstRing, 2 * ring_.size(), 2 * size}), limits_.bytes);
  std::vector<std::byte> ring(wanted);
  std::size_t at = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    Entry& moved = entry(i);
    std::memcpy(ring.data() + at, ring_.data() + moved.offset, moved.size);
    moved.offset = at;
    at += moved.size;
  }
  ring_ = std::move(ring);
}

void SendHistory::grow_entries() {
  std::vector<Entry> entries(
      std::min(std::max(kFirstEntries, 2 * entries_.size()), limits_.packets));
  for (std::size_t i = 0; i < count_; ++i) entries[i] = entry(i);
  entries_ = std::move(entries);
  first_ = 0;
}

SendHistory::Entry& SendHistory::add_entry(Instant now, SequenceNumber sequence) {
  if (count_ == entries_.size()) {
    if (entries_.size() < limits_.packets) {
      grow_entries();
    } else {
      drop_oldest();
    }
  }
  // A place where the newest packet ends, so that room is looked for behind it.
  const std::size_t offset = count_ == 0 ? 0 : entry(count_ - 1).offset + entry(count_ - 1).size;
  ++count_;
  return entry(count_ - 1) = Entry{.sequence = sequence, .sent_at = now, .offset = offset};
}

void SendHistory::add(Instant now, SequenceNumber sequence, std::span<const std::byte> packet) {
  while (count_ > 0 && now - entry(0).sent_at > limits_.age) drop_oldest();
  if (packet.empty() || packet.size() > limits_.bytes) return clear();
  if (count_ > 0) {
    const SequenceNumber next = entry(count_ - 1).sequence + 1;
    const int gap = distance(next, sequence);
    if (gap < 0 || gap > kMaxGap) clear();
    for (int i = 0; count_ > 0 && i < gap; ++i) add_entry(now, next + i);
  }
  auto offset = place(packet.size());
  while (!offset) {
    if (ring_.size() < limits_.bytes) {
      grow_ring(packet.size());
    } else {
      drop_oldest();
    }
    offset = place(packet.size());
  }
  std::memcpy(ring_.data() + *offset, packet.data(), packet.size());
  Entry& added = add_entry(now, sequence);
  added.offset = *offset;
  added.size = static_cast<std::uint32_t>(packet.size());
}

}  // namespace duet::rtp
