// SPDX-License-Identifier: MIT
// Sources, buffers and sinks tied to the transceivers of one connection after another.
#include <duet/call/studio.hpp>
#include <duet/device/snapshot.hpp>
#include <duet/rtp/red.hpp>

#include <algorithm>
#include <utility>

namespace duet::call {

using peer::MediaKind;

namespace {

/// Ids of ours in descriptions (RFC 8830): sound and picture belong together.
const std::vector<std::string> kStream{"duet"};

std::string_view track_id(MediaKind kind) {
  return kind == MediaKind::Audio ? "duet-audio" : "duet-video";
}

/// What of the usual formats a Studio understands: repairs by parity, and redundancy of pictures,
/// are left to retransmission.
bool is_of_use(MediaKind kind, const peer::CodecCapability& codec) {
  if (media::codec_named(codec.name)) return true;
  return kind == MediaKind::Audio ? codec.name == "red" : codec.name == "rtx";
}

/// Both agreed that nothing comes.
bool is_held(const peer::Transceiver& transceiver) {
  return transceiver.current_direction && !sdp::receives(*transceiver.current_direction);
}

}  // namespace

Studio::Studio(net::EventLoop& loop, net::PostBox& box, Equipment equipment, StudioHandler handler)
    : loop_{loop},
      box_{box},
      equipment_{std::move(equipment)},
      handler_{std::move(handler)},
      review_timer_{loop, [this] { review(); }},
      incoming_audio_{loop, equipment_.speaker.get(), equipment_.sound_tap},
      incoming_video_{
          loop,
          box,
          {.picture = [this](const codec::PicturePtr& picture) { handle_picture(picture); },
           .frame = [this](const media::EncodedFrame& frame, Ssrc ssrc,
                           Instant render_at) { handle_frame(frame, ssrc, render_at); },
           .key_frame_wanted =
               [this] {
                 if (connection_ != nullptr && video_section_) {
                   connection_->request_key_frame(*video_section_);
                 }
               },
           .refused =
               [this](const PicturesRefused& refused) {
                 if (!std::exchange(has_told_of_pictures_, true)) handler_.trouble(refused);
               },
           .missing_unwanted =
               [this](Ssrc ssrc, std::int64_t before) {
                 if (connection_ != nullptr && video_section_) {
                   connection_->forget_missing(*video_section_, ssrc, before);
                 }
               }}} {
  if (equipment_.recorder) recording_.emplace(*equipment_.recorder);
  const auto ended = [this](const std::optional<Trouble>& why) {
    if (why) handler_.trouble(*why);
  };
  if (equipment_.audio_source) {
    audio_ = std::make_unique<OutgoingAudio>(box, std::move(equipment_.audio_source),
                                             std::move(equipment_.sound_filter), ended);
  }
  if (equipment_.video_source) {
    video_ =
        std::make_unique<OutgoingVideo>(box, std::move(equipment_.video_source), equipment_.limits,
                                        ended, [this](const codec::EncoderError& why) {
                                          if (!std::exchange(has_told_of_encoder_, true))
                                            handler_.trouble(why);
                                        });
  }
}

void Studio::finish_files() {
  if (recording_) recording_->flush();
  recording_.reset();
  if (equipment_.recorder) equipment_.recorder->close();
  look_at_recorder();
  if (snapshot_.joinable()) snapshot_.join();
}

Studio::~Studio() {
  *alive_ = false;
  // First of all: whatever a device takes its time for now, the recording is whole.
  if (recording_) recording_->flush();
  recording_.reset();
  equipment_.recorder.reset();
  if (snapshot_.joinable()) snapshot_.join();
}

void Studio::connect(PeerConnection* connection) {
  if (connection_ != nullptr) gone_ = stats();
  connection_ = connection;
  audio_section_.reset();
  video_section_.reset();
  if (audio_) audio_->connect(nullptr, {});
  if (video_) video_->connect(nullptr, {});
  lip_sync_ = {};
  incoming_audio_.reset();
  incoming_video_.reset();
  set_shown(connection != nullptr);
  if (connection == nullptr) {
    review_timer_.cancel();
  } else {
    has_picture_ = has_told_of_pictures_ = has_told_of_encoder_ = has_told_of_codec_ = false;
    decoded_before_ = incoming_video_.decoder_stats();
    if (video_) encoded_before_ = video_->stats();
    review_timer_.set(loop_.now() + kReview);
  }
}

void Studio::prepare_offer() {
  for (const MediaKind kind : {MediaKind::Audio, MediaKind::Video}) {
    if (is_adopted(kind)) continue;
    if (has_source(kind)) {
      add_source(kind);
    } else if (auto made = connection_->add_transceiver(
                   kind, {.direction = sdp::make_direction(false, true)})) {
      adopt(kind, *made);
    }
  }
}

/// Of each kind one section of the peer's is ours, the first; others stay silent. A source that
/// finds none gets an offer of its own after this round.
void Studio::prepare_answer() {
  for (const MediaKind kind : {MediaKind::Audio, MediaKind::Video}) {
    std::optional<peer::TransceiverId> first;
    for (const peer::Transceiver& one : connection_->transceivers()) {
      const bool is_theirs = one.kind == kind && one.mid && !one.stopped && !one.stopping;
      if (is_theirs && !first) first = one.id;
    }
    const auto& section = section_of(kind);
    const auto* ours = section ? find(*section) : nullptr;
    if (ours != nullptr && ours->mid && !ours->stopped && !ours->stopping) {
      first = ours->id;
    } else if (has_source(kind)) {
      add_source(kind);  // it takes the peer's section if there is one
      first = section_of(kind);
    } else if (first) {
      (void)connection_->set_direction(*first, sdp::make_direction(false, true));
      adopt(kind, *first);
    }
    std::vector<peer::TransceiverId> others;
    for (const peer::Transceiver& one : connection_->transceivers()) {
      if (one.kind == kind && one.id != first && !one.stopped) others.push_back(one.id);
    }
    for (const peer::TransceiverId other : others) {
      (void)connection_->set_direction(other, sdp::make_direction(false, false));
    }
  }
}

bool Studio::has_source(MediaKind kind) const {
  return kind == MediaKind::Audio ? audio_ != nullptr : video_ != nullptr;
}

std::optional<peer::TransceiverId>& Studio::section_of(MediaKind kind) {
  return kind == MediaKind::Audio ? audio_section_ : video_section_;
}

bool Studio::is_adopted(MediaKind kind) {
  const auto& section = section_of(kind);
  const auto* transceiver = section ? find(*section) : nullptr;
  return transceiver != nullptr && !transceiver->stopped && !transceiver->stopping;
}

void Studio::add_source(MediaKind kind) {
  if (auto made = connection_->add_track(kind, std::string{track_id(kind)}, kStream)) {
    adopt(kind, *made);
  }
}

void Studio::adopt(MediaKind kind, peer::TransceiverId id) {
  section_of(kind) = id;
  (void)connection_->set_codec_preferences(id, codecs_for(kind));
  if (kind == MediaKind::Audio && audio_) audio_->connect(connection_, id);
  if (kind == MediaKind::Video && video_) video_->connect(connection_, id);
}

std::vector<peer::CodecCapability> Studio::codecs_for(MediaKind kind) const {
  std::vector<peer::CodecCapability> codecs = peer::default_capabilities().of(kind).codecs;
  std::erase_if(codecs, [&](const auto& codec) { return !is_of_use(kind, codec); });
  if (kind != MediaKind::Video) return codecs;
  // What a recording holds comes before what it doesn't, whatever we ourselves would rather send. A
  // camera that encodes: its codec first, so that it is agreed on if the peer knows it at all.
  const auto suited =
      equipment_.recorder ? equipment_.recorder->suited() : std::vector<media::Codec>{};
  const auto encoded_as = video_ ? video_->encoded_as() : std::nullopt;
  const auto rank = [&](const peer::CodecCapability& each) -> std::ptrdiff_t {
    const auto codec = media::codec_named(each.name);
    if (codec && codec == encoded_as) return -2;
    const auto place = codec ? std::ranges::find(suited, *codec) : suited.end();
    const bool is_suited = suited.empty() || place != suited.end();
    if (codec && is_suited && codec == equipment_.limits.preferred) return -1;
    return place - suited.begin();
  };
  std::ranges::stable_sort(codecs, {}, rank);
  return codecs;
}

const peer::Transceiver* Studio::find(peer::TransceiverId id) const {
  const auto& all = connection_->transceivers();
  const auto found = std::ranges::find(all, id, &peer::Transceiver::id);
  return found == all.end() ? nullptr : &*found;
}

void Studio::handle_event(const peer::Event& event) {
  if (connection_ == nullptr) return;
  if (const auto* media = std::get_if<peer::MediaReceived>(&event)) {
    handle_media(*media);
  } else if (const auto* changed = std::get_if<peer::TransceiverChanged>(&event)) {
    const auto* transceiver = find(changed->id);
    if (transceiver == nullptr) return;
    if (audio_ && audio_section_ == changed->id) audio_->handle_negotiated(*transceiver);
    // On hold there is silence, not the noise that conceals what is missing.
    if (audio_section_ == changed->id && is_held(*transceiver)) incoming_audio_.reset();
    if (video_ && video_section_ == changed->id) {
      video_->handle_negotiated(*transceiver);
      if (video_->is_at_a_loss(*transceiver) && !std::exchange(has_told_of_codec_, true)) {
        handler_.trouble(CodecNotTaken{media::Codec::H264});
      }
    }
  } else if (const auto* asked = std::get_if<peer::ParametersChanged>(&event)) {
    const auto* transceiver = find(asked->id);
    if (transceiver == nullptr) return;
    if (audio_ && audio_section_ == asked->id)
      audio_->set_encoding(transceiver->bounded_encoding());
    if (video_ && video_section_ == asked->id)
      video_->set_encoding(transceiver->bounded_encoding());
  } else if (const auto* wanted = std::get_if<peer::KeyFrameWanted>(&event)) {
    if (video_ && video_section_ == wanted->transceiver) video_->handle_key_frame_wanted();
  } else if (const auto* rate = std::get_if<peer::TargetRateChanged>(&event)) {
    target_rate_bps_ = rate->media_bps;
    if (audio_) audio_->handle_rate(rate->sound_bps);
    if (video_) video_->handle_rate(rate->media_bps);
  }
}

void Studio::handle_media(const peer::MediaReceived& media) {
  if (media.transceiver != audio_section_ && media.transceiver != video_section_) return;
  const auto* transceiver = find(media.transceiver);
  if (transceiver == nullptr) return;
  if (is_held(*transceiver)) return;  // what was on its way
  if (transceiver->kind == MediaKind::Audio) {
    record_sound(*transceiver, media);
    return incoming_audio_.handle_packet(*transceiver, media);
  }
  const auto& codecs = transceiver->parameters.receive;
  const auto found =
      std::ranges::find(codecs, media.packet.packet.payload_type(), &peer::Codec::payload_type);
  if (found == codecs.end()) return;
  if (const auto codec = media::codec_named(found->name)) {
    received_codec_ = codec;
    incoming_video_.handle_packet(*codec, media);
  }
}

void Studio::handle_frame(const media::EncodedFrame& frame, Ssrc ssrc, Instant render_at) {
  if (!recording_ || recorder_failed_) return;
  recording_->write_picture(frame,
                            {.ssrc = ssrc,
                             .timestamp = frame.timestamp,
                             .clock_rate = media::clock_rate(frame.codec),
                             .arrived = render_at,
                             .captured = capture_time(video_section_, ssrc, frame.timestamp)});
  if (equipment_.recorder->needs_key_frame() && !frame.is_key && connection_ != nullptr &&
      video_section_) {
    connection_->request_key_frame(*video_section_);
  }
}

std::optional<rtp::NtpTime> Studio::capture_time(std::optional<peer::TransceiverId> section,
                                                 Ssrc ssrc, rtp::Timestamp timestamp) const {
  const auto* stream = connection_ && section ? receiver(*section, ssrc) : nullptr;
  return stream == nullptr ? std::nullopt : stream->capture_time(timestamp);
}

void Studio::record_sound(const peer::Transceiver& transceiver, const peer::MediaReceived& media) {
  if (!recording_ || recorder_failed_) return;
  const rtp::Packet& packet = media.packet.packet;
  const auto& codecs = transceiver.parameters.receive;
  const auto write = [&](const rtp::RedBlock& block, std::int64_t sequence) {
    const auto found = std::ranges::find(codecs, block.payload_type, &peer::Codec::payload_type);
    const auto codec = found == codecs.end() ? std::nullopt : media::codec_named(found->name);
    if (!codec || media::is_video(*codec) || block.data.empty()) return;
    recording_->write_sound(
        {.codec = *codec,
         .sequence = sequence,
         .timestamp = media.packet.timestamp + distance(packet.timestamp(), block.timestamp),
         .restarted = media.packet.restarted && block.timestamp == packet.timestamp(),
         .bytes = block.data},
        {.ssrc = media.ssrc,
         .timestamp = block.timestamp,
         .clock_rate = media::clock_rate(*codec),
         .arrived = loop_.now(),
         .captured = capture_time(audio_section_, media.ssrc, block.timestamp)});
  };
  if (media.packet.role != rtp::Payload::Role::Red) {
    return write({packet.payload_type(), packet.timestamp(), packet.payload()},
                 media.packet.sequence);
  }
  const auto red = rtp::Red::parse(packet.timestamp(), packet.payload());
  if (!red) return;
  // The primary first: it is what begins a stream anew.
  const auto blocks = red->blocks();
  for (std::size_t back = 0; back < blocks.size(); ++back) {
    write(blocks[blocks.size() - 1 - back],
          media.packet.sequence - static_cast<std::int64_t>(back));
  }
}

/// Between two calls nobody's picture stays, nor one that the decoder is late with.
void Studio::set_shown(bool shown) {
  if (!equipment_.window) return;
  const std::scoped_lock lock{window_mutex_};
  if (std::exchange(is_shown_, shown) && !shown) equipment_.window->clear();
}

/// On the decoder's thread.
void Studio::handle_picture(const codec::PicturePtr& picture) {
  if (equipment_.picture_tap) equipment_.picture_tap(picture);
  if (equipment_.window) {
    const std::scoped_lock lock{window_mutex_};
    if (is_shown_) equipment_.window->show(picture);
  }
  if (has_picture_.exchange(true)) return;
  box_.post([this, alive = alive_, picture] {
    if (!*alive) return;
    handler_.first_frame(picture->size());
    if (equipment_.snapshot) write_snapshot(picture);
  });
}

/// On a thread of its own: a large PNG takes longer than a picture lasts, and disks are slow.
void Studio::write_snapshot(const codec::PicturePtr& picture) {
  snapshot_ = std::thread{[this, alive = alive_, picture, path = *equipment_.snapshot] {
    const auto error = device::write_png(*picture, path);
    if (!error) return;
    box_.post([this, alive, error] {
      if (!*alive) return;
      snapshot_failed_ = true;
      handler_.trouble(*error);
    });
  }};
  equipment_.snapshot.reset();
}

void Studio::set_muted(bool muted) {
  if (audio_) audio_->set_muted(muted);
}

void Studio::set_camera_on(bool on) {
  if (video_) video_->set_on(on);
}

void Studio::review() {
  review_timer_.set(loop_.now() + kReview);
  if (const auto* ice = connection_->machine().transport().ice()) {
    for (const ice::PairStats& pair : ice->pair_stats()) {
      if (!pair.is_selected || !pair.counters.current_round_trip) continue;
      incoming_video_.set_round_trip(*pair.counters.current_round_trip);
    }
  }
  if (audio_ && audio_section_) {
    const auto* sender = connection_->machine().media().sender(*audio_section_);
    if (sender != nullptr && sender->remote_stats().reports != audio_reports_) {
      const rtp::RemoteInboundStats& report = sender->remote_stats();
      audio_reports_ = report.reports;
      audio_->handle_report(loop_.now(), report.fraction_lost, report.round_trip);
    }
  }
  keep_in_step();
  look_at_recorder();
}

void Studio::look_at_recorder() {
  if (!equipment_.recorder || recorder_failed_) return;
  if (const auto error = equipment_.recorder->error()) {
    recorder_failed_ = true;
    handler_.trouble(*error);
  }
}

const rtp::RtpReceiver* Studio::receiver(peer::TransceiverId id, Ssrc ssrc) const {
  for (const rtp::RtpReceiver* one : connection_->machine().media().receivers(id)) {
    if (one->ssrc() == ssrc) return one;
  }
  return nullptr;
}

void Studio::keep_in_step() {
  const auto heard = incoming_audio_.heard();
  const auto shown = incoming_video_.shown();
  if (!heard || !shown || !audio_section_ || !video_section_) return;
  const auto* sound = receiver(*audio_section_, heard->ssrc);
  const auto* pictures = receiver(*video_section_, shown->ssrc);
  if (sound == nullptr || pictures == nullptr) return;
  const auto heard_time = sound->capture_time(heard->timestamp);
  const auto shown_time = pictures->capture_time(shown->timestamp);
  if (!heard_time || !shown_time) return;
  lip_sync_.handle_audio({*heard_time, heard->at});
  lip_sync_.handle_video({*shown_time, shown->at});
  lip_sync_.update(loop_.now());
  incoming_audio_.set_extra_delay(lip_sync_.audio_extra());
  incoming_video_.set_minimum_delay(lip_sync_.video_extra());
}

}  // namespace duet::call
