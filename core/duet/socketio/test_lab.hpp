// SPDX-License-Identifier: MIT
// For tests: an EngineServer driven by hand, and what it said.
#pragma once

#include <duet/socketio/engine_server.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::socketio {

/// "01ff" is two bytes.
inline std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

/// A shell without sockets: requests and WebSockets by number, time by hand.
class Lab {
 public:
  using Application = std::function<void(const EngineEvent&)>;

  explicit Lab(EngineConfig config = {}) : engine{config, random} {
    application = [this](const EngineEvent& event) {  // an echo
      log.push_back(name(event));
      if (event.type != EngineEvent::Type::Message) return;
      engine.send(now, event.session, event.kind, event.bytes);
    };
  }

  static std::string name(const EngineEvent& event) {
    switch (event.type) {
      case EngineEvent::Type::Opened:
        return "opened";
      case EngineEvent::Type::Closed:
        return "closed";
      case EngineEvent::Type::Message:
        break;
    }
    return event.kind == MessageKind::Text ? std::string{event.bytes} : hex(event.bytes);
  }

  /// @return the request's number, for answer()
  int request(std::string_view method, std::string_view query, std::string_view body = {},
              std::string_view content_type = "text/plain;charset=UTF-8") {
    const int id = ++last_id_;
    engine.handle_request(now, RequestId{static_cast<std::uint64_t>(id)},
                          {.method = method,
                           .query = query,
                           .content_type = content_type,
                           .body = body,
                           .forbidden = forbidden,
                           .source = source});
    settle();
    return id;
  }

  int get(std::string_view query) { return request("GET", query); }

  int post(std::string_view query, std::string_view body) { return request("POST", query, body); }

  void abort(int id) {
    engine.handle_request_aborted(now, RequestId{static_cast<std::uint64_t>(id)});
    settle();
  }

  /// "200 body", or "waits".
  std::string answer(int id) const {
    const auto found = answers.find(id);
    return found == answers.end() ? "waits" : found->second;
  }

  std::string ask(std::string_view query) { return answer(get(query)); }

  std::string tell(std::string_view query, std::string_view body) {
    return answer(post(query, body));
  }

  /// @return the WebSocket's number, or 0 if it was refused (see refusal)
  int connect(std::string_view query) {
    const int id = ++last_id_;
    const auto error = engine.handle_websocket_opening(
        now, WebSocketId{static_cast<std::uint64_t>(id)},
        {.method = "GET", .query = query, .forbidden = forbidden, .source = source});
    settle();
    if (error) refusal = to_json(*error);
    return error ? 0 : id;
  }

  void say(int id, std::string_view text, MessageKind kind = MessageKind::Text) {
    engine.handle_websocket_message(now, WebSocketId{static_cast<std::uint64_t>(id)}, kind, text);
    settle();
  }

  void hang_up(int id) {
    engine.handle_websocket_closed(now, WebSocketId{static_cast<std::uint64_t>(id)});
    settle();
  }

  /// What was sent to the WebSocket since last asked; binary in hex after '#', and "close 1000",
  /// "pause", "resume" in their places.
  std::vector<std::string> heard(int id) { return std::exchange(frames[id], {}); }

  void take(int id, std::size_t bytes) {
    engine.handle_websocket_sent(now, WebSocketId{static_cast<std::uint64_t>(id)}, bytes);
    settle();
  }

  void take_answer(int id, std::size_t bytes) {
    engine.handle_response_sent(now, RequestId{static_cast<std::uint64_t>(id)}, bytes);
    settle();
  }

  /// Time passes, with every timeout at its instant.
  void wait(Duration time) {
    const Instant end = now + time;
    while (const auto next = next_timeout()) {
      if (*next > end) break;
      now = std::max(now, *next);
      timeout();
      settle();
    }
    now = end;
  }

  void settle() {
    bool more = true;
    while (more) {
      more = false;
      while (const auto event = engine.poll_event()) application(*event);
      while (const auto transmit = engine.poll_transmit()) more = note(*transmit) || more;
    }
  }

  /// The sid of a new session over polling.
  std::string open_polling(std::string_view query) {
    const std::string said = answer(get(query));
    const std::size_t at = said.find(R"("sid":")");
    return at == std::string::npos ? said : said.substr(at + 7, 24);
  }

  SeededRandom random{1};
  EngineServer engine;
  Instant now{1h};
  IpAddress source = IpAddress::v4({192, 0, 2, 1});
  bool forbidden = false;
  Application application;
  std::function<std::optional<Instant>()> also_next = [] { return std::nullopt; };
  std::function<void()> also_timeout = [] {};
  bool takes = true;  ///< what is sent to WebSockets and in answers leaves at once
  std::vector<std::string> log;
  std::map<int, std::string> answers;
  std::map<int, std::string> media_types;
  std::map<int, std::vector<std::string>> frames;
  std::string refusal;

 private:
  std::optional<Instant> next_timeout() const {
    const auto a = engine.next_timeout();
    const auto b = also_next();
    return a && b ? std::min(*a, *b) : a ? a : b;
  }

  void timeout() {
    engine.handle_timeout(now);
    settle();
    also_timeout();
  }

  /// @return whether the server was told something
  bool note(const EngineTransmit& transmit) {
    const int websocket = static_cast<int>(transmit.websocket.value());
    switch (transmit.action) {
      case EngineTransmit::Action::Respond: {
        const int id = static_cast<int>(transmit.request.value());
        const bool is_first =
            answers.emplace(id, std::to_string(transmit.status) + " " + std::string{transmit.bytes})
                .second;
        if (!is_first) log.emplace_back("answered twice");
        media_types[id] = transmit.content_type;
        if (takes) engine.handle_response_sent(now, transmit.request, transmit.bytes.size());
        return takes;
      }
      case EngineTransmit::Action::Send:
        frames[websocket].push_back(transmit.kind == MessageKind::Text ? std::string{transmit.bytes}
                                                                       : "#" + hex(transmit.bytes));
        if (takes) engine.handle_websocket_sent(now, transmit.websocket, transmit.bytes.size());
        return takes;
      case EngineTransmit::Action::CloseWebSocket:
        frames[websocket].emplace_back("close " + std::to_string(transmit.close_code));
        return false;
      case EngineTransmit::Action::PauseWebSocket:
        frames[websocket].emplace_back("pause");
        return false;
      case EngineTransmit::Action::ResumeWebSocket:
        frames[websocket].emplace_back("resume");
        return false;
    }
    return false;
  }

  int last_id_ = 0;
};

constexpr const char* kPolling = "EIO=4&transport=polling";
constexpr const char* kWebSocket = "EIO=4&transport=websocket";
constexpr const char* kPollingV3 = "EIO=3&transport=polling";
constexpr const char* kWebSocketV3 = "EIO=3&transport=websocket";

inline std::string with_sid(std::string_view query, std::string_view sid) {
  return std::string{query} + "&sid=" + std::string{sid};
}

/// The heartbeat of the published suites.
inline EngineConfig fast() {
  EngineConfig config;
  config.ping_interval = 300ms;
  config.ping_timeout = 200ms;
  return config;
}

constexpr const char* kUnknownTransport = R"(400 {"code":0,"message":"Transport unknown"})";
constexpr const char* kUnknownSid = R"(400 {"code":1,"message":"Session ID unknown"})";
constexpr const char* kBadMethod = R"(400 {"code":2,"message":"Bad handshake method"})";
constexpr const char* kBadRequest = R"(400 {"code":3,"message":"Bad request"})";
constexpr const char* kForbidden = R"(403 {"code":4,"message":"Forbidden"})";
constexpr const char* kUnsupported = R"(400 {"code":5,"message":"Unsupported protocol version"})";

}  // namespace duet::socketio
