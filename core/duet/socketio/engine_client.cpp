// SPDX-License-Identifier: MIT
// One Engine.IO 4 session from the client's side.
#include <duet/socketio/engine_client.hpp>
#include <duet/socketio/engine_payload.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace duet::socketio {

namespace {

constexpr EngineVersion kVersion = EngineVersion::V4;

std::optional<Duration> milliseconds(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double count = value->to_number<double>();
  if (!(count > 0) || count > 86'400'000) return std::nullopt;
  return Duration{static_cast<Duration::rep>(count * 1000)};
}

}  // namespace

EngineClient::EngineClient(Instant now, Transport transport, std::string path)
    : transport_{transport}, path_{std::move(path)}, deadline_{now + kOpenTimeout} {
  if (transport_ == Transport::WebSocket) {
    actions_.push_back(OpenWebSocket{target()});
  } else {
    poll_again();
  }
}

std::string EngineClient::target() const {
  std::string text = path_ + "?EIO=4&transport=";
  text += transport_ == Transport::WebSocket ? "websocket" : "polling";
  if (!sid_.empty()) text += "&sid=" + sid_;
  return text;
}

void EngineClient::handle_message(Instant now, MessageKind kind, std::string_view bytes) {
  if (stage_ == Stage::Ended) return;
  std::string storage;
  const auto packet = parse_message(kVersion, kind, bytes, storage);
  if (!packet) return end(End::BrokenRules);
  handle_packet(now, *packet);
}

void EngineClient::handle_closed(Instant) {
  end(stage_ == Stage::Opening ? End::NotOpened : End::Lost);
}

void EngineClient::handle_response(Instant now, SendRequest::Method method, int status,
                                   std::string_view body) {
  if (stage_ == Stage::Ended) return;
  (method == SendRequest::Method::Get ? get_is_open_ : post_is_open_) = false;
  if (status != 200) return end(stage_ == Stage::Opening ? End::NotOpened : End::Lost);
  if (stage_ == Stage::Closing && !post_is_open_ && to_post_.empty()) return end(End::Closed);
  if (method == SendRequest::Method::Post) return post();
  if (stage_ == Stage::Closing) return;
  const auto payload = parse_payload(kVersion, MessageKind::Text, body);
  if (!payload) return end(End::BrokenRules);
  for (const EnginePacket& packet : payload->packets) {
    if (stage_ != Stage::Ended) handle_packet(now, packet);
  }
  if (stage_ == Stage::Open) poll_again();
}

void EngineClient::handle_timeout(Instant now) {
  if (stage_ == Stage::Ended || now < deadline_) return;
  end(stage_ == Stage::Opening ? End::NotOpened : End::Silent);
}

std::optional<Instant> EngineClient::next_timeout() const {
  if (stage_ == Stage::Ended) return std::nullopt;
  return deadline_;
}

std::optional<EngineAction> EngineClient::poll_action() {
  if (actions_.empty()) return std::nullopt;
  EngineAction action = std::move(actions_.front());
  actions_.pop_front();
  return action;
}

std::optional<EngineClient::Message> EngineClient::poll_message() {
  if (messages_.empty()) return std::nullopt;
  Message message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

void EngineClient::send(MessageKind kind, std::string_view bytes) {
  if (stage_ != Stage::Open) return;
  const EnginePacket packet{EnginePacketType::Message, kind, bytes};
  std::string text;
  if (transport_ == Transport::WebSocket) {
    const MessageKind as = append_message(text, kVersion, BinarySupport::Native, packet);
    actions_.push_back(SendMessage{as, std::move(text)});
  } else {
    append_text_packet(text, kVersion, packet);
    to_post_.push_back(std::move(text));
    post();
  }
}

void EngineClient::close() {
  if (stage_ == Stage::Closing) return;
  if (stage_ != Stage::Open) return end(End::Closed);
  if (transport_ == Transport::WebSocket) {
    actions_.push_back(SendMessage{MessageKind::Text, "1"});
    return end(End::Closed);
  }
  stage_ = Stage::Closing;
  to_post_.push_back("1");
  post();
}

void EngineClient::handle_packet(Instant now, const EnginePacket& packet) {
  if (stage_ == Stage::Opening) {
    // "the server sends ... an open packet": nothing else may come first.
    if (packet.type != EnginePacketType::Open || !handle_open(now, packet.data)) {
      end(End::BrokenRules);
    }
    return;
  }
  hear(now);
  switch (packet.type) {
    case EnginePacketType::Ping:
      if (transport_ == Transport::WebSocket) {
        actions_.push_back(SendMessage{MessageKind::Text, "3" + std::string{packet.data}});
      } else {
        to_post_.push_back("3" + std::string{packet.data});
        post();
      }
      break;
    case EnginePacketType::Message:
      messages_.push_back({packet.kind, std::string{packet.data}});
      break;
    case EnginePacketType::Close:
      end(End::Closed);
      break;
    case EnginePacketType::Noop:
      break;
    case EnginePacketType::Open:
    case EnginePacketType::Pong:
    case EnginePacketType::Upgrade:
      end(End::BrokenRules);
      break;
  }
}

bool EngineClient::handle_open(Instant now, std::string_view handshake) {
  boost::system::error_code error;
  const auto value = boost::json::parse({handshake.data(), handshake.size()}, error);
  if (error || !value.is_object()) return false;
  const auto& object = value.get_object();
  const auto* sid = object.if_contains("sid");
  const auto interval = milliseconds(object, "pingInterval");
  const auto patience = milliseconds(object, "pingTimeout");
  if (sid == nullptr || !sid->is_string() || !interval || !patience) return false;
  sid_ = std::string{sid->get_string()};
  // It is written into request lines.
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7F && c != '&' && c != '#'; };
  if (sid_.empty() || sid_.size() > 256 || !std::ranges::all_of(sid_, is_plain)) return false;
  if (const auto* most = object.if_contains("maxPayload"); most != nullptr && most->is_number()) {
    boost::system::error_code ignored;
    max_payload_ = most->to_number<std::size_t>(ignored);
  }
  heartbeat_ = std::min(*interval + *patience, kMaxHeartbeat);
  stage_ = Stage::Open;
  hear(now);
  return true;
}

void EngineClient::hear(Instant now) { deadline_ = now + heartbeat_; }

void EngineClient::poll_again() {
  if (get_is_open_) return;
  get_is_open_ = true;
  actions_.push_back(SendRequest{SendRequest::Method::Get, target(), {}});
}

void EngineClient::post() {
  if (post_is_open_ || to_post_.empty()) return;
  std::string body;
  while (!to_post_.empty()) {
    const std::string& packet = to_post_.front();
    if (!body.empty() && max_payload_ > 0 && body.size() + 1 + packet.size() > max_payload_) break;
    if (!body.empty()) body += kPayloadSeparator;
    body += packet;
    to_post_.pop_front();
  }
  post_is_open_ = true;
  actions_.push_back(SendRequest{SendRequest::Method::Post, target(), std::move(body)});
}

void EngineClient::end(End why) {
  if (stage_ == Stage::Ended) return;
  stage_ = Stage::Ended;
  end_ = why;
  to_post_.clear();
  actions_.push_back(CloseTransport{});
}

}  // namespace duet::socketio
