// SPDX-License-Identifier: MIT
// Whose turn it is to send.
#include <duet/base/check.hpp>
#include <duet/sctp/send_queue.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace duet::sctp {
namespace {

constexpr auto kLater = [](const auto* a, const auto* b) { return a->finish > b->finish; };

/// So that a byte at the greatest weight still moves virtual time.
constexpr std::uint64_t kVirtualUnit = 65536;

}  // namespace

void SendQueue::add(OutgoingMessage message) {
  Stream& stream = streams_[message.stream];
  const std::size_t size = message.bytes.size();
  if (message.is_counted) stream.buffered += size;
  stream.waiting.push_back(std::move(message));
  stream.waiting.back().self = std::prev(stream.waiting.end());
  buffered_ += size;
  held_ += size;
  schedule(stream);
}

void SendQueue::schedule(Stream& stream) {
  if (stream.is_scheduled || stream.waiting.empty()) return;
  stream.is_scheduled = true;
  stream.finish = std::max(stream.finish, virtual_time_);
  turns_.push_back(&stream);
  std::push_heap(turns_.begin(), turns_.end(), kLater);
}

void SendQueue::unschedule(Stream& stream) {
  if (!stream.is_scheduled) return;
  stream.is_scheduled = false;
  if (turns_.front() == &stream) {
    std::pop_heap(turns_.begin(), turns_.end(), kLater);
    turns_.pop_back();
    return;
  }
  std::erase(turns_, &stream);
  std::make_heap(turns_.begin(), turns_.end(), kLater);
}

void SendQueue::take_from(Stream& stream, const OutgoingMessage& message, std::size_t bytes) {
  buffered_ -= bytes;
  if (!message.is_counted) return;
  const bool was_above = stream.buffered > stream.low_threshold;
  stream.buffered -= bytes;
  if (was_above && stream.buffered <= stream.low_threshold) low_.push_back(message.stream);
}

void SendQueue::drop_waiting(Stream& stream, std::list<OutgoingMessage>::iterator message) {
  take_from(stream, *message, message->bytes.size() - message->sent);
  held_ -= message->bytes.size();
  stream.waiting.erase(message);
}

SendQueue::Stream* SendQueue::whose_turn(Instant now) {
  if (current_ != nullptr) return current_;
  while (!turns_.empty()) {
    Stream& stream = *turns_.front();
    while (!stream.waiting.empty() && !stream.waiting.front().is_started() &&
           stream.waiting.front().expires < now) {  // a life of 0 ms is one try
      drop_waiting(stream, stream.waiting.begin());
    }
    if (stream.waiting.empty()) {
      unschedule(stream);
      continue;
    }
    const OutgoingMessage& front = stream.waiting.front();
    if (front.is_started() || begun_ == 0 || begun_ + front.bytes.size() <= most_begun_) {
      return &stream;
    }
    // Some message is begun, so some stream here has one.
    const auto begun = std::find_if(turns_.begin(), turns_.end(), [](const Stream* other) {
      return other->waiting.front().is_started();
    });
    return begun == turns_.end() ? &stream : *begun;
  }
  return nullptr;
}

OutgoingMessage* SendQueue::next(Instant now) {
  Stream* stream = whose_turn(now);
  return stream == nullptr ? nullptr : &stream->waiting.front();
}

void SendQueue::handle_sent(OutgoingMessage& message, std::size_t bytes) {
  Stream& stream = streams_.find(message.stream)->second;
  if (!message.is_started()) {
    std::uint32_t& number =
        message.is_unordered && is_interleaved_ ? stream.next_unordered : stream.next_ordered;
    message.number = number;
    // SSNs of unordered DATA mean nothing (RFC 9260 §3.3.1).
    if (is_interleaved_ || !message.is_unordered) ++number;
    begun_ += message.bytes.size();
  }
  message.sent += bytes;
  ++message.fragments;
  ++message.unsettled;
  take_from(stream, message, bytes);

  virtual_time_ = std::max(virtual_time_, stream.finish);
  const std::uint64_t step = (bytes + 1) * kVirtualUnit / stream.weight;
  const bool is_done = message.is_all_sent();
  if (is_done) {
    begun_ -= message.bytes.size();
    sent_.splice(sent_.end(), stream.waiting, message.self);
  }
  current_ = is_interleaved_ || is_done ? nullptr : &stream;
  if (turns_.size() == 1 && !stream.waiting.empty()) {
    stream.finish += step;
    return;
  }
  unschedule(stream);
  stream.finish += step;
  schedule(stream);
}

void SendQueue::settle(OutgoingMessage& message) {
  DUET_CHECK(message.unsettled > 0);
  if (--message.unsettled > 0) return;
  if (!message.is_abandoned && !message.is_all_sent()) return;
  held_ -= message.bytes.size();
  sent_.erase(message.self);
}

void SendQueue::abandon(OutgoingMessage& message) {
  message.is_abandoned = true;
  if (message.is_all_sent()) return;
  Stream& stream = streams_.find(message.stream)->second;
  take_from(stream, message, message.bytes.size() - message.sent);
  begun_ -= message.bytes.size();
  if (current_ == &stream) current_ = nullptr;
  sent_.splice(sent_.end(), stream.waiting, message.self);
  if (stream.waiting.empty()) unschedule(stream);
}

std::size_t SendQueue::buffered(StreamId stream) const {
  const auto found = streams_.find(stream);
  return found == streams_.end() ? 0 : found->second.buffered;
}

void SendQueue::set_low_threshold(StreamId stream, std::size_t bytes) {
  streams_[stream].low_threshold = bytes;
}

void SendQueue::set_weight(StreamId stream, std::uint16_t weight) {
  streams_[stream].weight = std::max<std::uint16_t>(weight, 1);
}

std::optional<StreamId> SendQueue::poll_low() {
  if (low_.empty()) return std::nullopt;
  const StreamId stream = low_.front();
  low_.erase(low_.begin());
  return stream;
}

bool SendQueue::is_drained(StreamId stream) const {
  const auto found = streams_.find(stream);
  return found == streams_.end() || found->second.waiting.empty();
}

void SendQueue::reset_stream(StreamId id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  DUET_CHECK(found->second.waiting.empty());
  streams_.erase(found);
}

void SendQueue::restart() {
  current_ = nullptr;
  begun_ = 0;
  // What was on its way goes back to the front of its queue, in the order it was sent in.
  while (!sent_.empty()) {
    const auto message = std::prev(sent_.end());
    if (message->is_abandoned) {
      held_ -= message->bytes.size();
      sent_.erase(message);
      continue;
    }
    Stream& stream = streams_[message->stream];
    stream.waiting.splice(stream.waiting.begin(), sent_, message);
  }
  buffered_ = 0;
  for (auto& [id, stream] : streams_) {
    stream.next_ordered = stream.next_unordered = 0;
    stream.buffered = 0;
    for (OutgoingMessage& message : stream.waiting) {
      message.sent = 0;
      message.fragments = message.unsettled = 0;
      buffered_ += message.bytes.size();
      if (message.is_counted) stream.buffered += message.bytes.size();
    }
    schedule(stream);
  }
}

void SendQueue::drop_streams_from(std::uint32_t first) {
  for (auto& [id, stream] : streams_) {
    if (id.value() < first) continue;
    while (!stream.waiting.empty()) drop_waiting(stream, stream.waiting.begin());
    unschedule(stream);
  }
}

void SendQueue::clear() {
  streams_.clear();
  turns_.clear();
  sent_.clear();
  low_.clear();
  current_ = nullptr;
  begun_ = buffered_ = held_ = 0;
}

}  // namespace duet::sctp
