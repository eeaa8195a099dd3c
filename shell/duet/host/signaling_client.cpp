// SPDX-License-Identifier: MIT
// Drives the Socket.IO client's machine over WebSockets and requests.
#include <duet/host/signaling_client.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace duet::host {

std::optional<ServerUrl> ServerUrl::parse(std::string_view text) {
  ServerUrl url;
  const auto has_scheme = [&text](std::string_view scheme) {
    if (!text.starts_with(scheme)) return false;
    text.remove_prefix(scheme.size());
    return true;
  };
  if (has_scheme("https://") || has_scheme("wss://")) {
    url.is_secure = true;
  } else if (!has_scheme("http://") && !has_scheme("ws://")) {
    return std::nullopt;
  }
  url.port = url.is_secure ? 443 : 80;
  const std::size_t slash = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, slash);
  url.path = text.substr(slash);
  if (!url.path.starts_with('/')) url.path.insert(0, "/");

  const bool is_bracketed = authority.starts_with('[');
  const std::size_t host_end =
      is_bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (host_end == std::string_view::npos) return std::nullopt;
  url.host = is_bracketed ? authority.substr(1, host_end - 1) : authority.substr(0, host_end);
  authority.remove_prefix(host_end + (is_bracketed ? 1 : 0));
  if (url.host.empty() || url.host.find_first_of(" @\r\n") != std::string::npos) {
    return std::nullopt;
  }
  if (authority.empty()) return url;
  const char* const end = authority.data() + authority.size();
  const auto read = std::from_chars(authority.data() + 1, end, url.port);
  if (authority.front() != ':' || read.ec != std::errc{} || read.ptr != end || url.port == 0) {
    return std::nullopt;
  }
  return url;
}

std::string ServerUrl::authority() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

SignalingClient::SignalingClient(net::EventLoop& loop, ServerUrl url, std::shared_ptr<SSL_CTX> tls,
                                 Random& random, socketio::ClientOptions options, Handler handler)
    : loop_{loop},
      url_{std::move(url)},
      tls_{std::move(tls)},
      random_{random},
      handler_{std::move(handler)},
      machine_{loop.now(), random, std::move(options)},
      resolver_{loop,
                [this](std::vector<IpAddress> addresses) {
                  addresses_ = std::move(addresses);
                  if (auto action = std::exchange(waiting_, std::nullopt)) carry_out(*action);
                  flush();
                }},
      timer_{loop,
             [this] {
               machine_.handle_timeout(loop_.now());
               flush();
             }},
      leave_timer_{loop, [this] { leaving_ = {}; }} {
  if (const auto address = IpAddress::parse(url_.host)) addresses_ = {*address};
  timer_.set(loop_.now());  // the first actions, from the loop
}

SignalingClient::~SignalingClient() = default;

bool SignalingClient::emit(std::string_view payload) {
  const bool is_sent = machine_.emit(payload);
  flush();
  return is_sent;
}

std::optional<socketio::AckId> SignalingClient::emit_with_ack(std::string_view payload) {
  const auto ack = machine_.emit_with_ack(payload);
  flush();
  return ack;
}

bool SignalingClient::Transport::is_stranded() const {
  return (websocket && websocket->is_stranded()) || (get && get->is_stranded()) ||
         (post && post->is_stranded());
}

void SignalingClient::handle_network_change() {
  if (waiting_ || (transport_.is_open() && !transport_.is_stranded())) return;
  machine_.connect_anew(loop_.now());
  flush();
}

void SignalingClient::close() {
  machine_.close();
  flush();
}

void SignalingClient::flush() {
  if (std::exchange(is_flushing_, true)) return;  // the outer call goes on with it
  bool more = true;
  while (more) {
    more = false;
    while (const auto action = machine_.poll_action()) {
      more = true;
      carry_out(*action);
    }
    while (const auto event = machine_.poll_event()) {
      more = true;
      handler_.event(*event);
    }
  }
  is_flushing_ = false;
  if (const auto at = machine_.next_timeout()) {
    timer_.set(*at);
  } else {
    timer_.cancel();
  }
}

void SignalingClient::carry_out(const socketio::Client::Action& action) {
  if (std::holds_alternative<socketio::CloseTransport>(action.what)) {
    if (action.attempt != attempt_) return;
    waiting_.reset();
    return close_transport();
  }
  if (action.attempt != attempt_) {  // the first of a new one
    close_transport();
    attempt_ = action.attempt;
    // A WebSocket and the polling that follows where it fails share an address.
    const bool is_fresh = std::holds_alternative<socketio::OpenWebSocket>(action.what);
    if (is_fresh && std::exchange(has_tried_, true)) ++next_address_;
    if (!IpAddress::parse(url_.host)) {  // asked anew each time: servers move
      waiting_ = action;
      return resolver_.ask(url_.host);
    }
  }
  if (const auto* open = std::get_if<socketio::OpenWebSocket>(&action.what)) {
    open_websocket(open->target);
  } else if (const auto* message = std::get_if<socketio::SendMessage>(&action.what)) {
    if (transport_.websocket) {
      transport_.websocket->send(message->kind == socketio::MessageKind::Text
                                     ? websocket::Opcode::Text
                                     : websocket::Opcode::Binary,
                                 message->bytes);
    }
  } else if (const auto* request = std::get_if<socketio::SendRequest>(&action.what)) {
    send_request(*request);
  }
}

void SignalingClient::open_websocket(const std::string& target) {
  if (addresses_.empty()) {
    return handle_closed(
        attempt_,
        net::OutgoingStream::End{.why = net::OutgoingStream::End::Why::NoSuchName, .detail = {}});
  }
  transport_.websocket = std::make_unique<http::WebSocketClient>(
      loop_, origin(), target, random_,
      http::WebSocketClient::Handler{
          .opened = [] {},
          .message =
              [this, attempt = attempt_](websocket::Opcode opcode, std::string_view bytes) {
                const auto kind = opcode == websocket::Opcode::Text ? socketio::MessageKind::Text
                                                                    : socketio::MessageKind::Binary;
                machine_.handle_message(loop_.now(), attempt, kind, bytes);
                flush();
              },
          .closed =
              [this, attempt = attempt_](const std::optional<net::OutgoingStream::End>& end) {
                handle_closed(attempt, end);
              }});
}

void SignalingClient::send_request(const socketio::SendRequest& request) {
  using Method = socketio::SendRequest::Method;
  if (addresses_.empty()) {
    return machine_.handle_response(loop_.now(), attempt_, request.method, 0, {});
  }
  const bool is_get = request.method == Method::Get;
  auto done = [this, attempt = attempt_,
               method = request.method](const http::Exchange::Result& result) {
    if (result.end) handler_.failed(*result.end);
    machine_.handle_response(loop_.now(), attempt, method, result.status, result.body);
    flush();
  };
  (is_get ? transport_.get : transport_.post) = std::make_unique<http::Exchange>(
      loop_, origin(), is_get ? "GET" : "POST", request.target, request.body, std::move(done));
}

void SignalingClient::close_transport() {
  if (!transport_.is_open()) return;
  leaving_ = std::exchange(transport_, {});
  leave_timer_.set(loop_.now() + kTimeToLeave);
}

void SignalingClient::handle_closed(socketio::Client::Attempt attempt,
                                    const std::optional<net::OutgoingStream::End>& end) {
  if (end && attempt == attempt_) handler_.failed(*end);
  machine_.handle_closed(loop_.now(), attempt);
  flush();
}

http::Origin SignalingClient::origin() const {
  http::Origin origin{.endpoint = {addresses_[next_address_ % addresses_.size()], url_.port},
                      .authority = url_.authority()};
  if (url_.is_secure) origin.tls = net::OutgoingStream::Tls{tls_, url_.host};
  return origin;
}

}  // namespace duet::host
