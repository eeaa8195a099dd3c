// SPDX-License-Identifier: MIT
// One HTTP request and its answer, on a connection of their own.
#pragma once

#include <duet/http/answer.hpp>
#include <duet/http/origin.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duet::http {

/// Sends at once. Destroying it gives the request up.
class Exchange {
 public:
  struct Result {
    int status = 0;  ///< 0: no answer
    std::string body = {};
    std::optional<net::OutgoingStream::End> end = {};  ///< why there is none
  };

  /// @param target  path and query
  /// @param done    called once, from the loop; may destroy the exchange
  Exchange(net::EventLoop& loop, const Origin& origin, std::string_view method,
           std::string_view target, std::string_view body, std::function<void(Result)> done);

  /// See net::OutgoingStream.
  bool is_stranded() const { return stream_.is_stranded(); }

 private:
  void handle_received(std::span<std::byte> bytes);
  void handle_ended(const net::OutgoingStream::End& end);

  std::function<void(Result)> done_;
  Answer answer_{Answer::Body::Awaited};
  bool is_told_ = false;
  net::OutgoingStream stream_;
};

}  // namespace duet::http
