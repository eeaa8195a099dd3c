// SPDX-License-Identifier: MIT
// The encoder follows the path, frames become packets.
#include <duet/call/outgoing_video.hpp>
#include <duet/device/wish.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace duet::call {
OutgoingVideo::OutgoingVideo(net::PostBox& box, std::unique_ptr<device::VideoSource> source,
                             VideoLimits limits, Ended ended, Refused refused)
    : limits_{limits},
      thread_{box,
              std::move(source),
              {.encoded = [this](const media::EncodedFrame& frame,
                                 Instant captured) { send(frame, captured); },
               .ended = std::move(ended),
               .refused = std::move(refused)}} {}

void OutgoingVideo::connect(PeerConnection* connection, peer::TransceiverId transceiver) {
  connection_ = connection;
  transceiver_ = transceiver;
  may_send_ = false;
  packetizer_.reset();
  plan_.reset();
  rate_bps_ = kFirstRate;
  update();
}

void OutgoingVideo::handle_negotiated(const peer::Transceiver& transceiver) {
  const peer::Codec* chosen = choose(transceiver.parameters.send);
  encoding_ = transceiver.bounded_encoding();
  may_send_ = chosen != nullptr && transceiver.current_direction &&
              sdp::sends(*transceiver.current_direction);
  if (may_send_) {
    payload_type_ = chosen->payload_type;
    const auto codec = *media::codec_named(chosen->name);
    const bool takes_fragments = chosen->fmtp.find("packetization-mode=1") != std::string::npos;
    if (!packetizer_ || packetizer_->codec() != codec || takes_fragments_ != takes_fragments) {
      takes_fragments_ = takes_fragments;
      packetizer_.emplace(media::VideoPacketizerOptions{
          .codec = codec,
          .max_payload = peer::Media::kMaxPayload,
          .h264_mode = takes_fragments ? media::PacketizationMode::NonInterleaved
                                       : media::PacketizationMode::SingleNalUnit});
      thread_.request_key_frame();
    }
  }
  update();
}

bool OutgoingVideo::is_at_a_loss(const peer::Transceiver& transceiver) const {
  return thread_.encoded_as() && !may_send_ && transceiver.current_direction &&
         sdp::sends(*transceiver.current_direction);
}

const peer::Codec* OutgoingVideo::choose(const std::vector<peer::Codec>& codecs) const {
  const auto wanted = thread_.encoded_as() ? thread_.encoded_as() : limits_.preferred;
  const peer::Codec* first = nullptr;
  for (const peer::Codec& each : codecs) {
    const auto codec = media::codec_named(each.name);
    if (!codec || !media::is_video(*codec)) continue;
    if (wanted == codec) return &each;
    if (first == nullptr) first = &each;
  }
  return thread_.encoded_as() ? nullptr : first;
}

void OutgoingVideo::handle_rate(std::uint64_t rate_bps) {
  rate_bps_ = rate_bps;
  update();
}

void OutgoingVideo::set_on(bool on) {
  if (is_on_ == on) return;
  is_on_ = on;
  update();
}

void OutgoingVideo::set_encoding(const peer::EncodingParameters& encoding) {
  if (encoding_ == encoding) return;
  encoding_ = encoding;
  update();
}

VideoLimits OutgoingVideo::limits() const {
  VideoLimits limits = limits_;
  limits.rate_bps = std::min(limits.rate_bps, encoding_.max_bitrate.value_or(limits.rate_bps));
  limits.fps = std::min(limits.fps, encoding_.max_framerate.value_or(limits.fps));
  const double scale = std::max(encoding_.scale_resolution_down_by.value_or(1), 1.0);
  const codec::Size most = device::fitted(thread_.source_size(), limits.size);
  const auto scaled = [&](int side) {
    return std::max(static_cast<int>(std::floor(side / scale)), 1);
  };
  limits.size = {scaled(most.width), scaled(most.height)};
  return limits;
}

std::optional<media::Codec> OutgoingVideo::codec() const {
  if (!packetizer_ || !may_send_) return std::nullopt;
  return packetizer_->codec();
}

void OutgoingVideo::update() {
  const VideoLimits limits = this->limits();
  const bool sends =
      connection_ != nullptr && may_send_ && is_on_ && encoding_.active && limits.fps > 0;
  const bool begins = sends && !std::exchange(is_sending_, sends);
  is_sending_ = sends;
  if (!sends) return thread_.set_target(std::nullopt);
  if (begins) thread_.request_key_frame();
  connection_->set_wanted_rate(limits.rate_bps + limits.rate_bps / 6);  // with heads and repairs
  const std::uint64_t rate = std::min(rate_bps_, limits.rate_bps);
  using Content = congestion::VideoSource::Content;
  plan_ = congestion::plan_video(static_cast<double>(rate),
                                 {.width = limits.size.width,
                                  .height = limits.size.height,
                                  .fps = limits.fps,
                                  .content = limits.is_screen ? Content::Detail : Content::Motion},
                                 packetizer_->codec(), plan_);
  thread_.set_target(EncoderThread::Target{packetizer_->codec(),
                                           {.size = {plan_->width, plan_->height},
                                            .fps = plan_->fps,
                                            .rate_bps = rate,
                                            .is_screen = limits.is_screen}});
}

void OutgoingVideo::send(const media::EncodedFrame& frame, Instant captured) {
  if (connection_ == nullptr || !packetizer_ || packetizer_->codec() != frame.codec) return;
  if (!packetizer_->set_frame(frame)) return;
  while (const auto payload = packetizer_->poll_payload()) {
    const auto sent = connection_->send(transceiver_, {.payload_type = payload_type_,
                                                       .timestamp = frame.timestamp,
                                                       .marker = payload->marker,
                                                       .payload = payload->bytes,
                                                       .captured_at = captured});
    if (sent) continue;
    // Half a frame is none, and what comes after needs it.
    thread_.request_key_frame();
    return;
  }
}

}  // namespace duet::call
