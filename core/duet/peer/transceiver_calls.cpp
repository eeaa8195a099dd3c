// SPDX-License-Identifier: MIT
// What an application asks of its transceivers between negotiations.
#include <duet/peer/codec_match.hpp>
#include <duet/peer/negotiation.hpp>
#include <duet/sdp/text.hpp>

#include <algorithm>
#include <utility>

namespace duet::peer {
namespace {

using Name = Error::Name;

constexpr auto kClosed = "The connection is closed.";

/// Whether `id` can stand in a=msid: a word.
bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= Negotiation::kMaxId &&
         sdp::all_of(id, [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7F; });
}

Result<void, Error> check_streams(const std::vector<std::string>& stream_ids) {
  if (stream_ids.size() > Negotiation::kMaxStreams) {
    return refuse(Name::TypeError, "A track belongs to 16 streams at most.");
  }
  if (!std::all_of(stream_ids.begin(), stream_ids.end(), is_id)) {
    return refuse(Name::TypeError, "A stream's id is a word of at most 256 bytes.");
  }
  return {};
}

/// Every id once, in order; "-" means none in a=msid (RFC 8830 §2).
std::vector<std::string> unique(std::vector<std::string> ids) {
  std::vector<std::string> out;
  for (std::string& id : ids) {
    if (id != "-" && std::find(out.begin(), out.end(), id) == out.end())
      out.push_back(std::move(id));
  }
  return out;
}

}  // namespace

const Transceiver* Negotiation::find(TransceiverId id) const {
  return const_cast<Negotiation*>(this)->find_mutable(id);
}

Transceiver* Negotiation::find_mutable(TransceiverId id) {
  const auto found =
      std::find_if(transceivers_.begin(), transceivers_.end(),
                   [&](const Transceiver& transceiver) { return transceiver.id == id; });
  return found == transceivers_.end() ? nullptr : &*found;
}

Result<Transceiver*, Error> Negotiation::usable(TransceiverId id) {
  if (state_ == SignalingState::Closed) return refuse(Name::InvalidStateError, kClosed);
  Transceiver* transceiver = find_mutable(id);
  if (transceiver == nullptr) {
    return refuse(Name::InvalidAccessError, "This connection has no such transceiver.");
  }
  if (transceiver->stopping) return refuse(Name::InvalidStateError, "The transceiver was stopped.");
  return transceiver;
}

const std::vector<CodecCapability>& Negotiation::codecs_of(const Transceiver& transceiver) const {
  return transceiver.codec_preferences.empty() ? settings_.capabilities.of(transceiver.kind).codecs
                                               : transceiver.codec_preferences;
}

Ssrc Negotiation::draw_ssrc() {
  for (;;) {
    const Ssrc ssrc{static_cast<std::uint32_t>(random_.u64())};
    const bool is_taken =
        std::any_of(transceivers_.begin(), transceivers_.end(), [&](const Transceiver& other) {
          return other.parameters.local.ssrc == ssrc || other.parameters.local.rtx == ssrc;
        });
    // Zero is what some stacks take for none.
    if (ssrc.value() != 0 && !is_taken) return ssrc;
  }
}

Transceiver& Negotiation::make_transceiver(MediaKind kind, Direction direction) {
  Transceiver transceiver;
  transceiver.id = TransceiverId{++last_transceiver_};
  transceiver.kind = kind;
  transceiver.direction = direction;
  transceiver.parameters.cname = cname_;
  transceiver.msid_track_ = random_name(random_);
  Transceiver& made = transceivers_.emplace_back(std::move(transceiver));
  made.parameters.local.ssrc = draw_ssrc();
  if (kind == MediaKind::Video) made.parameters.local.rtx = draw_ssrc();
  return made;
}

Result<TransceiverId, Error> Negotiation::add_transceiver(MediaKind kind, TransceiverInit init) {
  if (state_ == SignalingState::Closed) return refuse(Name::InvalidStateError, kClosed);
  if (kind != MediaKind::Audio && kind != MediaKind::Video) {
    return refuse(Name::TypeError, "A transceiver is of kind audio or video.");
  }
  if (init.track_id && !is_id(*init.track_id)) {
    return refuse(Name::TypeError, "A track's id is a word of at most 256 bytes.");
  }
  if (auto checked = check_streams(init.stream_ids); !checked) return fail(checked.error());
  const auto encoding = checked_encoding(kind, init.send_encoding);
  if (!encoding) return fail(encoding.error());
  if (transceivers_.size() >= kMaxTransceivers) {
    return refuse(Name::OperationError, "A connection has 63 transceivers at most.");
  }
  Transceiver& transceiver = make_transceiver(kind, init.direction);
  const TransceiverId id = transceiver.id;
  if (init.track_id) transceiver.msid_track_ = *init.track_id;
  transceiver.track_id = std::move(init.track_id);
  transceiver.stream_ids = unique(std::move(init.stream_ids));
  transceiver.encoding = *encoding;
  update_negotiation_needed();
  return id;
}

// W3C webrtc #dom-rtcpeerconnection-addtrack
Result<TransceiverId, Error> Negotiation::add_track(MediaKind kind, std::string track_id,
                                                    std::vector<std::string> stream_ids) {
  if (state_ == SignalingState::Closed) return refuse(Name::InvalidStateError, kClosed);
  const bool is_sent =
      std::any_of(transceivers_.begin(), transceivers_.end(),
                  [&](const Transceiver& other) { return other.track_id == track_id; });
  if (is_sent) return refuse(Name::InvalidAccessError, "This track is being sent already.");
  const auto found =
      std::find_if(transceivers_.begin(), transceivers_.end(), [&](const Transceiver& other) {
        return other.kind == kind && !other.track_id && !other.stopping && !other.has_sent_;
      });
  if (found == transceivers_.end()) {
    auto made = add_transceiver(
        kind, {.track_id = std::move(track_id), .stream_ids = std::move(stream_ids)});
    if (made) find_mutable(*made)->by_add_track_ = true;
    return made;
  }
  if (!is_id(track_id)) {
    return refuse(Name::TypeError, "A track's id is a word of at most 256 bytes.");
  }
  if (auto checked = check_streams(stream_ids); !checked) return fail(checked.error());
  found->msid_track_ = track_id;
  found->track_id = std::move(track_id);
  found->stream_ids = unique(std::move(stream_ids));
  found->by_remote_ = false;
  found->direction = sdp::make_direction(true, sdp::receives(found->direction));
  const TransceiverId id = found->id;
  update_negotiation_needed();
  return id;
}

// W3C webrtc #dom-rtcpeerconnection-removetrack
Result<void, Error> Negotiation::remove_track(TransceiverId id) {
  if (state_ == SignalingState::Closed) return refuse(Name::InvalidStateError, kClosed);
  Transceiver* transceiver = find_mutable(id);
  if (transceiver == nullptr) {
    return refuse(Name::InvalidAccessError, "This connection has no such transceiver.");
  }
  if (!transceiver->track_id || transceiver->stopping) return {};
  transceiver->track_id.reset();
  transceiver->direction = sdp::make_direction(false, sdp::receives(transceiver->direction));
  update_negotiation_needed();
  return {};
}

Result<void, Error> Negotiation::replace_track(TransceiverId id,
                                               std::optional<std::string> track_id) {
  const auto transceiver = usable(id);
  if (!transceiver) return fail(transceiver.error());
  if (track_id && !is_id(*track_id)) {
    return refuse(Name::TypeError, "A track's id is a word of at most 256 bytes.");
  }
  (*transceiver)->track_id = std::move(track_id);
  return {};
}

Result<void, Error> Negotiation::set_streams(TransceiverId id,
                                             std::vector<std::string> stream_ids) {
  const auto transceiver = usable(id);
  if (!transceiver) return fail(transceiver.error());
  if (auto checked = check_streams(stream_ids); !checked) return checked;
  (*transceiver)->stream_ids = unique(std::move(stream_ids));
  update_negotiation_needed();
  return {};
}

Result<void, Error> Negotiation::set_direction(TransceiverId id, Direction direction) {
  const auto transceiver = usable(id);
  if (!transceiver) return fail(transceiver.error());
  (*transceiver)->direction = direction;
  update_negotiation_needed();
  return {};
}

// W3C webrtc #dom-rtcrtptransceiver-setcodecpreferences
Result<void, Error> Negotiation::set_codec_preferences(TransceiverId id,
                                                       std::vector<CodecCapability> codecs) {
  const auto transceiver = usable(id);
  if (!transceiver) return fail(transceiver.error());
  const auto& known = settings_.capabilities.of((*transceiver)->kind).codecs;
  std::vector<CodecCapability> preferences;
  for (CodecCapability& codec : codecs) {
    if (std::find(known.begin(), known.end(), codec) == known.end()) {
      return refuse(Name::InvalidModificationError,
                    "The codec " + codec.name + " is not among the capabilities.");
    }
    const bool is_there =
        std::find(preferences.begin(), preferences.end(), codec) != preferences.end();
    if (!is_there) preferences.push_back(std::move(codec));
  }
  const bool has_media =
      std::any_of(preferences.begin(), preferences.end(),
                  [](const CodecCapability& codec) { return carries_media(codec.name); });
  if (!preferences.empty() && !has_media) {
    return refuse(Name::InvalidModificationError, "None of these codecs carries media.");
  }
  (*transceiver)->codec_preferences = std::move(preferences);
  return {};
}

// W3C webrtc #dom-rtcrtptransceiver-stop
Result<void, Error> Negotiation::stop(TransceiverId id) {
  if (state_ == SignalingState::Closed) return refuse(Name::InvalidStateError, kClosed);
  Transceiver* transceiver = find_mutable(id);
  if (transceiver == nullptr || transceiver->stopping) return {};
  const Before last = before();
  transceiver->stopping = true;
  transceiver->direction = Direction::Inactive;
  // No description knows of it, so nobody has to be told.
  if (!transceiver->section_)
    transceivers_.erase(transceivers_.begin() + (transceiver - transceivers_.data()));
  announce(last);
  update_negotiation_needed();
  return {};
}

Result<void, Error> Negotiation::add_data_channels() {
  if (state_ == SignalingState::Closed) return refuse(Name::InvalidStateError, kClosed);
  wants_data_channels_ = true;
  update_negotiation_needed();
  return {};
}

}  // namespace duet::peer
