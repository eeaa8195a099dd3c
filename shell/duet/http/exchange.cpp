// SPDX-License-Identifier: MIT
// One HTTP request and its answer.
#include <duet/http/exchange.hpp>

#include <utility>

namespace duet::http {

Exchange::Exchange(net::EventLoop& loop, const Origin& origin, std::string_view method,
                   std::string_view target, std::string_view body, std::function<void(Result)> done)
    : done_{std::move(done)},
      stream_{loop,
              origin.endpoint,
              origin.tls,
              {.opened = [] {},
               .received = [this](std::span<std::byte> bytes) { handle_received(bytes); },
               .ended = [this](const net::OutgoingStream::End& end) { handle_ended(end); }}} {
  std::string request{method};
  request += ' ';
  request += target;
  request += " HTTP/1.1\r\nHost: " + origin.authority + "\r\nConnection: close\r\nAccept: */*\r\n";
  if (method == "POST") {
    request +=
        "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n";
  }
  request += "\r\n";
  request += body;
  stream_.send(request);
}

void Exchange::handle_received(std::span<std::byte> bytes) {
  if (is_told_) return;
  const bool is_http = answer_.read(bytes);
  if (is_http && !answer_.is_done()) return;
  is_told_ = true;
  const auto done = std::move(done_);  // which may destroy this
  done(is_http ? Result{answer_.status(), answer_.body()} : Result{});
}

void Exchange::handle_ended(const net::OutgoingStream::End& end) {
  if (is_told_) return;
  is_told_ = true;
  if (end.why == net::OutgoingStream::End::Why::Ended) answer_.finish();
  const auto done = std::move(done_);
  done(answer_.is_done() ? Result{answer_.status(), answer_.body()} : Result{0, {}, end});
}

}  // namespace duet::http
