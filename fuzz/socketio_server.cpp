// SPDX-License-Identifier: MIT
// Clients that do anything at any time: every request is answered once, no session outlives its
// close, and who has taken everything has no backlog.
#include <duet/base/check.hpp>
#include <duet/socketio/server.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace duet;
using namespace duet::socketio;

/// Takes choices from the input; zeros when it ends.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_{reinterpret_cast<const char*>(data), size} {}

  bool empty() const { return rest_.empty(); }

  std::size_t below(std::size_t bound) {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return byte % bound;
  }

  std::string_view bytes() {
    const std::size_t size = std::min(below(256), rest_.size());
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }

 private:
  std::string_view rest_;
};

constexpr auto kTexts = std::to_array<std::string_view>({
    "40",
    R"(40/custom,{"token":1})",
    "41",
    "41/custom",
    "40/random",
    R"(42["message",{"a":[1,2]}])",
    R"(4212["message","x"])",
    R"(451-["message",{"_placeholder":true,"num":0}])",
    "462-7[1]",
    "42{}",
    "4abc",
    "2probe",
    "5",
    "2",
    "3",
    "1",
    "6",
    "bAQID",
});

constexpr auto kBodies = std::to_array<std::string_view>({
    "40",
    "42[\"message\",1]\03642[\"message\",2]",
    "3",
    "1",
    "451-[\"message\",{\"_placeholder\":true,\"num\":0}]\036bAQID",
    "2:40",
    "1:2",
    "1:1",
    R"(18:42["message","ab"])",
    R"(15:42["message",1]1:2)",
    "abc",
    "",
});

class World {
 public:
  explicit World(Input input)
      : input_{input}, engine_{engine_config(), random_}, server_{server_config(), random_} {}

  void run() {
    while (!input_.empty()) {
      step();
      settle();
    }
    finish();
  }

 private:
  static EngineConfig engine_config() {
    EngineConfig config;
    config.ping_interval = 300ms;
    config.ping_timeout = 200ms;
    config.max_payload = 2000;
    config.high_water = 500;
    config.stall_timeout = 1s;
    config.sessions_per_address = 4;
    return config;
  }

  static ServerConfig server_config() {
    ServerConfig config;
    config.namespaces = {"/", "/custom"};
    config.connect_timeout = 1s;
    config.max_attachments = 4;
    config.max_attachment_bytes = 300;
    config.packets_per_second = 20;
    config.packet_burst = 10;
    return config;
  }

  void step() {
    switch (input_.below(14)) {
      case 0:
        return request("GET", query("polling", false), {});
      case 1:
      case 2:
        return request("GET", query("polling", true), {});
      case 3:
      case 4:
        return request("POST", query("polling", true), body());
      case 5:
        return open_websocket(query("websocket", false));
      case 6:
        return open_websocket(query("websocket", true));
      case 7:
      case 8:
        return say();
      case 9:
        return take();
      case 10:
        return hang_up();
      case 11:
        return abort();
      case 12:
        now_ += std::chrono::milliseconds{input_.below(256)};
        if (input_.below(2) == 0) return;  // and nobody looks at the clock
        engine_.handle_timeout(now_);
        settle();
        return server_.handle_timeout(now_, engine_);
      default:
        return intervene();
    }
  }

  std::string query(std::string_view transport, bool with_sid) {
    const std::size_t choice = input_.below(32);
    std::string out = choice == 31 ? "EIO=5" : (choice & 1) != 0 ? "EIO=3" : "EIO=4";
    out += "&transport=";
    out += choice == 30 ? "abc" : transport;
    if ((choice & 2) != 0) out += "&b64=1";
    if (!with_sid || sids_.empty()) return out;
    const auto& [sid, version] = sids_[input_.below(sids_.size())];
    if (choice < 28) out[4] = version;
    return out + "&sid=" + sid;
  }

  std::string_view body() {
    const std::size_t choice = input_.below(std::size(kBodies) + 1);
    return choice < std::size(kBodies) ? kBodies[choice] : input_.bytes();
  }

  void request(std::string_view method, const std::string& query, std::string_view body) {
    const RequestId id{++last_id_};
    waiting_.insert(id);
    version_of_request_[id] = query[4];
    const bool is_binary = !body.empty() && input_.below(8) == 7;
    engine_.handle_request(now_, id,
                           {.method = method,
                            .query = query,
                            .content_type = is_binary ? "application/octet-stream" : "text/plain",
                            .body = body});
  }

  void open_websocket(const std::string& query) {
    const WebSocketId id{++last_id_};
    if (engine_.handle_websocket_opening(now_, id, {.method = "GET", .query = query})) return;
    websockets_.emplace(id, 0);
    version_of_websocket_[id] = query[4];
  }

  /// One of those open, or nothing.
  std::optional<WebSocketId> websocket() {
    if (websockets_.empty()) return std::nullopt;
    auto chosen = websockets_.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(input_.below(websockets_.size())));
    return chosen->first;
  }

  void say() {
    const auto id = websocket();
    if (!id) return;
    const std::size_t choice = input_.below(std::size(kTexts) + 2);
    if (choice < std::size(kTexts)) {
      return engine_.handle_websocket_message(now_, *id, MessageKind::Text, kTexts[choice]);
    }
    const auto kind = choice == std::size(kTexts) ? MessageKind::Text : MessageKind::Binary;
    engine_.handle_websocket_message(now_, *id, kind, input_.bytes());
  }

  void take() {
    const auto id = websocket();
    if (!id) return;
    const std::size_t bytes = std::min(websockets_[*id], 4 * input_.below(256));
    websockets_[*id] -= bytes;
    engine_.handle_websocket_sent(now_, *id, bytes);
  }

  void hang_up() {
    const auto id = websocket();
    if (!id) return;
    websockets_.erase(*id);
    engine_.handle_websocket_closed(now_, *id);
  }

  void abort() {
    if (waiting_.empty()) return;
    const RequestId id = *waiting_.begin();
    waiting_.erase(waiting_.begin());
    engine_.handle_request_aborted(now_, id);
  }

  /// What an application may do to its sockets.
  void intervene() {
    if (sockets_.empty()) return;
    auto chosen = sockets_.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(input_.below(sockets_.size())));
    const SocketId id = *chosen;
    switch (input_.below(5)) {
      case 0:
        server_.disconnect(now_, engine_, id);
        sockets_.erase(id);
        return;
      case 1:
        return server_.pause(now_, engine_, id);
      case 2:
        return server_.resume(now_, engine_, id);
      case 3:
        return server_.send_event(now_, engine_, id, R"(["x","0123456789012345678901234567"])");
      default:
        const auto session = server_.session_of(id);
        DUET_CHECK(session);
        DUET_CHECK(!engine_.is_congested(*session) || engine_.backlog(*session) > 250);
    }
  }

  void settle() {
    while (const auto event = engine_.poll_event()) {
      track(*event);
      server_.handle_engine_event(now_, engine_, *event);
      while (const auto said = server_.poll_event()) react(*said);
    }
    while (const auto said = server_.poll_event()) react(*said);
    while (const auto transmit = engine_.poll_transmit()) note(*transmit);
    while (engine_.poll_congestion_change()) {
    }
    DUET_CHECK(server_.socket_count() == sockets_.size());
  }

  void track(const EngineEvent& event) {
    if (event.type == EngineEvent::Type::Opened) {
      DUET_CHECK(sessions_.insert(event.session).second);
      if (engine_.counters().opened_websocket > opened_websocket_) {
        opened_websocket_ = engine_.counters().opened_websocket;
        began_on_websocket_.insert(event.session);
      }
      return;
    }
    DUET_CHECK(sessions_.contains(event.session));  // nothing after Closed
    if (event.type == EngineEvent::Type::Closed) sessions_.erase(event.session);
  }

  void react(const Event& event) {
    switch (event.type) {
      case Event::Type::Connected:
        DUET_CHECK(sockets_.insert(event.socket).second);
        return;
      case Event::Type::Disconnected:
        DUET_CHECK(sockets_.erase(event.socket) == 1);
        return;
      case Event::Type::Received:
        DUET_CHECK(sockets_.contains(event.socket));
        break;
    }
    const std::string payload = "[" + std::string{event.arguments} + "]";
    if (event.ack) {
      server_.send_ack(now_, engine_, event.socket, *event.ack, payload, event.attachments);
    }
    server_.send_event(now_, engine_, event.socket, R"(["log","Got message:"])");
    if (event.name == "x") {
      server_.disconnect(now_, engine_, event.socket);
      sockets_.erase(event.socket);
    }
  }

  void note(const EngineTransmit& transmit) {
    const auto open = websockets_.find(transmit.websocket);
    switch (transmit.action) {
      case EngineTransmit::Action::Respond:
        DUET_CHECK(waiting_.erase(transmit.request) == 1);  // once
        return learn_sid(transmit.bytes, version_of_request_[transmit.request]);
      case EngineTransmit::Action::Send:
        DUET_CHECK(open != websockets_.end());
        open->second += transmit.bytes.size();
        return learn_sid(transmit.bytes, version_of_websocket_[transmit.websocket]);
      case EngineTransmit::Action::CloseWebSocket:
        DUET_CHECK(open != websockets_.end());
        websockets_.erase(open);
        return;
      case EngineTransmit::Action::PauseWebSocket:
      case EngineTransmit::Action::ResumeWebSocket:
        DUET_CHECK(open != websockets_.end());
        return;
    }
  }

  void learn_sid(std::string_view text, char version) {
    constexpr std::string_view kMark = R"({"sid":")";
    const std::size_t at = text.find(kMark);
    if (at == std::string_view::npos || !text.substr(0, at).ends_with('0')) return;
    if (text.find("pingInterval") == std::string_view::npos) return;
    sids_.emplace_back(std::string{text.substr(at + kMark.size(), 24)}, version);
  }

  /// Everyone takes everything: nobody has a backlog. Then time passes: nobody is left.
  void finish() {
    for (const SocketId id : sockets_) server_.resume(now_, engine_, id);
    take_everything();
    for (int round = 0; round < 10'000 && !is_quiet(); ++round) {
      const auto a = engine_.next_timeout();
      const auto b = server_.next_timeout();
      if (!a && !b) break;
      now_ = std::max(now_, std::min(a.value_or(Instant::max()), b.value_or(Instant::max())));
      engine_.handle_timeout(now_);
      settle();
      server_.handle_timeout(now_, engine_);
      settle();
      take_everything();
      for (const SessionId id : sessions_) check_backlog(id);
    }
    DUET_CHECK(is_quiet());
    DUET_CHECK(waiting_.empty());
    DUET_CHECK(websockets_.empty());
    DUET_CHECK(sockets_.empty());
  }

  void take_everything() {
    bool more = true;
    while (more) {
      more = false;
      settle();
      for (auto& [id, unsent] : websockets_) {
        if (unsent == 0) continue;
        more = true;
        engine_.handle_websocket_sent(now_, id, std::exchange(unsent, 0));
      }
    }
  }

  /// Over WebSocket nothing is left; over polling, what no poll fetched.
  void check_backlog(SessionId id) {
    DUET_CHECK(engine_.backlog(id) == 0 || !began_on_websocket_.contains(id));
  }

  bool is_quiet() const { return engine_.session_count() == 0; }

  Input input_;
  SeededRandom random_{7};
  Instant now_{1h};
  EngineServer engine_;
  Server server_;
  std::uint64_t last_id_ = 0;
  std::set<RequestId> waiting_;
  std::map<WebSocketId, std::size_t> websockets_;  // open ones, and bytes they have not taken
  std::map<RequestId, char> version_of_request_;
  std::map<WebSocketId, char> version_of_websocket_;
  std::vector<std::pair<std::string, char>> sids_;
  std::set<SessionId> sessions_;
  std::set<SessionId> began_on_websocket_;
  std::uint64_t opened_websocket_ = 0;
  std::set<SocketId> sockets_;
};

}  // namespace

/// The bytes are choices: who does what, when, and with which words.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World{Input{data, size}}.run();
  return 0;
}
