// SPDX-License-Identifier: MIT
// One HTTP request and its answer, on a connection of their own.
#pragma once

#include <duet/net/http_answer.hpp>
#include <duet/net/origin.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duet::net {

/// Sends at once. Destroying it gives the request up.
class HttpExchange {
 public:
  struct Result {
    int status = 0;  ///< 0: no answer
    std::string body = {};
    std::optional<OutgoingStream::End> end = {};  ///< why there is none
  };

  /// @param target  path and query
  /// @param done    called once, from the loop; may destroy the exchange
  HttpExchange(EventLoop& loop, const Origin& origin, std::string_view method,
               std::string_view target, std::string_view body, std::function<void(Result)> done);

  /// See OutgoingStream.
  bool is_stranded() const { return stream_.is_stranded(); }

 private:
  void handle_received(std::span<std::byte> bytes);
  void handle_ended(const OutgoingStream::End& end);

  std::function<void(Result)> done_;
  HttpAnswer answer_{HttpAnswer::Body::Awaited};
  bool is_told_ = false;
  OutgoingStream stream_;
};

}  // namespace duet::net
