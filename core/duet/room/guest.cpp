// SPDX-License-Identifier: MIT
// One seat in one room, as its holder sees it.
#include <duet/base/json_string.hpp>
#include <duet/room/guest.hpp>
#include <duet/sdp/identity.hpp>

#include <boost/json.hpp>

#include <array>
#include <utility>

namespace duet::room {

namespace {

namespace json = boost::json;

constexpr std::size_t kMaxReason = 500;  // bytes of a server's sentence
constexpr std::size_t kMaxToken = 256;

/// The first of comma-separated JSON values, or null.
json::value first_of(std::string_view arguments) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = kMaxParsedDepth;
  json::value parsed = json::parse("[" + std::string{arguments} + "]", error, {}, options);
  if (error || !parsed.is_array() || parsed.get_array().empty()) return nullptr;
  return std::move(parsed.get_array().front());
}

std::string member(const json::value& value, std::string_view key, std::size_t most) {
  if (!value.is_object()) return {};
  const json::value* found = value.get_object().if_contains({key.data(), key.size()});
  if (found == nullptr || !found->is_string() || found->get_string().size() > most) return {};
  return std::string{found->get_string()};
}

void append_servers(std::vector<IceServer>& servers, const json::value& entry) {
  if (!entry.is_object()) return;
  const json::value* urls = entry.get_object().if_contains("urls");
  if (urls == nullptr) return;
  const auto append = [&](const json::value& url) {
    if (!url.is_string() || servers.size() == kMaxIceServers) return;
    const auto uri = stun::Uri::parse({url.get_string().data(), url.get_string().size()});
    if (!uri) return;
    servers.push_back({*uri, member(entry, "username", 512), member(entry, "credential", 512)});
  };
  if (urls->is_array()) {
    for (const json::value& url : urls->get_array()) append(url);
  } else {
    append(*urls);
  }
}

}  // namespace

std::vector<IceServer> parse_ice_servers(std::string_view arguments) {
  std::vector<IceServer> servers;
  const json::value list = first_of(arguments);
  if (!list.is_array()) return servers;
  for (const json::value& entry : list.get_array()) append_servers(servers, entry);
  return servers;
}

Guest::Guest(std::string room, std::string name) : room_{std::move(room)}, name_{std::move(name)} {}

void Guest::handle_event(const socketio::ClientEvent& event) {
  if (std::holds_alternative<socketio::ClientConnected>(event)) {
    is_connected_ = true;
    if (is_wanted_) ask();
  } else if (std::holds_alternative<socketio::ClientDisconnected>(event)) {
    is_connected_ = false;
    is_seated_ = false;
  } else if (const auto* received = std::get_if<socketio::ClientReceived>(&event)) {
    handle_received(*received);
  } else if (const auto* answer = std::get_if<socketio::ClientAcknowledged>(&event)) {
    // An array of one value: the join's, the only thing that is asked an answer for.
    const std::string_view arguments = answer->arguments;
    handle_answer(arguments.substr(1, arguments.size() - 2));
  }
}

void Guest::ask() {
  is_wanted_ = true;
  if (!is_connected_) return;
  std::string payload = R"(["create or join",)";
  append_json_string(payload, room_);
  payload += R"(,{"name":)";
  append_json_string(payload, name_);
  if (!token_.empty()) {
    payload += R"(,"token":)";
    append_json_string(payload, token_);
  }
  emits_.push_back({std::move(payload) + "}]", true});
}

void Guest::say(const PeerMessage& message) {
  const auto* description = std::get_if<PeerDescription>(&message);
  if (description != nullptr && description->type == PeerDescription::Type::Answer &&
      description->to.empty() && !offer_.empty()) {
    PeerDescription answer = *description;
    answer.to = offer_;
    return emit_message(answer);
  }
  emit_message(message);
}

void Guest::emit_message(const PeerMessage& message) {
  emits_.push_back({R"(["message",)" + to_json(message) + "]"});
}

void Guest::leave() {
  is_wanted_ = false;
  is_seated_ = false;
  token_.clear();
  emits_.push_back({R"(["leave"])"});
}

std::optional<Guest::Emit> Guest::poll_emit() {
  if (emits_.empty()) return std::nullopt;
  Emit emit = std::move(emits_.front());
  emits_.pop_front();
  return emit;
}

std::optional<GuestEvent> Guest::poll_event() {
  if (events_.empty()) return std::nullopt;
  GuestEvent event = std::move(events_.front());
  events_.pop_front();
  if (const auto* said = std::get_if<OtherSaid>(&event)) note_offer(said->message);
  return event;
}

void Guest::note_offer(const PeerMessage& message) {
  const auto* description = std::get_if<PeerDescription>(&message);
  if (description == nullptr || description->type != PeerDescription::Type::Offer) return;
  offer_ = sdp::origin_of(description->sdp);
  if (offer_.size() > kMaxOrigin) offer_.clear();
}

void Guest::handle_received(const socketio::ClientReceived& received) {
  const std::string_view name = received.name;
  if (name == "created" || name == "joined") {
    if (!is_wanted_) return;  // it was on its way when we left
    is_seated_ = true;
    events_.push_back(
        SeatTaken{name == "created" ? SeatTaken::Other::Absent : SeatTaken::Other::There});
  } else if (name == "join") {
    events_.push_back(OtherCame{});
  } else if (name == "leave") {
    events_.push_back(OtherLeft{});
  } else if (name == "message") {
    if (auto message = parse_peer_message(received.arguments)) {
      events_.push_back(OtherSaid{std::move(*message)});
    }
  } else if (name == "ice servers") {
    events_.push_back(IceServersChanged{parse_ice_servers(received.arguments)});
  } else if (name == "refused") {
    const json::value said = first_of(received.arguments);
    refuse(member(said, "code", 32), member(said, "reason", kMaxReason));
  } else if (name == "draining") {
    events_.push_back(ServerDrains{});
  }
}

void Guest::handle_answer(std::string_view arguments) {
  const json::value answer = first_of(arguments);
  if (!answer.is_object()) return;
  const json::value* ok = answer.get_object().if_contains("ok");
  if (ok != nullptr && ok->is_bool() && ok->get_bool()) {
    token_ = member(answer, "token", kMaxToken);
  } else {
    refuse(member(answer, "code", 32), member(answer, "reason", kMaxReason));
  }
}

void Guest::refuse(std::string_view code, std::string reason) {
  using Why = SeatRefused::Why;
  constexpr std::array<std::pair<std::string_view, Why>, 5> kCodes{{{"full", Why::Full},
                                                                    {"bad-room", Why::BadRoom},
                                                                    {"draining", Why::Draining},
                                                                    {"limit", Why::Limit},
                                                                    {"moved", Why::Moved}}};
  Why why = Why::Other;
  for (const auto& [text, meaning] : kCodes) {
    if (code == text) why = meaning;
  }
  is_seated_ = false;
  is_wanted_ = false;
  events_.push_back(SeatRefused{why, std::move(reason)});
}

}  // namespace duet::room
