// SPDX-License-Identifier: MIT
// The RTP half of a connection.
#include <duet/base/ascii.hpp>
#include <duet/peer/media.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace duet::peer {

namespace {

rtp::Payload::Role role_of(std::string_view codec) {
  using Role = rtp::Payload::Role;
  if (equal_ignoring_case(codec, "red")) return Role::Red;
  if (equal_ignoring_case(codec, "ulpfec")) return Role::Ulpfec;
  if (equal_ignoring_case(codec, "flexfec-03")) return Role::Flexfec;
  return Role::Media;
}

rtp::PayloadMap map_of(const std::vector<Codec>& codecs) {
  rtp::PayloadMap map;
  for (const Codec& codec : codecs) {
    map.set(codec.payload_type,
            {.role = role_of(codec.name), .repairs = {}, .clock_rate = codec.clock_rate_hz});
    if (!codec.rtx) continue;
    map.set(*codec.rtx, {.role = rtp::Payload::Role::Rtx,
                         .repairs = codec.payload_type,
                         .clock_rate = codec.clock_rate_hz});
  }
  return map;
}

bool knows_nack(const std::vector<Codec>& codecs) {
  return std::ranges::any_of(codecs, [](const Codec& codec) { return codec.has_feedback("nack"); });
}

/// Bytes: beside a payload of kMaxPayload there is room for no more, and packets go out without it.
/// Those that are seen have 36 at most.
constexpr std::size_t kLongestMid = 64;

/// From asking for a key frame until it must have come.
constexpr Duration kKeyFrameUnderWay = 300ms;

bool knows_arrivals(const std::vector<Codec>& codecs) {
  return std::ranges::any_of(codecs,
                             [](const Codec& codec) { return codec.has_feedback("transport-cc"); });
}

}  // namespace

Media::Media(const rtp::NtpClock& clock, Random& random, const MediaOptions& options)
    : clock_{clock}, options_{options}, random_{random} {}

Media::~Media() = default;

void Media::configure(Instant now, const std::vector<Transceiver>& transceivers) {
  std::erase_if(streams_, [&](const Stream& stream) {
    return std::ranges::none_of(transceivers,
                                [&](const Transceiver& one) { return one.id == stream.id; });
  });
  for (const Transceiver& transceiver : transceivers) {
    if (transceiver.current_direction) configure_stream(transceiver);
  }
  configure_demuxer(now);
  collect();
  if (!session_ && !streams_.empty()) make_session(now);
}

void Media::configure_stream(const Transceiver& transceiver) {
  Stream* stream = find(transceiver.id);
  if (stream == nullptr) {
    stream = &streams_.emplace_back();
    stream->id = transceiver.id;
  }
  const RtpParameters& parameters = transceiver.parameters;
  stream->parameters = parameters;
  stream->send_map = map_of(parameters.send);
  stream->receive_map = map_of(parameters.receive);
  stream->nack = knows_nack(parameters.receive);
  stream->receives = receives(*transceiver.current_direction);
  // W3C counts for an SSRC's whole life, so receivers outlast a hold.
  for (Receiver& receiver : stream->receivers) {
    receiver.stream->set_payloads(stream->receive_map, stream->nack);
    if (!stream->receives) receiver.stream->forget_before(INT64_MAX);
  }

  if (!sends(*transceiver.current_direction) || parameters.send.empty()) {
    remember_numbers(*stream);
    stream->sender.reset();
    stream->is_paced = false;
    return;
  }
  rtp::SenderOptions options{.ssrc = parameters.local.ssrc,
                             .first_sequence = rtp::SequenceNumber{0},
                             .first_rtx_sequence = rtp::SequenceNumber{0},
                             .payloads = stream->send_map,
                             .mixed_extension_forms = parameters.extmap_allow_mixed,
                             .mid = parameters.mid.size() <= kLongestMid ? parameters.mid : "",
                             .keeps_history = knows_nack(parameters.send)};
  const bool has_rtx = std::ranges::any_of(
      parameters.send, [](const Codec& codec) { return codec.rtx.has_value(); });
  if (has_rtx) options.rtx_ssrc = parameters.local.rtx;
  for (const HeaderExtension& extension : parameters.extensions) {
    const auto type = rtp::extension_type(extension.uri);
    if (type && sends(extension.direction)) options.extensions.set(*type, extension.id);
  }
  stream->is_paced = options_.congestion_control && transceiver.kind == MediaKind::Video &&
                     knows_arrivals(parameters.send) &&
                     (options.extensions.has(rtp::ExtensionType::TransportSequence) ||
                      options.extensions.has(rtp::ExtensionType::TransportSequence02));
  if (stream->is_paced && !control_) {
    control_ = std::make_unique<MediaControl>(options_.congestion);
    if (wanted_bps_ != 0) control_->set_wanted_rate(wanted_bps_);
  }
  // A stream goes on over a negotiation that changes nothing about it: its numbers must.
  if (stream->sender) {
    const rtp::SenderOptions& now = stream->sender->options();
    if (now.ssrc == options.ssrc && now.rtx_ssrc == options.rtx_ssrc &&
        now.payloads == options.payloads && now.extensions == options.extensions &&
        now.mid == options.mid) {
      return;
    }
  }
  remember_numbers(*stream);
  // In the lower half: else a receiver that misses the first packets, and sees the number wrap,
  // would guess another rollover counter than ours (RFC 3711 §3.3.1).
  const std::uint64_t drawn = random_.u64();
  options.first_sequence = rtp::SequenceNumber{static_cast<std::uint16_t>(drawn & 0x7FFF)};
  options.first_rtx_sequence =
      rtp::SequenceNumber{static_cast<std::uint16_t>(drawn >> 16 & 0x7FFF)};
  rtp::OutboundStats before;
  if (stream->next && stream->next->ssrc == options.ssrc) {
    options.first_sequence = stream->next->sequence;
    options.first_rtx_sequence = stream->next->rtx_sequence;
    before = stream->next->stats;
  }
  stream->sender = std::make_unique<rtp::RtpSender>(std::move(options), before);
}

void Media::remember_numbers(Stream& stream) {
  if (!stream.sender) return;
  stream.next = {stream.sender->ssrc(), stream.sender->next_sequence(),
                 stream.sender->next_rtx_sequence(), stream.sender->stats()};
}

void Media::configure_demuxer(Instant now) {
  extensions_ = {};
  std::vector<rtp::DemuxSection> sections;
  for (const Stream& stream : streams_) {
    for (const HeaderExtension& extension : stream.parameters.extensions) {
      if (const auto type = rtp::extension_type(extension.uri))
        extensions_.set(*type, extension.id);
    }
    rtp::DemuxSection section{.mid = stream.parameters.mid};
    if (stream.receives) section.payloads = stream.receive_map;
    for (const SsrcPair& remote : stream.parameters.remote) {
      section.ssrcs.push_back(remote.ssrc);
      if (remote.rtx) section.ssrcs.push_back(*remote.rtx);
    }
    sections.push_back(std::move(section));
  }
  demuxer_.set_sections(now, extensions_, std::move(sections));
}

void Media::make_session(Instant now) {
  const RtpParameters& first = streams_.front().parameters;
  rtp::SessionOptions options{
      .ssrc = first.local.ssrc, .cname = first.cname, .reduced_size = first.reduced_size};
  session_.emplace(now, clock_, random_, std::move(options));
}

/// The pointers that RtcpSession is given with every call.
void Media::collect() {
  senders_.clear();
  receivers_.clear();
  for (const Stream& stream : streams_) {
    if (stream.sender) senders_.push_back(stream.sender.get());
    if (!stream.receives) continue;  // on hold: there is nothing to report or to ask for
    for (const Receiver& receiver : stream.receivers) {
      if (!receiver.has_left) receivers_.push_back(receiver.stream.get());
    }
  }
}

std::optional<MediaReceived> Media::handle_rtp(Instant now, std::span<std::byte> bytes) {
  const auto packet = rtp::Packet::parse(bytes);
  if (!packet) {
    ++unrouted_;
    return std::nullopt;
  }
  for (const auto type :
       {rtp::ExtensionType::TransportSequence, rtp::ExtensionType::TransportSequence02}) {
    if (!extensions_.has(type)) continue;
    const auto value = packet->extension(extensions_.id(type));
    if (!value || value->size() < 2) continue;
    arrivals_.handle_packet(now, rtp::SequenceNumber{ByteReader{*value}.u16()});
  }
  const auto route = demuxer_.route(now, *packet);
  if (!route) {
    ++unrouted_;
    return std::nullopt;
  }
  Stream& stream = streams_[route->section];
  Receiver& receiver = receiver_for(now, stream, *packet);
  receiver.heard = now;
  if (std::exchange(receiver.has_left, false)) collect();  // back again, or late
  const auto received = receiver.stream->handle_packet(now, *packet, bytes);
  if (!received) return std::nullopt;
  return MediaReceived{stream.id, receiver.stream->ssrc(), *received};
}

/// The receiver of a packet's SSRC: made with its first packet, or, of retransmissions, the one
/// whose stream they repair.
Media::Receiver& Media::receiver_for(Instant now, Stream& stream, const rtp::Packet& packet) {
  const Ssrc ssrc = packet.ssrc();
  for (Receiver& receiver : stream.receivers) {
    if (receiver.stream->ssrc() == ssrc || receiver.stream->rtx_ssrc() == ssrc) return receiver;
  }
  const auto told = std::ranges::find_if(stream.parameters.remote, [&](const SsrcPair& pair) {
    return pair.ssrc == ssrc || pair.rtx == ssrc;
  });
  const bool is_told = told != stream.parameters.remote.end();
  const bool is_rtx = stream.receive_map[packet.payload_type()].role == rtp::Payload::Role::Rtx;
  if (is_rtx && !is_told && !stream.receivers.empty()) {
    // Nobody said whose it is (RFC 4588 §5.3): the stream that was heard last.
    Receiver& latest = *std::ranges::max_element(stream.receivers, {}, &Receiver::heard);
    latest.stream->set_rtx_ssrc(ssrc);
    return latest;
  }
  if (stream.receivers.size() == kMaxReceivers) {
    stream.receivers.erase(std::ranges::min_element(stream.receivers, {}, &Receiver::heard));
  }
  rtp::ReceiverOptions options{
      .ssrc = is_told ? told->ssrc : ssrc, .payloads = stream.receive_map, .nack = stream.nack};
  if (is_told) options.rtx_ssrc = told->rtx;
  stream.receivers.push_back({std::make_unique<rtp::RtpReceiver>(options), now});
  collect();
  return stream.receivers.back();
}

void Media::handle_rtcp(Instant now, std::span<const std::byte> packet) {
  if (!session_) return;
  session_->handle_packet(now, packet, {senders_, receivers_});
  heard_at_ = now;
  tell_control(now);
}

std::optional<MediaEvent> Media::poll_event() {
  while (session_) {
    const auto event = session_->poll_event();
    if (!event) break;
    if (const auto* wanted = std::get_if<rtp::KeyFrameRequest>(&*event)) {
      const Stream* const stream = stream_that_sends(wanted->ssrc);
      // The peer asks for what is under way already.
      const bool is_late = stream != nullptr && stream->key_frame_at &&
                           heard_at_ - *stream->key_frame_at < kKeyFrameUnderWay;
      if (stream != nullptr && !is_late) return KeyFrameWanted{stream->id};
    } else if (const auto* limit = std::get_if<rtp::RateRequest>(&*event)) {
      if (control_) control_->handle_remote_limit(heard_at_, limit->rate_bps);
      return RateLimited{limit->rate_bps};
    } else if (const auto* bye = std::get_if<rtp::Goodbye>(&*event)) {
      demuxer_.handle_bye(bye->ssrc);
      for (Stream& stream : streams_) {
        const auto gone = std::ranges::find_if(stream.receivers, [&](const Receiver& receiver) {
          return receiver.stream->ssrc() == bye->ssrc;
        });
        if (gone == stream.receivers.end()) continue;
        gone->has_left = true;
        collect();
        return StreamEnded{stream.id, bye->ssrc};
      }
    } else {
      const auto& feedback = std::get<rtp::TransportFeedback>(*event);
      if (control_) control_->handle_feedback(heard_at_, feedback);
      return ArrivalsReported{feedback};
    }
  }
  if (!control_) return std::nullopt;
  if (control_->poll_outage_ended()) {
    for (Stream& stream : streams_) stream.wants_key_frame = stream.is_paced && stream.sender;
  }
  for (Stream& stream : streams_) {
    if (!std::exchange(stream.wants_key_frame, false)) continue;
    stream.key_frame_at = heard_at_;
    stream.sender->forget_sent();
    return KeyFrameWanted{stream.id};
  }
  const auto target = control_->poll_target();
  if (!target) return std::nullopt;
  return TargetRateChanged{.media_bps = static_cast<std::uint64_t>(target->media),
                           .sound_bps = static_cast<std::uint64_t>(target->sound)};
}

void Media::forget_missing(TransceiverId id, Ssrc ssrc, std::int64_t before) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  for (const Receiver& one : stream->receivers) {
    if (one.stream->ssrc() == ssrc) one.stream->forget_before(before);
  }
}

void Media::request_key_frame(TransceiverId id) {
  Stream* const stream = find(id);
  if (stream == nullptr || !stream->receives || stream->receivers.empty() || !session_) return;
  const Receiver& latest = *std::ranges::max_element(stream->receivers, {}, &Receiver::heard);
  const bool knows_pli = std::ranges::any_of(stream->parameters.receive, [](const Codec& codec) {
    return codec.has_feedback("nack pli");
  });
  session_->request_key_frame(latest.stream->ssrc(),
                              knows_pli ? rtp::KeyFrameMethod::Pli : rtp::KeyFrameMethod::Fir);
}

void Media::close() {
  is_closed_ = true;
  if (session_) session_->close();
}

const rtp::RtpSender* Media::sender(TransceiverId id) const {
  const Stream* const stream = find(id);
  return stream == nullptr ? nullptr : stream->sender.get();
}

std::vector<const rtp::RtpReceiver*> Media::receivers(TransceiverId id) const {
  std::vector<const rtp::RtpReceiver*> all;
  if (const Stream* const stream = find(id)) {
    for (const Receiver& receiver : stream->receivers) all.push_back(receiver.stream.get());
  }
  return all;
}

Media::Stream* Media::find(TransceiverId id) {
  const auto found = std::ranges::find(streams_, id, &Stream::id);
  return found == streams_.end() ? nullptr : &*found;
}

const Media::Stream* Media::find(TransceiverId id) const {
  const auto found = std::ranges::find(streams_, id, &Stream::id);
  return found == streams_.end() ? nullptr : &*found;
}

Media::Stream* Media::stream_that_sends(Ssrc ssrc) {
  for (Stream& stream : streams_) {
    if (stream.sender && stream.sender->ssrc() == ssrc) return &stream;
  }
  return nullptr;
}

}  // namespace duet::peer
