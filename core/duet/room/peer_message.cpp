// SPDX-License-Identifier: MIT
// What two ends say to each other in `message`, read from whatever the network brings.
#include <duet/base/json_string.hpp>
#include <duet/room/peer_message.hpp>

#include <boost/json.hpp>

namespace duet::room {

namespace {

namespace json = boost::json;

std::optional<std::string> text(const json::object& object, std::string_view key,
                                std::size_t most) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  if (value == nullptr || !value->is_string() || value->get_string().size() > most) {
    return std::nullopt;
  }
  return std::string{value->get_string()};
}

bool flag(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::optional<std::uint16_t> index(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  if (value == nullptr) return std::nullopt;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint16_t>(error);
  return error ? std::nullopt : std::optional{number};
}

std::optional<PeerMessage> parse_candidate(const json::object& object) {
  PeerCandidate message;
  if (object.contains("candidate")) {
    const json::value& candidate = object.at("candidate");
    const auto line = text(object, "candidate", kMaxCandidate);
    if (!line && !candidate.is_null()) return std::nullopt;
    message.candidate = line.value_or("");
  }
  message.sdp_mid = text(object, "sdpMid", 64);
  if (!message.sdp_mid) message.sdp_mid = text(object, "id", 64);
  message.sdp_mline_index = index(object, "sdpMLineIndex");
  if (!message.sdp_mline_index) message.sdp_mline_index = index(object, "label");
  message.username_fragment = text(object, "usernameFragment", 256);
  if (!message.candidate.empty() && !message.sdp_mid && !message.sdp_mline_index) {
    return std::nullopt;
  }
  return message;
}

void append_member(std::string& out, std::string_view key, std::string_view value) {
  append_json_string(out, key);
  out += ':';
  append_json_string(out, value);
}

}  // namespace

std::optional<PeerMessage> parse_peer_message(std::string_view arguments) {
  json::parse_options options;
  options.max_depth = kMaxParsedDepth;
  boost::system::error_code error;
  const json::value parsed = json::parse("[" + std::string{arguments} + "]", error, {}, options);
  if (error || !parsed.is_array() || parsed.get_array().empty()) return std::nullopt;
  const json::value& first = parsed.get_array().front();
  if (first.is_string()) {
    return first.get_string() == "bye" ? std::optional<PeerMessage>{PeerBye{}} : std::nullopt;
  }
  if (!first.is_object()) return std::nullopt;
  const json::object& object = first.get_object();
  const auto type = text(object, "type", 16);
  if (type == "offer" || type == "answer") {
    auto sdp = text(object, "sdp", kMaxSdp);
    if (!sdp || sdp->empty()) return std::nullopt;
    return PeerDescription{
        type == "offer" ? PeerDescription::Type::Offer : PeerDescription::Type::Answer,
        std::move(*sdp), text(object, "to", kMaxOrigin).value_or("")};
  }
  if (type == "candidate") return parse_candidate(object);
  if (type == "media") {
    return PeerMedia{flag(object, "audio"), flag(object, "video"), flag(object, "screen"),
                     text(object, "name", kMaxPeerName).value_or("")};
  }
  return std::nullopt;
}

std::string to_json(const PeerMessage& message) {
  std::string out;
  if (const auto* description = std::get_if<PeerDescription>(&message)) {
    out += description->type == PeerDescription::Type::Offer ? R"({"type":"offer",)"
                                                             : R"({"type":"answer",)";
    append_member(out, "sdp", description->sdp);
    if (!description->to.empty()) append_member(out += ',', "to", description->to);
    return out += '}';
  }
  if (const auto* candidate = std::get_if<PeerCandidate>(&message)) {
    out += R"({"type":"candidate",)";
    append_member(out, "candidate", candidate->candidate);
    if (candidate->sdp_mid) append_member(out += ',', "sdpMid", *candidate->sdp_mid);
    if (candidate->sdp_mline_index) {
      out += ",\"sdpMLineIndex\":" + std::to_string(*candidate->sdp_mline_index);
    }
    if (candidate->username_fragment) {
      append_member(out += ',', "usernameFragment", *candidate->username_fragment);
    }
    return out += '}';
  }
  if (const auto* media = std::get_if<PeerMedia>(&message)) {
    const auto word = [](bool value) { return value ? "true" : "false"; };
    out += R"({"type":"media","audio":)" + std::string{word(media->audio)} +
           ",\"video\":" + word(media->video) + ",\"screen\":" + word(media->screen) + ',';
    append_member(out, "name", media->name);
    return out += '}';
  }
  return "\"bye\"";
}

}  // namespace duet::room
