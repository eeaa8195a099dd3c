// SPDX-License-Identifier: MIT
// The mirror.
#include "looped_media.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace duet::test {
namespace {

/// Names of codecs: "opus" here is "OPUS" there.
bool is_same(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  });
}

/// The number by which the peer knows the codec that it sent.
std::optional<PayloadType> payload_type_back(const peer::RtpParameters& parameters,
                                             PayloadType came_as) {
  const auto came = std::find_if(parameters.receive.begin(), parameters.receive.end(),
                                 [&](const auto& codec) { return codec.payload_type == came_as; });
  if (came == parameters.receive.end()) return std::nullopt;
  const auto back =
      std::find_if(parameters.send.begin(), parameters.send.end(), [&](const auto& codec) {
        return is_same(codec.name, came->name) && codec.fmtp == came->fmtp;
      });
  if (back != parameters.send.end()) return back->payload_type;
  const auto named =
      std::find_if(parameters.send.begin(), parameters.send.end(),
                   [&](const auto& codec) { return is_same(codec.name, came->name); });
  if (named == parameters.send.end()) return std::nullopt;
  return named->payload_type;
}

}  // namespace

Result<void, rtc::Error> LoopedMedia::add(peer::MediaKind kind) {
  const bool is_audio = kind == peer::MediaKind::Audio;
  auto added = connection_.add_track(kind, is_audio ? "echo" : "mirror", {"back"});
  if (!added) return fail(added.error());
  return {};
}

void LoopedMedia::accept_all() {
  for (const peer::Transceiver& transceiver : std::vector{connection_.transceivers()}) {
    static_cast<void>(connection_.set_direction(transceiver.id, peer::Direction::SendRecv));
  }
}

LoopedMedia::Counts LoopedMedia::counts() const {
  Counts counts = counts_;
  for (const peer::Transceiver& transceiver : connection_.transceivers()) {
    for (const auto* receiver : connection_.machine().media().receivers(transceiver.id)) {
      counts.padding += receiver->stats().padding_received;
      counts.repeated += receiver->stats().packets_duplicated;
      counts.discarded += receiver->stats().packets_discarded;
    }
  }
  return counts;
}

void LoopedMedia::handle(const peer::MediaReceived& received) {
  const auto& all = connection_.transceivers();
  const auto transceiver = std::find_if(
      all.begin(), all.end(), [&](const auto& one) { return one.id == received.transceiver; });
  if (transceiver == all.end()) return;
  ++(transceiver->kind == peer::MediaKind::Audio ? counts_.audio : counts_.video);
  const rtp::Packet& packet = received.packet.packet;
  const auto payload_type = payload_type_back(transceiver->parameters, packet.payload_type());
  if (!payload_type || !connection_.send(transceiver->id, {.payload_type = payload_type,
                                                           .timestamp = packet.timestamp(),
                                                           .marker = packet.marker(),
                                                           .payload = packet.payload()})) {
    ++counts_.unsent;
  }
}

}  // namespace duet::test
