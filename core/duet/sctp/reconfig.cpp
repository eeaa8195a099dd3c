// SPDX-License-Identifier: MIT
// RE-CONFIG: requests and answers.
#include <duet/sctp/parameter.hpp>
#include <duet/sctp/reconfig.hpp>
#include <duet/sctp/wire.hpp>

#include <algorithm>
#include <utility>

namespace duet::sctp {

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
  if (result == ReconfigResult::InProgress) {  // asked again at the time-out
    ++in_progress_;
    return std::nullopt;
  }
  Answered answered{.is_performed = result == ReconfigResult::Performed ||
                                    result == ReconfigResult::NothingToDo};
  if (streams_.empty()) {
    answered.added = std::exchange(wanted_streams_, std::uint16_t{0});
  } else {
    answered.streams = std::exchange(streams_, {});
  }
  is_unanswered_ = false;
  in_progress_ = 0;
  ++next_request_;
  return answered;
}

void Reconfig::handle_timeout() {
  is_due_ = is_unanswered_;
  // libwebrtc until 2025 repeats "in progress" to the same number for ever; under another one it
  // looks again. Others have answered by themselves before it comes to that, or look again as well.
  if (is_unanswered_ && in_progress_ > 1) {
    in_progress_ = 0;
    ++next_request_;
  }
}

bool Reconfig::is_repeated(const Request& request) {
  if (deferred && deferred->is_same_reset(request)) {
    deferred->sequence = request.sequence;
    answer(request.sequence, ReconfigResult::InProgress);
    return true;
  }
  if (performed_ && performed_->is_same_reset(request)) {
    answer(request.sequence, ReconfigResult::Performed);
    return true;
  }
  performed_.reset();
  return false;
}

Reconfig::Request Reconfig::take_deferred() {
  performed_ = std::exchange(deferred, std::nullopt);
  answer(performed_->sequence, ReconfigResult::Performed);
  return *performed_;
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
      append_parameter(chunk, reconfig_parameter::kResponse, value);
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
    append_parameter(out.emplace_back(), reconfig_parameter::kAddOutgoing, value);
    return out;
  }
  value.resize(12 + 2 * streams_.size());
  store32(value.data(), next_request_);
  store32(value.data() + 4, expected_ - 1);
  store32(value.data() + 8, last_.value());
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    store16(value.data() + 12 + 2 * i, streams_[i].value());
  }
  append_parameter(out.emplace_back(), reconfig_parameter::kOutgoingReset, value);
  return out;
}

}  // namespace duet::sctp
