// SPDX-License-Identifier: MIT
// What happens in a call, step by step.
#include "call_flow.hpp"

#include <duet/base/json_string.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace duet::apps {

namespace {

double milliseconds(Duration duration) { return static_cast<double>(duration.count()) / 1000; }

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// "host udp 127.0.0.1:5000" of a candidate's line.
std::string short_form(std::string_view candidate) {
  const auto parsed = ice::Candidate::parse(candidate);
  if (!parsed) return std::string{candidate};
  std::string_view type = "host";
  if (parsed->type == ice::CandidateType::ServerReflexive) type = "srflx";
  if (parsed->type == ice::CandidateType::PeerReflexive) type = "prflx";
  if (parsed->type == ice::CandidateType::Relay) type = "relay";
  const std::string where = parsed->is_named()
                                ? parsed->name + ":" + std::to_string(parsed->endpoint.port)
                                : parsed->endpoint.to_string();
  return fmt::format("{} {} {}", type, parsed->protocol == ice::Protocol::Udp ? "udp" : "tcp",
                     where);
}

std::string_view type_name(peer::SdpType type) { return peer::to_string(type); }

}  // namespace

std::string to_line(const Step& step, Instant start) {
  const std::string end = step.end.empty() ? "" : fmt::format("{:<6}  ", step.end);
  return fmt::format("{:10.3f} ms  {}{:<16}  {}", milliseconds(step.at - start), end, step.name,
                     step.text);
}

std::string to_json(const Step& step, Instant start) {
  std::string out =
      fmt::format(R"({{"ev":"{}","ms":{:.3f})", step.name, milliseconds(step.at - start));
  if (!step.end.empty()) out += fmt::format(R"(,"end":"{}")", step.end);
  for (const auto& [key, value] : step.fields) out += fmt::format(R"(,"{}":{})", key, value);
  return out + "}";
}

void CallFlow::say(Instant now, std::string_view name, std::string text,
                   std::vector<std::pair<std::string_view, std::string>> fields) {
  tell_({now, end_, name, std::move(text), std::move(fields)});
}

void CallFlow::describe(Instant now, std::string_view name,
                        const peer::SessionDescription& description) {
  if (!listens_()) return;
  const auto lines = std::ranges::count(description.sdp, '\n');
  say(now, name, fmt::format("{}, {} lines", type_name(description.type), lines),
      {{"type", quoted(type_name(description.type))}, {"sdp", quoted(description.sdp)}});
}

void CallFlow::candidate(Instant now, const peer::IceCandidateInit& candidate) {
  if (!listens_()) return;
  say(now, "candidate.remote",
      candidate.candidate.empty() ? "no more" : short_form(candidate.candidate),
      {{"candidate", quoted(candidate.candidate)}});
}

void CallFlow::handle(Instant now, const peer::Connection& connection, const peer::Event& event) {
  const bool is_media = std::holds_alternative<peer::MediaReceived>(event);
  if (is_media && std::exchange(has_heard_rtp_, true)) return;
  if (!listens_()) return;
  if (const auto* found = std::get_if<peer::IceCandidateFound>(&event)) {
    const std::string& line = found->candidate.candidate;
    say(now, "candidate.local", line.empty() ? "no more" : short_form(line),
        {{"candidate", quoted(line)}});
  } else if (const auto* inner = std::get_if<ice::Event>(&event)) {
    handle(now, connection, *inner);
  } else if (const auto* dtls = std::get_if<peer::DtlsStateChanged>(&event)) {
    if (dtls->state != peer::DtlsState::Connected) return;
    const auto profile = connection.transport().srtp_profile();
    const std::string cipher = connection.transport().dtls()->cipher();
    const std::string srtp{profile ? srtp::name(*profile) : "no SRTP"};
    say(now, "dtls.connected", cipher + ", " + srtp,
        {{"cipher", quoted(cipher)}, {"srtp", quoted(srtp)}});
  } else if (const auto* data = std::get_if<data_channel::Event>(&event)) {
    const auto tell_open = [&](data_channel::ChannelId id) {
      const auto* init = connection.channels()->find(id);
      if (init == nullptr) return;
      say(now, "channel.open", init->label, {{"label", quoted(init->label)}});
    };
    if (const auto* opened = std::get_if<data_channel::Opened>(data)) tell_open(opened->channel);
    if (const auto* there = std::get_if<data_channel::Announced>(data)) tell_open(there->channel);
  } else if (const auto* media = std::get_if<peer::MediaReceived>(&event)) {
    const auto type = static_cast<int>(media->packet.packet.payload_type().value());
    say(now, "rtp.first", fmt::format("payload type {}, SSRC {}", type, media->ssrc.value()),
        {{"pt", std::to_string(type)}, {"ssrc", std::to_string(media->ssrc.value())}});
  } else if (std::holds_alternative<peer::TrackAdded>(event)) {
    say(now, "track", "");
  }
}

void CallFlow::handle(Instant now, const peer::Connection& connection, const ice::Event& event) {
  if (const auto* formed = std::get_if<ice::PairFormed>(&event)) {
    pair_step(now, connection, "pair", formed->pair, "formed");
  } else if (const auto* sent = std::get_if<ice::CheckSent>(&event)) {
    pair_step(now, connection, "check", sent->pair, sent->is_nominating ? "nominates" : "sent");
  } else if (const auto* answered = std::get_if<ice::CheckAnswered>(&event)) {
    pair_step(now, connection, "check", answered->pair,
              fmt::format("answered after {:.3f} ms", milliseconds(answered->round_trip)));
  } else if (const auto* failed = std::get_if<ice::CheckFailed>(&event)) {
    pair_step(now, connection, "check", failed->pair, "failed");
  } else if (const auto* selected = std::get_if<ice::PairSelected>(&event)) {
    pair_step(now, connection, "ice.selected", selected->pair, "");
  }
}

void CallFlow::pair_step(Instant now, const peer::Connection& connection, std::string_view name,
                         ice::PairId pair, std::string_view what) {
  const auto pairs = connection.transport().ice()->pair_stats();
  const auto candidates = connection.transport().ice()->candidate_stats();
  const auto found = std::ranges::find(pairs, pair, &ice::PairStats::id);
  if (found == pairs.end()) return;
  const auto where = [&](ice::CandidateId id) {
    const auto at = std::ranges::find(candidates, id, &ice::CandidateStats::id);
    return at == candidates.end() ? std::string{"?"} : short_form(at->candidate.serialize());
  };
  const std::string local = where(found->local);
  const std::string remote = where(found->remote);
  std::string text = fmt::format("{} -> {}", local, remote);
  if (name == "pair") text += fmt::format(", priority {}", found->priority);
  if (!what.empty()) text += fmt::format(", {}", what);
  say(now, name, std::move(text),
      {{"pair", std::to_string(pair.value())},
       {"local", quoted(local)},
       {"remote", quoted(remote)},
       {"priority", quoted(std::to_string(found->priority))},
       {"what", quoted(what)}});
}

}  // namespace duet::apps
