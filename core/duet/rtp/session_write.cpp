// SPDX-License-Identifier: MIT
// RTCP that goes: reports when their time has come, feedback at once.
#include <duet/base/check.hpp>
#include <duet/rtp/session.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace duet::rtp {
namespace {

constexpr std::size_t kSenderReportSize = 28;  // RFC 3550 §6.4.1, without blocks
constexpr std::size_t kNackPortion = 256;      // sequence numbers in one packet at most

std::size_t cname_size(std::size_t name) { return 8 + (name + 3) / 4 * 4 + 4; }

}  // namespace

void RtcpSession::request_key_frame(Ssrc media, KeyFrameMethod method) {
  auto source = std::ranges::find(key_frames_, media, &KeyFrameSource::ssrc);
  if (source == key_frames_.end()) {
    if (key_frames_.size() == kMaxKeyFrameSources) {
      key_frames_.erase(std::ranges::min_element(key_frames_, {}, [](const KeyFrameSource& old) {
        return old.asked_at.value_or(Instant::max());
      }));
    }
    key_frames_.push_back({.ssrc = media});
    source = key_frames_.end() - 1;
  }
  source->wanted = true;
  source->method = method;
}

void RtcpSession::set_receive_rate(std::uint64_t rate_bps) {
  receive_rate_changed_ = receive_rate_changed_ || rate_bps != receive_rate_bps_;
  receive_rate_bps_ = rate_bps;
}

void RtcpSession::close() {
  if (state_ == State::Open) state_ = State::Closing;
}

Duration RtcpSession::key_frame_gap() const {
  return std::max<Duration>(kKeyFrameGap, round_trip_.value_or(Duration{0}));
}

std::span<std::byte> RtcpSession::poll_transmit(Instant now, const Streams& streams,
                                                Arrivals* arrivals, std::span<std::byte> buffer) {
  if (state_ == State::Closed) return {};
  DUET_CHECK(buffer.size() >= kMinBuffer);
  RtcpWriter writer{buffer};
  const bool is_due = schedule_.is_due(now);
  if (state_ == State::Closing) {
    write_minimal_report(streams, writer);
    std::array<Ssrc, kMaxReportBlocks> leaving;
    std::size_t count = 0;
    for (const RtpSender* const sender : streams.senders) {
      if (count < leaving.size()) leaving[count++] = sender->ssrc();
    }
    if (count == 0) leaving[count++] = options_.ssrc;
    writer.add_bye(std::span{leaving}.first(count));
    state_ = State::Closed;
  } else {
    if (is_due) {
      write_report(now, streams, writer);
    } else if (!options_.reduced_size) {
      write_minimal_report(streams, writer);
    }
    const bool has_feedback = write_feedback(now, streams, arrivals, writer);
    if (!is_due && !has_feedback) return {};
  }
  const auto written = writer.finish();
  ++stats_.packets_sent;
  if (is_due) {
    schedule_.handle_report_sent(now, written.size());
  } else {
    schedule_.handle_sent(written.size());
  }
  return written;
}

std::size_t RtcpSession::take_blocks(Instant now, const Streams& streams,
                                     std::span<ReportBlock> out) {
  std::size_t count = 0;
  const std::size_t receivers = streams.receivers.size();
  // RFC 3550 §6.1: where not all fit, round robin.
  for (std::size_t i = 0; i < receivers && count < out.size(); ++i) {
    const std::size_t index = (first_receiver_ + i) % receivers;
    const auto block = streams.receivers[index]->take_report(now);
    if (block) out[count++] = *block;
    if (count == out.size()) first_receiver_ = index + 1;
  }
  return count;
}

void RtcpSession::write_report(Instant now, const Streams& streams, RtcpWriter& writer) {
  const NtpTime ntp = clock_.at(now);
  const std::size_t name = cname_size(options_.cname.size());
  const std::size_t reserved = kSenderReportSize + name;
  const std::size_t fitting =
      writer.left() < reserved ? 0 : (writer.left() - reserved) / ReportBlock::kSize;
  std::array<ReportBlock, kMaxReportBlocks> memory;
  const std::size_t count =
      take_blocks(now, streams, std::span{memory}.first(std::min(fitting, memory.size())));
  std::span<const ReportBlock> blocks = std::span{memory}.first(count);

  const Ssrc own = own_ssrc(streams);
  bool sends = false;
  for (const RtpSender* const sender : streams.senders) {
    const auto info = sender->report(now, ntp);
    if (!info || !sender->is_active(now, schedule_.interval())) continue;
    if (sends && writer.left() < kSenderReportSize + name) break;
    writer.add_sender_report(sender->ssrc(), *info, std::exchange(blocks, {}));
    writer.add_cname(sender->ssrc(), options_.cname);
    sends = true;
  }
  if (!sends) {
    writer.add_receiver_report(own, blocks);
    writer.add_cname(own, options_.cname);
  }
  write_extended(now, sends, own, writer);
}

void RtcpSession::write_minimal_report(const Streams& streams, RtcpWriter& writer) {
  const Ssrc own = own_ssrc(streams);
  writer.add_receiver_report(own, {});
  writer.add_cname(own, options_.cname);
}

void RtcpSession::write_extended(Instant now, bool sends, Ssrc own, RtcpWriter& writer) {
  if (!sends && options_.reference_time) writer.add_reference_time(own, clock_.at(now));
  std::array<DlrrItem, kMaxReferences> items;
  std::size_t count = 0;
  for (const Reference& reference : references_) {
    items[count++] = {reference.ssrc, reference.time, to_compact(now - reference.at)};
  }
  if (writer.add_dlrr(own, std::span{items}.first(count))) references_.clear();
}

bool RtcpSession::write_feedback(Instant now, const Streams& streams, Arrivals* arrivals,
                                 RtcpWriter& writer) {
  const bool nacks = write_nacks(now, streams, writer);
  // Behind the requests, since these end in it.
  for (RtpReceiver* const receiver : streams.receivers) {
    if (receiver->poll_key_frame_wanted() && receiver->options().pli) {
      request_key_frame(receiver->ssrc());
    }
  }
  const bool key_frames = write_key_frame_requests(now, streams, writer);
  const bool told = write_arrivals(now, streams, arrivals, writer);
  const bool is_due = schedule_.is_due(now);
  const bool rate = (receive_rate_changed_ || is_due) && write_receive_rate(streams, writer);
  return key_frames || nacks || told || rate;
}

bool RtcpSession::write_key_frame_requests(Instant now, const Streams& streams,
                                           RtcpWriter& writer) {
  bool wrote = false;
  for (KeyFrameSource& source : key_frames_) {
    if (!source.wanted || (source.asked_at && now - *source.asked_at < key_frame_gap())) continue;
    const bool is_fir = source.method == KeyFrameMethod::Fir;
    const bool fits = is_fir
                          ? writer.add_fir(own_ssrc(streams),
                                           std::array{FirEntry{source.ssrc, source.fir_sequence}})
                          : writer.add_pli(own_ssrc(streams), source.ssrc);
    if (!fits) break;
    source.fir_sequence = static_cast<std::uint8_t>(source.fir_sequence + (is_fir ? 1 : 0));
    source.wanted = false;
    source.asked_at = now;
    wrote = true;
    for (RtpReceiver* const receiver : streams.receivers) {
      if (receiver->ssrc() != source.ssrc) continue;
      is_fir ? receiver->count_fir() : receiver->count_pli();
    }
  }
  return wrote;
}

bool RtcpSession::write_nacks(Instant now, const Streams& streams, RtcpWriter& writer) {
  bool wrote = false;
  for (RtpReceiver* const receiver : streams.receivers) {
    std::array<SequenceNumber, kNackPortion> lost;
    // Each of them may need an item of its own.
    const std::size_t fitting = std::min(lost.size(), writer.left_for_feedback() / 4);
    const std::size_t count = receiver->poll_nack(now, std::span{lost}.first(fitting));
    if (count == 0) continue;
    writer.add_nack(own_ssrc(streams), receiver->ssrc(), std::span{lost}.first(count));
    receiver->count_nack();
    wrote = true;
  }
  return wrote;
}

bool RtcpSession::write_arrivals(Instant now, const Streams& streams, Arrivals* arrivals,
                                 RtcpWriter& writer) {
  if (arrivals == nullptr || writer.left_for_feedback() < Arrivals::kMinBuffer) return false;
  std::array<std::byte, 1200> memory;
  const auto room = std::span{memory}.first(std::min(memory.size(), writer.left_for_feedback()));
  const auto control = arrivals->poll_feedback(now, room);
  if (control.empty()) return false;
  // It is about the whole transport, but browsers listen only if it names a stream of theirs.
  const auto heard = std::ranges::find_if(streams.receivers, [](const RtpReceiver* receiver) {
    return receiver->stats().packets_received != 0;
  });
  const Ssrc media = heard == streams.receivers.end() ? Ssrc{} : (*heard)->ssrc();
  return writer.add_feedback(own_ssrc(streams), media, TransportFormat::TransportWide, control);
}

bool RtcpSession::write_receive_rate(const Streams& streams, RtcpWriter& writer) {
  std::array<Ssrc, kMaxReportBlocks> ssrcs;
  std::size_t count = 0;
  for (const RtpReceiver* const receiver : streams.receivers) {
    if (count < ssrcs.size()) ssrcs[count++] = receiver->ssrc();
  }
  if (receive_rate_bps_ == 0 || count == 0) {
    receive_rate_changed_ = false;
    return false;
  }
  if (!writer.add_remb(own_ssrc(streams), receive_rate_bps_, std::span{ssrcs}.first(count)))
    return false;
  receive_rate_changed_ = false;
  return true;
}

std::optional<Instant> RtcpSession::next_timeout(const Streams& streams,
                                                 const Arrivals* arrivals) const {
  if (state_ == State::Closed) return std::nullopt;
  std::optional<Instant> next = schedule_.next_timeout();
  const auto consider = [&](std::optional<Instant> time) {
    if (time) next = std::min(*next, *time);
  };
  for (const RtpReceiver* const receiver : streams.receivers) consider(receiver->next_timeout());
  if (arrivals != nullptr) consider(arrivals->next_timeout());
  for (const KeyFrameSource& source : key_frames_) {
    if (source.wanted && source.asked_at) consider(*source.asked_at + key_frame_gap());
  }
  return next;
}

}  // namespace duet::rtp
