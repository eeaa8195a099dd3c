// SPDX-License-Identifier: MIT
// RTCP that comes: to its streams.
#include <duet/base/check.hpp>
#include <duet/rtp/session.hpp>

#include <algorithm>
#include <utility>

namespace duet::rtp {
namespace {

template <class Stream>
Stream* find(std::span<Stream* const> streams, Ssrc ssrc) {
  const auto found = std::ranges::find(streams, ssrc, [](const Stream* s) { return s->ssrc(); });
  return found == streams.end() ? nullptr : *found;
}

}  // namespace

RtcpSession::RtcpSession(Instant now, const NtpClock& clock, Random& random, SessionOptions options)
    : clock_{clock}, options_{std::move(options)}, schedule_{now, random, options_.schedule} {
  DUET_CHECK(!options_.cname.empty() && options_.cname.size() <= 255);
}

void RtcpSession::handle_packet(Instant now, std::span<const std::byte> bytes,
                                const Streams& streams) {
  events_.clear();
  next_event_ = 0;
  ++stats_.packets_received;
  const auto compound = RtcpCompound::parse(bytes);
  if (!compound) {
    ++stats_.malformed;
    return;
  }
  for (const RtcpPacket packet : *compound) handle_one(now, packet, streams);
}

std::optional<RtcpEvent> RtcpSession::poll_event() {
  if (next_event_ == events_.size()) return std::nullopt;
  return events_[next_event_++];
}

void RtcpSession::add_event(const RtcpEvent& event) {
  if (events_.size() < kMaxEvents) events_.push_back(event);
}

void RtcpSession::add_key_frame_request(Ssrc ssrc) {
  const bool is_there = std::ranges::any_of(events_, [&](const RtcpEvent& event) {
    const auto* const request = std::get_if<KeyFrameRequest>(&event);
    return request != nullptr && request->ssrc == ssrc;
  });
  if (!is_there) add_event(KeyFrameRequest{ssrc});
}

void RtcpSession::handle_one(Instant now, const RtcpPacket& packet, const Streams& streams) {
  const auto give = [&](const auto& parsed, auto handle) {
    if (!parsed) {
      ++stats_.malformed;
      return;
    }
    handle(*parsed);
  };
  switch (packet.type) {
    case RtcpType::SenderReport:
      return give(SenderReport::parse(packet),
                  [&](const auto& report) { handle_sender_report(now, report, streams); });
    case RtcpType::ReceiverReport:
      return give(ReceiverReport::parse(packet),
                  [&](const auto& report) { handle_blocks(now, report.blocks, streams); });
    case RtcpType::Bye:
      return give(Bye::parse(packet), [&](const Bye& bye) {
        for (const Ssrc ssrc : bye.ssrcs) add_event(Goodbye{ssrc});
      });
    case RtcpType::TransportFeedback:
    case RtcpType::PayloadFeedback:
      return give(Feedback::parse(packet),
                  [&](const Feedback& feedback) { handle_feedback(now, feedback, streams); });
    case RtcpType::ExtendedReport:
      return give(ExtendedReport::parse(packet),
                  [&](const auto& report) { handle_extended(now, report, streams); });
    case RtcpType::SourceDescription:  // the name says nothing that DTLS doesn't say better
    case RtcpType::App:
      break;
  }
  ++stats_.ignored;
}

void RtcpSession::handle_sender_report(Instant now, const SenderReport& report,
                                       const Streams& streams) {
  RtpReceiver* const receiver = find(streams.receivers, report.ssrc);
  if (receiver == nullptr) {
    ++stats_.astray;
  } else {
    receiver->handle_sender_report(now, report.info);
  }
  handle_blocks(now, report.blocks, streams);
}

void RtcpSession::handle_blocks(Instant now, const Records<ReportBlock>& blocks,
                                const Streams& streams) {
  const NtpTime ntp = clock_.at(now);
  for (const ReportBlock& block : blocks) {
    RtpSender* const sender = find(streams.senders, block.ssrc);
    if (sender == nullptr) {
      const auto rtx =
          std::ranges::find(streams.senders, std::optional{block.ssrc}, &RtpSender::rtx_ssrc);
      if (rtx == streams.senders.end()) {
        ++stats_.astray;
      } else {
        (*rtx)->handle_rtx_reported();
      }
      continue;
    }
    sender->handle_report_block(now, ntp, block);
    const auto measured = rtp::round_trip(ntp, block.last_sender_report, block.delay_since_last_sr);
    if (measured) learn_round_trip(*measured, streams);
  }
}

void RtcpSession::handle_extended(Instant now, const ExtendedReport& report,
                                  const Streams& streams) {
  if (report.reference_time != NtpTime{}) {
    std::erase_if(references_, [&](const Reference& old) { return old.ssrc == report.ssrc; });
    if (references_.size() == kMaxReferences) references_.erase(references_.begin());
    references_.push_back({report.ssrc, report.reference_time.compact(), now});
  }
  for (const DlrrItem& item : report.dlrr) {
    if (item.ssrc != own_ssrc(streams)) continue;
    const auto measured =
        rtp::round_trip(clock_.at(now), item.last_reference, item.delay_since_last_rr);
    if (!measured) continue;
    learn_round_trip(*measured, streams);
    for (RtpReceiver* const receiver : streams.receivers) receiver->handle_round_trip(*measured);
    break;  // one answer is enough
  }
}

void RtcpSession::handle_feedback(Instant now, const Feedback& feedback, const Streams& streams) {
  if (feedback.type == RtcpType::PayloadFeedback) return handle_payload_feedback(feedback, streams);
  if (feedback.is(TransportFormat::Nack)) {
    const auto nack = Nack::parse(feedback);
    RtpSender* const sender = find(streams.senders, feedback.media);
    if (nack && sender != nullptr) return sender->handle_nack(now, *nack);
    ++(nack ? stats_.astray : stats_.malformed);
  } else if (feedback.is(TransportFormat::TransportWide)) {
    const auto arrivals = TransportFeedback::parse(feedback);
    if (arrivals) return add_event(*arrivals);
    ++stats_.malformed;
  } else {
    ++stats_.ignored;
  }
}

void RtcpSession::handle_payload_feedback(const Feedback& feedback, const Streams& streams) {
  if (feedback.is(PayloadFormat::Pli)) {
    RtpSender* const sender = find(streams.senders, feedback.media);
    if (sender == nullptr) {
      ++stats_.astray;
      return;
    }
    sender->handle_pli();
    add_key_frame_request(sender->ssrc());
  } else if (feedback.is(PayloadFormat::Fir)) {
    const auto entries = parse_fir(feedback);
    if (!entries) {
      ++stats_.malformed;
      return;
    }
    for (const FirEntry& entry : *entries) {
      RtpSender* const sender = find(streams.senders, entry.ssrc);
      if (sender == nullptr) {
        ++stats_.astray;
      } else if (sender->handle_fir(entry)) {
        add_key_frame_request(sender->ssrc());
      }
    }
  } else if (const auto remb = Remb::parse(feedback)) {
    add_event(RateRequest{remb->rate_bps});
  } else {
    ++(remb.error() == RtcpError::WrongType ? stats_.ignored : stats_.malformed);
  }
}

void RtcpSession::learn_round_trip(Duration measured, const Streams& streams) {
  round_trip_ = round_trip_ ? (*round_trip_ * 7 + measured) / 8 : measured;
  for (RtpSender* const sender : streams.senders) sender->set_round_trip(*round_trip_);
  for (RtpReceiver* const receiver : streams.receivers) receiver->set_round_trip(*round_trip_);
}

Ssrc RtcpSession::own_ssrc(const Streams& streams) const {
  return streams.senders.empty() ? options_.ssrc : streams.senders.front()->ssrc();
}

}  // namespace duet::rtp
