// SPDX-License-Identifier: MIT
// RE-CONFIG: requests and answers.
#include <duet/sctp/parameter.hpp>
#include <duet/sctp/reconfig.hpp>
#include <duet/sctp/wire.hpp>

#include <algorithm>

namespace duet::sctp {
namespace {

constexpr std::uint16_t kOutgoingReset = 13;
constexpr std::uint16_t kResponse = 16;
constexpr std::uint16_t kAddOutgoing = 17;

}  // namespace

/// One may follow another that is unanswered: the peer can be through with it, and use the stream
/// again, before its answer is here.
void Reconfig::request_reset(StreamId stream) { wanted_.insert(stream); }

void Reconfig::request_streams(std::uint16_t count) { wanted_streams_ = count; }

bool Reconfig::is_resetting(StreamId stream) const {
  return wanted_.contains(stream) || std::binary_search(streams_.begin(), streams_.end(), stream);
}

std::optional<Reconfig::Answered> Reconfig::handle_response(std::uint32_t sequence,
                                                            ReconfigResult result) {
  if (!is_unanswered_ || sequence != next_request_) return std::nullopt;
  is_due_ = false;
  if (result == ReconfigResult::InProgress) return std::nullopt;  // asked again at the time-out
  Answered answered{.is_performed = result == ReconfigResult::Performed ||
                                    result == ReconfigResult::NothingToDo};
  if (streams_.empty()) {
    answered.added = std::exchange(wanted_streams_, std::uint16_t{0});
  } else {
    answered.streams = std::exchange(streams_, {});
  }
  is_unanswered_ = false;
  ++next_request_;
  return answered;
}

bool Reconfig::is_new(std::uint32_t sequence) {
  if (sequence == expected_) return true;
  answer(sequence, sequence + 1 == expected_ ? last_result_ : ReconfigResult::BadSequenceNumber);
  return false;
}

void Reconfig::answer(std::uint32_t sequence, ReconfigResult result) {
  if (sequence == expected_) ++expected_;
  if (sequence + 1 == expected_) last_result_ = result;
  // More than two wait only if the peer asks faster than we send: the newest count.
  if (answer_count_ == answers_.size()) {
    answers_[0] = answers_[1];
    --answer_count_;
  }
  answers_[answer_count_++] = {sequence, result};
}

bool Reconfig::is_too_early(StreamId stream, Tsn tsn) const {
  if (!deferred || distance(deferred->last, tsn) <= 0) return false;
  return std::find(deferred->streams.begin(), deferred->streams.end(), stream) !=
         deferred->streams.end();
}

std::vector<std::vector<std::byte>> Reconfig::take_due() {
  std::vector<std::vector<std::byte>> out;
  if (answer_count_ > 0) {
    std::vector<std::byte>& chunk = out.emplace_back();
    for (std::size_t i = 0; i < answer_count_; ++i) {
      std::array<std::byte, 8> value{};
      store32(value.data(), answers_[i].first);
      store32(value.data() + 4, static_cast<std::uint32_t>(answers_[i].second));
      append_parameter(chunk, kResponse, value);
    }
    answer_count_ = 0;
  }
  if (!is_due_) return out;
  is_due_ = false;
  std::vector<std::byte> value;
  if (streams_.empty()) {
    value.resize(8);
    store32(value.data(), next_request_);
    store16(value.data() + 4, wanted_streams_);
    append_parameter(out.emplace_back(), kAddOutgoing, value);
    return out;
  }
  value.resize(12 + 2 * streams_.size());
  store32(value.data(), next_request_);
  store32(value.data() + 4, expected_ - 1);
  store32(value.data() + 8, last_.value());
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    store16(value.data() + 12 + 2 * i, streams_[i].value());
  }
  append_parameter(out.emplace_back(), kOutgoingReset, value);
  return out;
}

}  // namespace duet::sctp
