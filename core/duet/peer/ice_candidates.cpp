// SPDX-License-Identifier: MIT
// Candidates on their way between descriptions and ICE.
#include <duet/peer/bundle.hpp>
#include <duet/peer/local_section.hpp>
#include <duet/peer/negotiation.hpp>
#include <duet/sdp/text.hpp>

#include <algorithm>
#include <utility>

namespace duet::peer {
namespace {

using Name = Error::Name;

/// The value of the extension `ufrag` that browsers put into a candidate.
std::optional<std::string> ufrag_in(std::string_view candidate) {
  while (!candidate.empty()) {
    if (sdp::take_word(candidate) == "ufrag") return std::string{sdp::take_word(candidate)};
  }
  return std::nullopt;
}

/// Without what some signal with it: the `a=` of its line, and that line's end.
std::string_view bare(std::string_view candidate) {
  while (candidate.ends_with('\r') || candidate.ends_with('\n')) candidate.remove_suffix(1);
  if (candidate.starts_with("a=")) candidate.remove_prefix(2);
  return candidate;
}

std::optional<std::size_t> find_section(const sdp::Description& description,
                                        const IceCandidateInit& candidate) {
  if (candidate.sdp_mid) return description.index_of_mid(*candidate.sdp_mid);
  if (*candidate.sdp_mline_index >= description.sections().size()) return std::nullopt;
  return *candidate.sdp_mline_index;
}

/// Whose transport carries a section: its own, or that of the group's tag. A candidate for a
/// section that an answer refuses comes from who names its one transport by it still, as GStreamer
/// does. Departs from W3C webrtc #dom-peerconnection-addicecandidate, where such a one is dropped.
std::size_t carrying_section(const sdp::Description& description, SdpType type, std::size_t index) {
  const sdp::MediaSection& section = description.sections()[index];
  const bool is_refused = section.is_rejected() && type != SdpType::Offer;
  const bool is_carried = section.bundle_only && !section.transport.ice_ufrag;
  return is_refused || is_carried ? tagged_section(description).value_or(index) : index;
}

IceCandidateInit init_of(const sdp::Description& description, std::size_t index,
                         std::string_view candidate) {
  const sdp::MediaSection& section = description.sections()[index];
  return {.candidate = std::string{candidate},
          .sdp_mid = section.mid,
          .sdp_mline_index = static_cast<std::uint16_t>(index),
          .username_fragment = section.transport.ice_ufrag};
}

/// False if there is no room.
bool put(sdp::Description& description, std::size_t index, std::string_view candidate) {
  if (!candidate.empty()) return description.add_candidate(index, candidate);
  description.end_candidates(index);
  return true;
}

}  // namespace

void Negotiation::restart_ice() {
  if (state_ == SignalingState::Closed) return;
  ufrags_to_replace_.clear();
  for (const auto* applied : {&current_local_, &pending_local_}) {
    const auto ice = *applied ? ice_of((*applied)->sdp) : std::nullopt;
    if (ice) ufrags_to_replace_.push_back(ice->ufrag);
  }
  update_negotiation_needed();
}

Negotiation::RemoteCandidates& Negotiation::candidates_of(const std::string& ufrag, bool by_offer) {
  const auto known = std::find_if(remote_candidates_.begin(), remote_candidates_.end(),
                                  [&](const auto& entry) { return entry.ufrag == ufrag; });
  if (known != remote_candidates_.end()) return *known;
  return remote_candidates_.emplace_back(RemoteCandidates{.ufrag = ufrag, .by_offer = by_offer});
}

void Negotiation::note_end(RemoteCandidates& known, std::size_t section) {
  if (std::find(known.ended.begin(), known.ended.end(), section) == known.ended.end()) {
    known.ended.push_back(section);
  }
}

bool Negotiation::is_collected(const RemoteCandidates& known, std::size_t section,
                               std::string_view candidate) {
  return std::any_of(
      known.entries.begin(), known.entries.end(), [&](const RemoteCandidates::Entry& entry) {
        return entry.candidate == candidate && (!known.by_offer || entry.section == section);
      });
}

/// False if there are as many as are taken; once is enough.
bool Negotiation::collect(RemoteCandidates& known, std::size_t section,
                          std::string_view candidate) {
  if (is_collected(known, section, candidate)) return true;
  if (known.entries.size() == kMaxRemoteCandidates) return false;
  known.entries.push_back({.section = section, .candidate = std::string{candidate}});
  return true;
}

void Negotiation::collect_candidates(const sdp::Description& description, bool is_offer) {
  // Credentials that no description has any more lead nowhere.
  std::erase_if(remote_candidates_, [&](const RemoteCandidates& known) {
    for (const auto* applied : {&current_remote_, &pending_remote_}) {
      if (!*applied) continue;
      for (const sdp::MediaSection& section : (*applied)->sdp.sections()) {
        if (section.transport.ice_ufrag == known.ufrag) return false;
      }
    }
    return true;
  });
  for (std::size_t i = 0; i < description.sections().size(); ++i) {
    const sdp::MediaSection& section = description.sections()[i];
    if (section.is_rejected() || !section.transport.ice_ufrag) continue;
    RemoteCandidates& known = candidates_of(*section.transport.ice_ufrag, is_offer);
    for (const std::string& candidate : section.candidates) collect(known, i, candidate);
    if (section.end_of_candidates) note_end(known, i);
  }
}

/// Those for the credentials in force, once each.
void Negotiation::hand_out_candidates() {
  if (!transport_.remote_ice) return;
  const auto known = std::find_if(
      remote_candidates_.begin(), remote_candidates_.end(),
      [&](const RemoteCandidates& entry) { return entry.ufrag == transport_.remote_ice->ufrag; });
  const auto pair = answered_pair();
  const auto tag = pair ? tagged_section(pair->answer->sdp) : std::nullopt;
  if (known == remote_candidates_.end() || !tag) return;
  // RFC 9143 §7.3.1: a bundle-only section that was chosen, since what was before it was refused,
  // goes on with the transport that the offer gave to those.
  const sdp::Description& remote = pair->remote->sdp;
  const std::size_t offered =
      remote.sections()[*tag].bundle_only ? tagged_section(remote).value_or(*tag) : *tag;
  for (; known->handed_out < known->entries.size(); ++known->handed_out) {
    RemoteCandidates::Entry& entry = known->entries[known->handed_out];
    if (known->by_offer && entry.section != *tag && entry.section != offered) continue;
    events_.emplace_back(RemoteCandidate{entry.candidate});
  }
  const bool has_ended =
      std::any_of(known->ended.begin(), known->ended.end(),
                  [&](std::size_t section) { return section == *tag || section == offered; });
  if (has_ended && !known->end_handed_out) {
    known->end_handed_out = true;
    events_.emplace_back(RemoteCandidate{});
  }
}

Result<void, Error> Negotiation::check_candidate(const IceCandidateInit& candidate) const {
  const std::string_view text = bare(candidate.candidate);
  if (!text.empty() && !candidate.sdp_mid && !candidate.sdp_mline_index) {
    return refuse(Name::TypeError, "A candidate has a mid or the index of an m-line.");
  }
  if (state_ == SignalingState::Closed) {
    return refuse(Name::InvalidStateError, "The connection is closed.");
  }
  if (!current_remote_ && !pending_remote_) {
    return refuse(Name::InvalidStateError, "There is no remote description to add a candidate to.");
  }
  const bool is_candidate =
      text.empty() || (text.starts_with("candidate:") && text.size() + 2 <= sdp::kMaxLine &&
                       sdp::is_byte_string(text));
  if (!is_candidate) return refuse(Name::OperationError, "This is no candidate.");
  return {};
}

/// Puts `text`, or the end if it is empty, into one section. False if there is no room.
bool Negotiation::add_to_section(Applied& applied, std::size_t index, std::string_view text) {
  const std::string ufrag = *applied.sdp.sections()[index].transport.ice_ufrag;
  RemoteCandidates& known = candidates_of(ufrag, applied.type == SdpType::Offer);
  if (text.empty()) {
    applied.sdp.end_candidates(index);
    note_end(known, index);
    return true;
  }
  if (is_collected(known, index, text)) return true;
  if (known.entries.size() == kMaxRemoteCandidates) return false;
  return applied.sdp.add_candidate(index, text) && collect(known, index, text);
}

// W3C webrtc #dom-peerconnection-addicecandidate
Result<void, Error> Negotiation::add_ice_candidate(const IceCandidateInit& candidate) {
  if (auto checked = check_candidate(candidate); !checked) return checked;
  const std::string_view text = bare(candidate.candidate);
  const bool is_for_all = !candidate.sdp_mid && !candidate.sdp_mline_index;
  const auto ufrag = candidate.username_fragment ? candidate.username_fragment : ufrag_in(text);
  bool is_found = false;
  bool is_taken = false;
  // The description under negotiation first; to the one in force only what names its credentials.
  for (auto* applied : {&pending_remote_, &current_remote_}) {
    if (!*applied || (is_found && !ufrag)) continue;
    const sdp::Description& description = (*applied)->sdp;
    for (std::size_t i = 0; i < description.sections().size(); ++i) {
      if (!is_for_all && find_section(description, candidate) != i) continue;
      if (description.sections()[i].is_rejected()) is_found = is_taken = true;  // no error
      const std::size_t carrying =
          is_for_all ? i : carrying_section(description, (*applied)->type, i);
      const sdp::MediaSection& section = description.sections()[carrying];
      if (section.is_rejected()) continue;
      if (!section.transport.ice_ufrag || (ufrag && section.transport.ice_ufrag != ufrag)) continue;
      is_found = true;
      if (add_to_section(**applied, carrying, text)) is_taken = true;
    }
  }
  if (!is_found) {
    return refuse(Name::OperationError,
                  "No m-section of the remote description has this mid, index and user name.");
  }
  if (!is_taken) return refuse(Name::OperationError, "The peer has sent too many candidates.");
  hand_out_candidates();
  return {};
}

/// Where a peer that answered looks for our candidates. It is another section than the one that our
/// offer gave the transport where the answer refuses that one (RFC 9143 §7.3.1).
std::optional<std::size_t> Negotiation::chosen_section(const Applied& local) const {
  const auto pair = answered_pair();
  if (!pair || pair->local != &local || pair->answer == pair->local) return std::nullopt;
  return tagged_section(pair->answer->sdp);
}

void Negotiation::tell_candidates_again() {
  for (auto* applied : {&current_local_, &pending_local_}) {
    if (!*applied) continue;
    sdp::Description& description = (*applied)->sdp;
    const auto chosen = chosen_section(**applied);
    const auto told = tagged_section(description);
    if (!chosen || !told || *chosen == *told) continue;
    const auto tell = [&](std::string_view candidate) {
      if (!put(description, *chosen, candidate)) return;
      events_.emplace_back(IceCandidateFound{init_of(description, *chosen, candidate)});
    };
    const sdp::MediaSection& from = description.sections()[*told];
    const sdp::MediaSection& to = description.sections()[*chosen];
    for (std::size_t i = to.candidates.size(); i < from.candidates.size(); ++i) {
      tell(std::string{from.candidates[i]});
    }
    if (from.end_of_candidates && !to.end_of_candidates) tell("");
  }
}

std::optional<IceCandidateInit> Negotiation::add_local_candidate(std::string_view ufrag,
                                                                 std::string_view candidate) {
  std::optional<IceCandidateInit> out;
  for (auto* applied : {&current_local_, &pending_local_}) {
    const auto told = *applied ? tagged_section((*applied)->sdp) : std::nullopt;
    if (!told) continue;
    sdp::Description& description = (*applied)->sdp;
    if (description.sections()[*told].transport.ice_ufrag != ufrag) continue;
    if (!put(description, *told, candidate)) continue;
    // Both have it, since the next offer takes over what the first has.
    const std::size_t named = chosen_section(**applied).value_or(*told);
    if (named != *told) put(description, named, candidate);
    out = init_of(description, named, candidate);
  }
  return out;
}

}  // namespace duet::peer
