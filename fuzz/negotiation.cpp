// SPDX-License-Identifier: MIT
// Random calls and damaged descriptions, back and forth between two negotiations: what is refused
// changes nothing, states follow the W3C's table, and descriptions of ours can always be read.
#include "input.hpp"
#include <duet/base/check.hpp>
#include <duet/base/random.hpp>
#include <duet/peer/negotiation.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace duet::peer {
namespace {

using fuzz::Input;

/// All that can be read of a negotiation.
struct Snapshot {
  explicit Snapshot(const Negotiation& negotiation)
      : state{negotiation.signaling_state()},
        current_local{negotiation.current_local_description()},
        current_remote{negotiation.current_remote_description()},
        pending_local{negotiation.pending_local_description()},
        pending_remote{negotiation.pending_remote_description()},
        transport{negotiation.transport()},
        sctp{negotiation.sctp()} {
    for (const Transceiver& transceiver : negotiation.transceivers()) {
      transceivers.emplace_back(transceiver.id, transceiver.mid, transceiver.direction,
                                transceiver.current_direction, transceiver.receiving,
                                transceiver.parameters);
    }
  }

  SignalingState state;
  std::optional<SessionDescription> current_local, current_remote, pending_local, pending_remote;
  TransportParameters transport;
  std::optional<SctpParameters> sctp;
  std::vector<std::tuple<TransceiverId, std::optional<std::string>, Direction,
                         std::optional<Direction>, bool, RtpParameters>>
      transceivers;

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

class Party {
 public:
  explicit Party(std::uint64_t seed)
      : random_{seed},
        negotiation_{{.capabilities = default_capabilities(),
                      .fingerprints = {{.algorithm = "sha-256", .value = fingerprint()}}},
                     random_} {}

  Negotiation& get() { return negotiation_; }

  /// What was refused changed nothing; what was not left something sound.
  template <class Call>
  bool call(Call&& make_call) {
    const Snapshot before{negotiation_};
    const auto result = make_call(negotiation_);
    if (!result) {
      DUET_CHECK(Snapshot{negotiation_} == before);
      DUET_CHECK(!result.error().message.empty());
      DUET_CHECK((result.error().name == Error::Name::SdpSyntaxError) ==
                 result.error().sdp_line.has_value());
      DUET_CHECK(!negotiation_.poll_event());
      return false;
    }
    check();
    return true;
  }

  void check() {
    const Negotiation& negotiation = negotiation_;
    const bool is_pending =
        negotiation.pending_local_description() || negotiation.pending_remote_description();
    DUET_CHECK(is_pending == (negotiation.signaling_state() != SignalingState::Stable &&
                              negotiation.signaling_state() != SignalingState::Closed) ||
               negotiation.signaling_state() == SignalingState::Closed);
    for (const auto& description :
         {negotiation.current_local_description(), negotiation.pending_local_description()}) {
      if (description) DUET_CHECK(sdp::Description::parse(description->sdp).has_value());
    }
    DUET_CHECK(negotiation.transceivers().size() <= 2 * sdp::kMaxSections);
    std::size_t candidates = 0;
    while (const auto event = negotiation_.poll_event()) {
      candidates += std::holds_alternative<RemoteCandidate>(*event) ? 1 : 0;
      if (const auto* changed = std::get_if<TransceiverChanged>(&*event)) {
        DUET_CHECK(negotiation.find(changed->id) != nullptr);
      }
      if (const auto* removed = std::get_if<TransceiverRemoved>(&*event)) {
        DUET_CHECK(negotiation.find(removed->id) == nullptr);
      }
    }
    DUET_CHECK(candidates <= Negotiation::kMaxRemoteCandidates + 1);
  }

 private:
  static std::string fingerprint() {
    std::string out = "AB";
    for (int i = 1; i < 32; ++i) out += ":CD";
    return out;
  }

  SeededRandom random_;
  Negotiation negotiation_;
};

class World {
 public:
  void run(Input& input) {
    while (!input.empty()) step(input);
  }

 private:
  void step(Input& input) {
    const unsigned what = input.next();
    Party& party = parties_[what & 1];
    const auto& transceivers = party.get().transceivers();
    TransceiverId id{input.next()};
    if (!transceivers.empty()) id = transceivers[id.value() % transceivers.size()].id;
    const unsigned how = input.next();
    const MediaKind kind = (how & 1) == 0 ? MediaKind::Audio : MediaKind::Video;
    const auto direction = static_cast<Direction>(how >> 1 & 3);
    switch (what >> 1 & 15) {
      case 0:
        party.call([&](Negotiation& n) {
          return n.add_transceiver(kind,
                                   {.direction = direction, .track_id = input.text(how >> 4)});
        });
        break;
      case 1:
        party.call([&](Negotiation& n) {
          return n.add_track(kind, "t" + std::to_string(how), {input.text(how >> 5)});
        });
        break;
      case 2:
        party.call([&](Negotiation& n) { return n.set_direction(id, direction); });
        break;
      case 3:
        party.call([&](Negotiation& n) { return n.stop(id); });
        break;
      case 4:
        party.call([&](Negotiation& n) { return n.remove_track(id); });
        break;
      case 5:
        party.call([&](Negotiation& n) { return n.add_data_channels(); });
        break;
      case 6:
        party.get().restart_ice();
        party.check();
        break;
      case 7:
        set(party, {.type = SdpType::Rollback, .sdp = {}}, (how & 1) != 0);
        break;
      case 8:
        make(party, how);
        break;
      case 9:
        set(party, made_[what & 1], true);
        break;
      case 10:
        party.call([&](Negotiation& n) { return n.set_local_description(); });
        break;
      case 11:
        hear(party, parties_[1 - (what & 1)].get().local_description(), how);
        break;
      case 12:
        hear(party, damaged(parties_[1 - (what & 1)].get().local_description(), input), how);
        break;
      case 13:
        candidate(party, input, how);
        break;
      case 14:
        trickle(party, how);
        break;
      default:
        if (how == 0) party.get().close();
        party.check();
        break;
    }
  }

  void make(Party& party, unsigned how) {
    auto& made = made_[&party == &parties_[0] ? 0 : 1];
    party.call([&](Negotiation& n) {
      auto result =
          (how & 1) == 0 ? n.create_offer({.ice_restart = (how & 2) != 0}) : n.create_answer();
      if (result) {
        DUET_CHECK(sdp::Description::parse(result->sdp).has_value());
        made = *result;
        if ((how & 5) == 5) made.type = SdpType::Pranswer;
      }
      return result;
    });
  }

  /// The states of W3C webrtc #rtcsignalingstate-enum.
  void set(Party& party, const SessionDescription& description, bool local) {
    const bool done = party.call([&](Negotiation& n) {
      return local ? n.set_local_description(description) : n.set_remote_description(description);
    });
    if (!done) return;
    const SignalingState state = party.get().signaling_state();
    switch (description.type) {
      case SdpType::Offer:
        DUET_CHECK(state ==
                   (local ? SignalingState::HaveLocalOffer : SignalingState::HaveRemoteOffer));
        break;
      case SdpType::Pranswer:
        DUET_CHECK(state == (local ? SignalingState::HaveLocalPranswer
                                   : SignalingState::HaveRemotePranswer));
        break;
      case SdpType::Answer:
      case SdpType::Rollback:
        DUET_CHECK(state == SignalingState::Stable);
        break;
    }
  }

  void hear(Party& party, std::optional<SessionDescription> description, unsigned how) {
    if (!description) return;
    if ((how & 3) == 3) description->type = static_cast<SdpType>(how >> 2 & 3);
    set(party, *description, false);
  }

  /// With lines taken out, doubled, or with bytes of the input in them.
  static std::optional<SessionDescription> damaged(std::optional<SessionDescription> description,
                                                   Input& input) {
    if (!description) return description;
    std::string& sdp = description->sdp;
    for (unsigned damages = 1 + input.next() % 4; damages > 0 && !sdp.empty(); --damages) {
      const std::size_t at = (input.next() * 256U + input.next()) % sdp.size();
      const std::size_t begin =
          sdp.rfind('\n', at) == std::string::npos ? 0 : sdp.rfind('\n', at) + 1;
      const std::size_t end =
          sdp.find('\n', begin) == std::string::npos ? sdp.size() : sdp.find('\n', begin) + 1;
      const std::string line = sdp.substr(begin, end - begin);
      switch (input.next() % 4) {
        case 0:
          sdp.erase(begin, end - begin);
          break;
        case 1:
          sdp.insert((input.next() * 256U + input.next()) % (sdp.size() + 1), line);
          break;
        case 2:
          sdp.insert(begin, line);
          break;
        default:
          sdp.replace(at, input.next() % 3, input.text(input.next() % 8));
          break;
      }
    }
    return description;
  }

  void candidate(Party& party, Input& input, unsigned how) {
    IceCandidateInit init{.candidate = (how & 1) == 0 ? "" : "candidate:" + input.text(how >> 4)};
    if ((how & 2) != 0) init.sdp_mid = std::to_string(input.next() % 8);
    if ((how & 4) != 0) init.sdp_mline_index = static_cast<std::uint16_t>(input.next() % 8);
    if ((how & 8) != 0) init.username_fragment = input.text(4);
    party.call([&](Negotiation& n) { return n.add_ice_candidate(init); });
  }

  static void trickle(Party& party, unsigned how) {
    const auto ice = party.get().transport().local_ice;
    if (!ice) return;
    const auto told = party.get().add_local_candidate(
        ice->ufrag, how == 0 ? "" : "candidate:" + std::to_string(how));
    if (told) DUET_CHECK(told->username_fragment == ice->ufrag);
    party.check();
  }

  std::array<Party, 2> parties_{{Party{1}, Party{2}}};
  std::array<SessionDescription, 2> made_;
};

}  // namespace
}  // namespace duet::peer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  duet::peer::Input input{data, size};
  duet::peer::World{}.run(input);
  return 0;
}
