// SPDX-License-Identifier: MIT
// HTTP/1.1 on one connection: requests one after another, and the upgrade (RFC 9112).
#include <duet/base/ascii.hpp>
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/http/request_target.hpp>
#include <duet/http/session.hpp>
#include <duet/http/websocket_session.hpp>
#include <duet/log/log.hpp>
#include <duet/websocket/handshake.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace duet::http {
namespace {

namespace wire = boost::beast::http;

/// A request must be whole this long after its first byte (or after the connection's start).
constexpr Duration kRequestTimeout = 15s;
/// How long a connection is kept without a next request.
constexpr Duration kKeepAliveTimeout = 60s;
/// A client that takes nothing of an answer for so long is cut off.
constexpr Duration kWriteTimeout = 15s;
/// Bytes of pipelined requests kept while one waits; more are left in the socket.
constexpr std::size_t kMaxPipelined = 65536;
/// While more than this of the answers waits to be sent, no further request is looked at, so that
/// who asks much and reads nothing costs one answer more than this.
constexpr std::size_t kMaxUnsent = 65536;
/// A body of up to this many bytes leaves in one write with its headers; a larger one is not copied
/// if it need not be.
constexpr std::size_t kMaxCopied = 16384;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

constexpr std::string_view kLargeHead = "The request's headers are larger than this server reads.";

/// Bytes of a request line and headers.
template <class Header>
std::size_t size_of_head(const Header& header) {
  std::size_t size = header.method_string().size() + header.target().size() + 12;  // " HTTP/1.1"...
  for (const auto& field : header) {
    size += field.name_string().size() + field.value().size() + 4;  // ": ", CR, LF
  }
  return size + 2;
}

/// What is wrong with a request that Beast refused: status and sentence.
/// @param bytes  that it had not understood before
std::pair<int, std::string_view> describe(boost::beast::error_code error, std::string_view bytes) {
  if (error == wire::error::header_limit) return {431, kLargeHead};
  if (error == wire::error::body_limit) {
    return {413, "The request's body is larger than this server reads."};
  }
  if (error == wire::error::bad_version) {
    // By hand, as with nc: the line's end is taken for a part of the version.
    const std::size_t end = bytes.find('\n');
    if (end != std::string_view::npos && end > 0 && bytes[end - 1] != '\r') {
      return {400, "Lines of HTTP end with CR and LF."};
    }
    return {505, "This server speaks HTTP/1.1."};
  }
  return {400, "This is not a valid HTTP request."};
}

}  // namespace

struct Session::Parser {
  wire::request_parser<wire::string_body> beast;
  std::optional<RequestTarget> target;  // once the head is read; nothing if it is wrong
  // RFC 9110 §6.5.1: what comes behind a chunked body as trailers is no header, but Beast would
  // make it one.
  std::optional<wire::fields> headers;
  bool has_head = false;
  bool answered_expectation = false;  // RFC 9110 §10.1.1: 100 Continue, once

  const wire::fields& fields() const { return headers ? *headers : beast.get(); }

  void take_head() {
    has_head = true;
    const auto& message = beast.get();
    target = RequestTarget::parse(view(message.method_string()), view(message.target()));
    if (beast.chunked()) headers = message.base();
    beast.eager(true);
  }
};

Session::Session(Connection& connection, Service& service, const ServerConfig& config)
    : connection_{connection}, service_{service}, config_{config} {}

Session::~Session() = default;

void Session::handle_bytes(Instant now, std::span<std::byte> bytes) {
  in_.erase(0, std::exchange(in_used_, 0));
  in_ += as_text(bytes);
  if (std::exchange(between_, false)) connection_.set_deadline(now + kRequestTimeout);
  if (!waiting_) return process(now);
  if (in_.size() > kMaxPipelined) connection_.pause();
}

void Session::handle_resumed(Instant now) { process(now); }

void Session::handle_sent(Instant now, std::size_t) {
  // Its body is the last of what is queued.
  const std::size_t unsent = std::min(answer_unsent_, connection_.unsent());
  if (const std::size_t sent = std::exchange(answer_unsent_, unsent) - unsent; sent > 0) {
    service_.handle_response_sent(connection_.id(), sent);
  }
  if (waiting_ || connection_.is_over()) return;
  if (connection_.unsent() <= kMaxUnsent) connection_.resume();
  if (connection_.unsent() > 0) return connection_.set_deadline(now + kWriteTimeout);
  if (parser_ || !pending().empty()) return;
  between_ = true;
  connection_.set_deadline(now + kKeepAliveTimeout);
}

/// Who ends while it waits for an answer has hung up; who ended behind its request gets the rest.
void Session::handle_end(Instant now) {
  if (!waiting_ && parser_) return refuse(now, 400, "The request ended before it was whole.");
  if (waiting_ || connection_.unsent() == 0) return connection_.abort();
  connection_.close_after_flush(now);
}

void Session::handle_closed() {
  const bool is_owed_something = waiting_ || answer_unsent_ > 0;
  waiting_ = false;
  if (is_owed_something) service_.handle_request_aborted(connection_.id());
}

void Session::handle_taken(Instant now) {
  if (answer_unsent_ > 0) service_.handle_response_sent(connection_.id(), 0);
  if (!waiting_ && !connection_.is_over()) connection_.set_deadline(now + kWriteTimeout);
}

void Session::handle_timeout(Instant now) {
  if (waiting_) return;
  if (between_) return connection_.abort();  // the ordinary end of a connection that was kept
  ++connection_.server().counters_.timed_out;
  if (connection_.unsent() > 0) return connection_.abort();
  refuse(now, 408, "The request took too long to arrive.");
}

void Session::process(Instant now) {
  while (!waiting_ && !connection_.is_over() && !connection_.is_paused()) {
    if (!parse(now)) return;
    dispatch(now);
    if (connection_.protocol() != this) return;  // it became a WebSocket, which has the rest
  }
}

void Session::consume(std::size_t bytes) {
  in_used_ += bytes;
  if (in_used_ == in_.size()) {
    std::string{}.swap(in_);
    in_used_ = 0;
  }
}

/// Reads as much of one request as is there.
/// @return whether it is whole
bool Session::parse(Instant now) {
  // RFC 9112 §2.2: empty lines before the request line are ignored.
  while (!parser_ && (pending().starts_with('\r') || pending().starts_with('\n'))) consume(1);
  if (pending().empty()) return false;
  if (!parser_) {
    parser_ = std::make_unique<Parser>();
    parser_->beast.header_limit(static_cast<std::uint32_t>(config_.max_header));
    parser_->beast.body_limit(config_.max_body);
  }
  if (!parser_->has_head && !read_head(now)) return false;
  if (parser_->beast.is_done()) return true;
  if (!pending().empty() && !put(now)) return false;
  if (parser_->beast.is_done()) return true;
  // Of the body nothing is left here. Beast has no bound on a chunk's extensions and on trailers.
  if (pending().size() > config_.max_header) {
    refuse(now, 431, kLargeHead);
    return false;
  }
  if (!std::exchange(parser_->answered_expectation, true)) {
    const bool is_old = parser_->beast.get().version() < 11;  // which knows no interim answers
    if (!is_old &&
        equal_ignoring_case(view(parser_->fields()[wire::field::expect]), "100-continue")) {
      connection_.send("HTTP/1.1 100 Continue\r\n\r\n");
    }
  }
  return false;
}

/// @return whether the request line and all headers are there and right
bool Session::read_head(Instant now) {
  if (!put(now) || !parser_->beast.is_header_done()) return false;
  parser_->take_head();
  // Beast bounds what it looks at in one go.
  if (size_of_head(parser_->beast.get()) <= config_.max_header) return true;
  refuse(now, 431, kLargeHead);
  return false;
}

/// Gives the parser what is there.
/// @return whether it is no error
bool Session::put(Instant now) {
  boost::beast::error_code error;
  consume(parser_->beast.put(boost::asio::buffer(pending().data(), pending().size()), error));
  if (!error || error == wire::error::need_more) return true;
  const auto [status, sentence] = describe(error, pending());
  refuse(now, status, sentence);
  return false;
}

Request Session::request() const {
  const auto& message = parser_->beast.get();
  Request request;
  request.method = view(message.method_string());
  if (parser_->target) request.target = parser_->target->origin_form;
  const std::size_t question = request.target.find('?');
  request.path = request.target.substr(0, question);
  if (question != std::string_view::npos) request.query = request.target.substr(question + 1);
  request.body = message.body();
  request.peer = connection_.peer();
  request.local = connection_.local();
  request.secure = connection_.is_secure();
  const std::string_view authority =
      parser_->target ? parser_->target->authority : std::string_view{};
  for (const auto& field : parser_->fields()) {
    // RFC 9112 §3.2.2: of the absolute form it is the authority that counts.
    const bool is_replaced = field.name() == wire::field::host && !authority.empty();
    request.headers.emplace_back(view(field.name_string()),
                                 is_replaced ? authority : view(field.value()));
  }
  return request;
}

void Session::dispatch(Instant now) {
  ++connection_.server().counters_.requests;
  DUET_DEBUG(Http, "request", {"method", view(parser_->beast.get().method_string())},
             {"target", view(parser_->beast.get().target())});
  const auto& message = parser_->beast.get();
  old_version_ = message.version() < 11;
  head_ = message.method() == wire::verb::head;
  keep_alive_ = message.keep_alive();
  const Request request = this->request();
  if (!parser_->target) {
    return refuse(now, 400, "The request's target is no path on this server.");
  }
  // RFC 9112 §3.2: exactly one Host field.
  const auto hosts = parser_->fields().count(wire::field::host);
  if (hosts > 1 || (hosts == 0 && !old_version_)) {
    return refuse(now, 400, "The request must have one Host header.");
  }
  if (!is_host(request.header("Host"))) {
    return refuse(now, 400, "The Host header is no name or address.");
  }
  // RFC 9112 §6.1 and §6.3: a length that only the sender knows could hide another request.
  if (parser_->fields().count(wire::field::transfer_encoding) > 0 &&
      (old_version_ || !parser_->beast.chunked())) {
    return refuse(now, 400, "This server understands chunked transfer encoding only.");
  }
  if (parser_->beast.chunked() &&
      !equal_ignoring_case(request.list("Transfer-Encoding"), "chunked")) {
    return refuse(now, 501, "This server understands chunked transfer encoding only.");
  }
  // RFC 9110 §7.8: of HTTP/1.0 an Upgrade is ignored.
  if (!old_version_ &&
      websocket::wants_websocket(request.list("Connection"), request.list("Upgrade"))) {
    return upgrade(now, request);
  }
  waiting_ = true;
  connection_.set_deadline(Instant::max());
  const auto parser = std::move(parser_);  // the request's views live until the call returns
  service_.handle_request(connection_.id(), request);
}

void Session::upgrade(Instant now, const Request& request) {
  const auto accepted = websocket::accept({.method = request.method,
                                           .version = request.header("Sec-WebSocket-Version"),
                                           .key = request.header("Sec-WebSocket-Key")});
  if (!accepted) {
    if (accepted.error() == websocket::OpeningError::UnsupportedVersion) {
      return refuse(now, 426, "This server speaks version 13 of WebSocket.");
    }
    return refuse(now, 400, "This is not a valid WebSocket handshake.");
  }
  const auto parser = std::move(parser_);
  // Nobody will tell of what is left of the last answer, and the service must hear nothing between
  // its word and the upgrade: what it had for the WebSocket then would be lost.
  if (const std::size_t left = std::exchange(answer_unsent_, 0); left > 0) {
    service_.handle_response_sent(connection_.id(), left);
  }
  UpgradeAnswer answer = service_.handle_websocket_opening(connection_.id(), request);
  if (answer.service == nullptr) {
    waiting_ = true;
    keep_alive_ = false;  // who asked for a WebSocket has no further request
    return respond(now, answer.refusal);
  }
  std::string head =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: ";
  head += *accepted;
  head += "\r\n";
  for (const auto& [name, value] : answer.headers) {
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
  }
  head += "\r\n";
  connection_.send(head);
  // In a segment of its own: some clients lose a message that comes together with the answer.
  connection_.flush(now);
  if (connection_.is_over()) {
    answer.service->handle_websocket_closed(connection_.id());
    return;
  }
  connection_.set_deadline(Instant::max());
  std::string rest{pending()};
  auto session = std::make_unique<WebSocketSession>(connection_, *answer.service, config_, now);
  WebSocketService& service = *answer.service;
  connection_.become(std::move(session));
  service.handle_websocket_opened(connection_.id());
  if (!rest.empty() && !connection_.is_over()) {
    connection_.protocol()->handle_bytes(now, std::as_writable_bytes(std::span{rest}));
  }
}

/// The server's own answer to what never reaches the service; the connection ends with it.
void Session::refuse(Instant now, int status, std::string_view sentence) {
  ++connection_.server().counters_.bad_requests;
  DUET_DEBUG(Http, "request refused", {"status", status}, {"reason", sentence});
  Response response = text_response(status, sentence);
  Request known;
  if (parser_) known = request();
  for (auto& header : service_.headers_of_error(known)) {
    response.headers.push_back(std::move(header));
  }
  if (status == 426) response.set("Sec-WebSocket-Version", "13");  // RFC 6455 §4.4
  waiting_ = true;
  keep_alive_ = false;
  head_ = known.method == "HEAD";
  respond(now, response);
}

void Session::respond(Instant now, const Response& response) {
  DUET_CHECK(waiting_);
  waiting_ = false;
  parser_.reset();
  const bool keep_alive = keep_alive_ && !connection_.server().is_closing();
  write(response, !head_, keep_alive);
  if (!keep_alive) return connection_.close_after_flush(now);
  connection_.set_deadline(now + kWriteTimeout);
  connection_.pause();  // the next request has its turn after this one, or once this is sent
  if (connection_.unsent() <= kMaxUnsent) connection_.resume();
}

void Session::write(const Response& response, bool with_body, bool keep_alive) {
  connection_.server().count_response(response.status);
  const std::string_view content = response.content();
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head += reason_phrase(response.status);
  head += "\r\nDate: ";
  head += connection_.server().date();
  head += "\r\n";
  for (const auto& [name, value] : response.headers) {
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
  }
  // RFC 9110 §8.6: no Content-Length in a 204, and none of a 304's that is not the resource's own.
  if (response.status != 204 && response.status != 304) {
    head += "Content-Length: " + std::to_string(content.size()) + "\r\n";
  }
  if (!keep_alive) {
    head += "Connection: close\r\n";
  } else if (old_version_) {
    head += "Connection: keep-alive\r\n";
  }
  head += "\r\n";
  connection_.send(head);
  answer_unsent_ = 0;
  if (!with_body || response.status == 204 || response.status == 304) return;
  answer_unsent_ = content.size();
  if (response.keep_alive && content.size() > kMaxCopied) {
    connection_.send(content, response.keep_alive);
  } else {
    connection_.send(content);
  }
}

}  // namespace duet::http
