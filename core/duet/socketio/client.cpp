// SPDX-License-Identifier: MIT
// A Socket.IO client: namespaces, events, and connecting again.
#include <duet/base/bytes.hpp>
#include <duet/socketio/client.hpp>
#include <duet/socketio/json_text.hpp>
#include <duet/socketio/packet.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace duet::socketio {

namespace {

/// `{"sid":"..."}`, or empty.
std::string socket_id(std::string_view payload) {
  boost::system::error_code error;
  const auto value = boost::json::parse({payload.data(), payload.size()}, error);
  if (error || !value.is_object()) return {};
  const auto* sid = value.get_object().if_contains("sid");
  if (sid == nullptr || !sid->is_string()) return {};
  return std::string{sid->get_string()};
}

}  // namespace

Client::Client(Instant now, Random& random, ClientOptions options)
    : random_{random}, options_{std::move(options)}, pause_{options_.reconnect_first} {
  begin(now, Transport::WebSocket);
}

void Client::begin(Instant now, Transport transport) {
  transport_ = transport;
  attempt_ = Attempt{attempt_.value() + 1};
  stage_ = Stage::Opening;
  missing_ = 0;
  engine_.emplace(now, transport, options_.path);
  advance(now);
}

std::optional<Client::Action> Client::poll_action() {
  if (actions_.empty()) return std::nullopt;
  Action action = std::move(actions_.front());
  actions_.pop_front();
  return action;
}

std::optional<ClientEvent> Client::poll_event() {
  if (events_.empty()) return std::nullopt;
  ClientEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void Client::handle_message(Instant now, Attempt attempt, MessageKind kind,
                            std::string_view bytes) {
  if (attempt != attempt_ || !engine_) return;
  engine_->handle_message(now, kind, bytes);
  advance(now);
}

void Client::handle_closed(Instant now, Attempt attempt) {
  if (attempt != attempt_ || !engine_) return;
  engine_->handle_closed(now);
  advance(now);
}

void Client::handle_response(Instant now, Attempt attempt, SendRequest::Method method, int status,
                             std::string_view body) {
  if (attempt != attempt_ || !engine_) return;
  engine_->handle_response(now, method, status, body);
  advance(now);
}

void Client::handle_timeout(Instant now) {
  if (engine_) {
    engine_->handle_timeout(now);
    advance(now);
  }
  if (stage_ == Stage::Entering && now >= deadline_) {
    break_off(now, ClientDisconnected::Why::Silent);
  }
  if (stage_ == Stage::Pausing && now >= deadline_) begin(now, Transport::WebSocket);
}

std::optional<Instant> Client::next_timeout() const {
  std::optional<Instant> next = engine_ ? engine_->next_timeout() : std::nullopt;
  if (stage_ == Stage::Entering || stage_ == Stage::Pausing) {
    next = next ? std::min(*next, deadline_) : deadline_;
  }
  return next;
}

bool Client::emit(std::string_view payload) {
  if (stage_ != Stage::Connected) return false;
  send(payload, std::nullopt);
  return true;
}

std::optional<AckId> Client::emit_with_ack(std::string_view payload) {
  if (stage_ != Stage::Connected) return std::nullopt;
  const AckId ack{next_ack_++};
  send(payload, ack);
  return ack;
}

void Client::connect_anew(Instant now) {
  if (stage_ == Stage::Over) return;
  if (stage_ != Stage::Pausing) break_off(now, ClientDisconnected::Why::Lost);
  begin(now, Transport::WebSocket);
}

void Client::close() {
  if (engine_) {
    if (stage_ == Stage::Connected) {
      std::string text;
      append_packet(text, {.type = PacketType::Disconnect, .nsp = options_.nsp});
      engine_->send(MessageKind::Text, text);
    }
    engine_->close();
  }
  stage_ = Stage::Over;
  finish();
}

/// After close(): the session goes on until what was sent before has left.
void Client::finish() {
  if (!engine_) return;
  while (auto action = engine_->poll_action()) actions_.push_back({attempt_, std::move(*action)});
  if (engine_->ended()) engine_.reset();
}

/// Takes out of the session what the last call put in.
void Client::advance(Instant now) {
  if (stage_ == Stage::Over) return finish();
  if (stage_ == Stage::Opening && engine_->is_open()) {
    stage_ = Stage::Entering;
    deadline_ = now + kConnectTimeout;
    std::string text;
    append_packet(text,
                  {.type = PacketType::Connect, .nsp = options_.nsp, .payload = options_.auth});
    engine_->send(MessageKind::Text, text);
  }
  while (engine_) {
    const auto message = engine_->poll_message();
    if (!message) break;
    if (message->kind == MessageKind::Text) {
      handle_text(now, message->bytes);
    } else {
      handle_binary(now, message->bytes);
    }
  }
  if (!engine_) return;
  while (auto action = engine_->poll_action()) actions_.push_back({attempt_, std::move(*action)});
  const auto end = engine_->ended();
  if (!end) return;
  if (*end == EngineClient::End::NotOpened && transport_ == Transport::WebSocket) {
    return begin(now, Transport::Polling);
  }
  using End = EngineClient::End;
  using Why = ClientDisconnected::Why;
  break_off(now, *end == End::NotOpened ? Why::Unreachable
                 : *end == End::Silent  ? Why::Silent
                 : *end == End::Closed  ? Why::ByServer
                                        : Why::Lost);
}

void Client::handle_text(Instant now, std::string_view text) {
  const auto packet = parse_packet(EngineVersion::V4, text);
  // A text between a head and its attachments breaks the protocol.
  if (!packet || missing_ > 0) return break_off(now, ClientDisconnected::Why::Lost);
  if (packet->nsp != options_.nsp) return;
  if (packet->is_binary()) {
    if (packet->attachments > kMaxAttachments) {
      return break_off(now, ClientDisconnected::Why::Lost);
    }
    head_ = text;
    missing_ = packet->attachments;
    attachment_bytes_ = 0;
    attachments_.clear();
    return;
  }
  handle_whole(now, text, {});
}

void Client::handle_binary(Instant now, std::string_view bytes) {
  attachment_bytes_ += bytes.size();
  if (missing_ == 0 || attachment_bytes_ > kMaxAttachmentBytes) {
    return break_off(now, ClientDisconnected::Why::Lost);
  }
  const auto blob = as_bytes(bytes);
  attachments_.emplace_back(blob.begin(), blob.end());
  if (--missing_ > 0) return;
  handle_whole(now, head_, std::exchange(attachments_, {}));
}

void Client::handle_whole(Instant now, std::string_view head, std::vector<Blob> attachments) {
  const auto packet = parse_packet(EngineVersion::V4, head);
  switch (packet->type) {
    case PacketType::Connect:
      if (stage_ != Stage::Entering) return;
      stage_ = Stage::Connected;
      pause_ = options_.reconnect_first;
      is_told_ = false;
      events_.push_back(ClientConnected{socket_id(packet->payload)});
      return;
    case PacketType::ConnectError:
      if (stage_ != Stage::Entering) return break_off(now, ClientDisconnected::Why::Lost);
      events_.push_back(ClientRefused{std::string{packet->payload}});
      return pause(now);
    case PacketType::Disconnect:
      return break_off(now, ClientDisconnected::Why::ByServer);
    case PacketType::Event:
    case PacketType::BinaryEvent: {
      std::string storage;
      const auto event = parse_event_text(packet->payload, packet->attachments, storage);
      if (!event) return break_off(now, ClientDisconnected::Why::Lost);
      if (stage_ != Stage::Connected) return;
      events_.push_back(ClientReceived{std::string{event->name}, std::string{event->arguments},
                                       std::move(attachments)});
      return;
    }
    case PacketType::Ack:
    case PacketType::BinaryAck:
      if (!packet->ack || check_json_array(packet->payload, packet->attachments)) {
        return break_off(now, ClientDisconnected::Why::Lost);
      }
      if (stage_ != Stage::Connected) return;
      events_.push_back(ClientAcknowledged{*packet->ack, std::string{packet->payload}});
      return;
  }
}

void Client::send(std::string_view payload, std::optional<AckId> ack) {
  std::string text;
  append_packet(text,
                {.type = PacketType::Event, .nsp = options_.nsp, .ack = ack, .payload = payload});
  engine_->send(MessageKind::Text, text);
  while (auto action = engine_->poll_action()) actions_.push_back({attempt_, std::move(*action)});
}

void Client::break_off(Instant now, ClientDisconnected::Why why) {
  if (stage_ == Stage::Connected) {
    events_.push_back(ClientDisconnected{why});
  } else if (!is_told_) {
    events_.push_back(ClientDisconnected{ClientDisconnected::Why::Unreachable});
  }
  is_told_ = true;
  pause(now);
}

void Client::pause(Instant now) {
  if (engine_) {
    engine_->abandon();
    while (auto action = engine_->poll_action()) actions_.push_back({attempt_, std::move(*action)});
    engine_.reset();
  }
  stage_ = Stage::Pausing;
  // From half of it to one and a half: a server that restarts is not met by all at once.
  const auto spread =
      static_cast<Duration::rep>(random_.u64() % static_cast<std::uint64_t>(pause_.count() + 1));
  deadline_ = now + pause_ / 2 + Duration{spread};
  pause_ = std::min(2 * pause_, options_.reconnect_most);
}

}  // namespace duet::socketio
