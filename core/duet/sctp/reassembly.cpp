// SPDX-License-Identifier: MIT
// Fragments to messages.
#include <duet/sctp/reassembly.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace duet::sctp {
namespace {

/// How much is reserved for a message at its second fragment because the last one of its stream was
/// so long: what is common. Longer ones grow as vectors do.
constexpr std::size_t kMaxReserve = std::size_t{256} * 1024;

}  // namespace

Reassembly::Place Reassembly::message_place(StreamId stream, bool is_unordered,
                                            std::uint32_t message) {
  return {.message =
              std::uint64_t{stream.value()} << 33 | std::uint64_t{is_unordered} << 32 | message};
}

Reassembly::Place Reassembly::place_of(const DataChunk& data) {
  if (!data.is_interleaved) return {.position = data.tsn.value()};
  Place place = message_place(data.stream, data.is_unordered(), data.message);
  place.position = data.fragment;
  return place;
}

/// How far `number` is ahead of `expected`; SSNs have 16 bits, MIDs 32.
std::int32_t Reassembly::ahead_of(std::uint32_t expected, std::uint32_t number) const {
  const std::uint32_t difference = number - expected;
  return is_interleaved_ ? static_cast<std::int32_t>(difference)
                         : static_cast<std::int16_t>(difference);
}

Result<void, Reassembly::Error> Reassembly::handle_data(const DataChunk& data) {
  is_interleaved_ = data.is_interleaved;
  if (!data.is_unordered()) {
    const auto stream = streams_.find(data.stream);
    const std::uint32_t expected = stream == streams_.end() ? 0 : stream->second.expected;
    if (ahead_of(expected, data.message) < 0) return {};  // was delivered, or given up
  }
  const Place place = place_of(data);
  if (data.begins()) return begin(data, place);
  if (const auto partial = partials_.find(place); partial != partials_.end()) {
    return extend(partial, data);
  }
  Stray stray{.stream = data.stream,
              .flags = data.flags,
              .number = data.message,
              .bytes = {data.payload.begin(), data.payload.end()}};
  if (!strays_.emplace(place, std::move(stray)).second) return fail(Error::Inconsistent);
  held_ += data.payload.size() + kPieceOverhead;
  return {};
}

Result<void, Reassembly::Error> Reassembly::begin(const DataChunk& data, Place place) {
  if (data.payload.size() > max_message_size_) return fail(Error::MessageTooLong);
  // Whatever waited for this place was given up before its last fragment got a TSN.
  drop_between(place, place);
  Partial partial{.stream = data.stream,
                  .is_unordered = data.is_unordered(),
                  .number = data.message,
                  .ppid = data.ppid,
                  .bytes = {data.payload.begin(), data.payload.end()}};
  held_ += partial.bytes.capacity() + kPieceOverhead;
  if (data.ends()) {
    finish(std::move(partial));
    return {};
  }
  ++place.position;
  return take_strays(place, std::move(partial));
}

Result<void, Reassembly::Error> Reassembly::extend(Partials::iterator partial,
                                                   const DataChunk& data) {
  if (auto done = append(partial->second, data.flags, data.stream, data.message, data.payload);
      !done) {
    return done;
  }
  auto node = partials_.extract(partial);
  ++node.key().position;
  if (data.ends()) {
    finish(std::move(node.mapped()));
    return {};
  }
  if (!strays_.empty()) return take_strays(node.key(), std::move(node.mapped()));
  if (!partials_.insert(std::move(node)).inserted) return fail(Error::Inconsistent);
  return {};
}

Result<void, Reassembly::Error> Reassembly::append(Partial& partial, std::uint8_t flags,
                                                   StreamId stream, std::uint32_t number,
                                                   std::span<const std::byte> bytes) {
  const bool is_unordered = (flags & kFlagUnordered) != 0;
  if (partial.stream != stream || partial.is_unordered != is_unordered) {
    return fail(Error::Inconsistent);
  }
  if (!is_unordered && partial.number != number) return fail(Error::Inconsistent);
  if (bytes.size() > max_message_size_ - partial.bytes.size()) return fail(Error::MessageTooLong);
  const std::size_t before = partial.bytes.capacity();
  if (before < partial.bytes.size() + bytes.size()) {
    const auto known = streams_.find(stream);
    const std::size_t hint = known == streams_.end() ? 0 : known->second.last_size;
    if (hint > partial.bytes.size() + bytes.size()) {
      partial.bytes.reserve(std::min(hint, kMaxReserve));
    }
  }
  partial.bytes.insert(partial.bytes.end(), bytes.begin(), bytes.end());
  held_ += partial.bytes.capacity() - before;
  return {};
}

/// Appends what came before its turn, then files the message or hands it out.
Result<void, Reassembly::Error> Reassembly::take_strays(Place next, Partial partial) {
  for (auto stray = strays_.find(next); stray != strays_.end(); stray = strays_.find(next)) {
    const Stray taken = std::move(stray->second);
    strays_.erase(stray);
    held_ -= taken.bytes.size() + kPieceOverhead;
    if (auto done = append(partial, taken.flags, taken.stream, taken.number, taken.bytes); !done) {
      held_ -= partial.bytes.capacity() + kPieceOverhead;
      return done;
    }
    if ((taken.flags & kFlagEnd) != 0) {
      finish(std::move(partial));
      return {};
    }
    ++next.position;
  }
  const std::size_t size = partial.bytes.capacity() + kPieceOverhead;
  if (!partials_.emplace(next, std::move(partial)).second) {
    held_ -= size;
    return fail(Error::Inconsistent);
  }
  return {};
}

void Reassembly::finish(Partial&& partial) {
  held_ -= partial.bytes.capacity() - partial.bytes.size();
  Stream& stream = streams_[partial.stream];
  stream.last_size = partial.bytes.size();
  Message message{.stream = partial.stream,
                  .ppid = partial.ppid,
                  .is_unordered = partial.is_unordered,
                  .bytes = std::move(partial.bytes)};
  if (message.is_unordered) {
    ready_.push_back(std::move(message));
    return;
  }
  if (partial.number == stream.expected) return deliver(std::move(message), stream);
  const std::size_t size = message.bytes.size() + kPieceOverhead;
  // Two messages of one number: the second is a lie, or the first one's end was.
  if (!stream.waiting.emplace(partial.number, std::move(message)).second) held_ -= size;
}

void Reassembly::deliver(Message&& message, Stream& stream) {
  ready_.push_back(std::move(message));
  stream.expected = is_interleaved_ ? stream.expected + 1 : (stream.expected + 1) & 0xFFFF;
  deliver_waiting(stream);
}

void Reassembly::deliver_waiting(Stream& stream) {
  while (!stream.waiting.empty()) {
    const auto next = stream.waiting.find(stream.expected);
    if (next == stream.waiting.end()) return;
    ready_.push_back(std::move(next->second));
    stream.waiting.erase(next);
    stream.expected = is_interleaved_ ? stream.expected + 1 : (stream.expected + 1) & 0xFFFF;
  }
}

void Reassembly::handle_forward(const ForwardTsn& forward, Tsn cumulative) {
  if (!forward.is_interleaved && distance(cumulative, forward.cumulative) > 0) {
    drop_between({.position = (cumulative + 1).value()}, {.position = forward.cumulative.value()});
  }
  for (std::size_t i = 0; i < forward.skipped_count(); ++i) {
    const auto skipped = forward.skipped(i);
    if (!skipped.is_unordered) {
      skip_ordered(skipped.stream, skipped.message);
    } else {
      constexpr std::uint32_t kHalf = 0x7FFFFFFF;
      Place last = message_place(skipped.stream, true, skipped.message);
      last.position = std::numeric_limits<std::uint32_t>::max();
      drop_between(message_place(skipped.stream, true, skipped.message - kHalf), last);
    }
  }
}

void Reassembly::skip_ordered(StreamId id, std::uint32_t last) {
  Stream& stream = streams_[id];
  if (ahead_of(stream.expected, last) < 0) return;
  if (is_interleaved_) {
    Place end = message_place(id, false, last);
    end.position = std::numeric_limits<std::uint32_t>::max();
    drop_between(message_place(id, false, stream.expected), end);
  }
  while (!stream.waiting.empty()) {  // complete ones among those given up
    auto next = stream.waiting.lower_bound(stream.expected);
    if (next == stream.waiting.end()) next = stream.waiting.begin();
    if (ahead_of(next->first, last) < 0) break;
    ready_.push_back(std::move(next->second));
    stream.waiting.erase(next);
  }
  stream.expected = is_interleaved_ ? last + 1 : (last + 1) & 0xFFFF;
  deliver_waiting(stream);
}

/// Both ends included. A range that wraps around is two.
void Reassembly::drop_between(Place first, Place last) {
  if (last < first) {
    constexpr std::uint32_t kMax = std::numeric_limits<std::uint32_t>::max();
    // TSNs wrap in `position`, MIDs in the lower half of `message`.
    const bool by_position = first.message == last.message;
    const Place top{by_position ? first.message : first.message | kMax, kMax};
    const Place bottom{by_position ? last.message : last.message & ~std::uint64_t{kMax}, 0};
    drop_between(first, top);
    drop_between(bottom, last);
    return;
  }
  for (auto at = partials_.lower_bound(first); at != partials_.end() && at->first <= last;) {
    held_ -= at->second.bytes.capacity() + kPieceOverhead;
    at = partials_.erase(at);
  }
  for (auto at = strays_.lower_bound(first); at != strays_.end() && at->first <= last;) {
    held_ -= at->second.bytes.size() + kPieceOverhead;
    at = strays_.erase(at);
  }
}

void Reassembly::reset_stream(StreamId id) {
  const auto found = streams_.find(id);
  if (found != streams_.end()) {
    Stream& stream = found->second;
    skip_ordered(id, stream.expected + (is_interleaved_ ? 0x7FFFFFFFU : 0x7FFFU));
    streams_.erase(found);
  }
  if (!is_interleaved_) return;
  Place end = message_place(id, true, std::numeric_limits<std::uint32_t>::max());
  end.position = std::numeric_limits<std::uint32_t>::max();
  drop_between(message_place(id, false, 0), end);
}

void Reassembly::reset() {
  partials_.clear();
  strays_.clear();
  streams_.clear();
  held_ = 0;
  for (std::size_t i = next_ready_; i < ready_.size(); ++i) {
    held_ += ready_[i].bytes.size() + kPieceOverhead;
  }
}

std::optional<Message> Reassembly::poll_message() {
  if (next_ready_ == ready_.size()) return std::nullopt;
  Message message = std::move(ready_[next_ready_++]);
  held_ -= message.bytes.size() + kPieceOverhead;
  if (next_ready_ == ready_.size()) {
    next_ready_ = 0;
    ready_.clear();
    if (ready_.capacity() > 16) ready_ = std::vector<Message>{};
  }
  return message;
}

}  // namespace duet::sctp
