// SPDX-License-Identifier: MIT
// What happens in a call, step by step, under the names that every part of Duet uses.
#pragma once

#include <duet/base/time.hpp>
#include <duet/peer/connection.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::apps {

/// One step. Names are those of the page's timeline: `candidate.local`, `pair`, `dtls.connected`.
struct Step {
  Instant at;
  std::string_view end;  ///< whose: "caller", "callee"; empty where there is one only
  std::string_view name;
  std::string text;  ///< for people
  /// For programs: keys and JSON values.
  std::vector<std::pair<std::string_view, std::string>> fields = {};
};

/// "     1.234 ms  caller  candidate.local  host udp 127.0.0.1:5000"
std::string to_line(const Step& step, Instant start);

/// {"ev":"candidate.local","ms":1.234,"end":"caller",...}
std::string to_json(const Step& step, Instant start);

/// Makes steps of one connection's events.
class CallFlow {
 public:
  /// @param listens  whether anybody does; where nobody does, nothing is made up
  CallFlow(
      std::string_view end, std::function<void(const Step&)> tell,
      std::function<bool()> listens = [] { return true; })
      : end_{end}, tell_{std::move(tell)}, listens_{std::move(listens)} {}

  /// Another call begins, which has a first packet of its own.
  void handle_start() { has_heard_rtp_ = false; }

  void handle(Instant now, const peer::Connection& connection, const peer::Event& event);

  void say(Instant now, std::string_view name, std::string text,
           std::vector<std::pair<std::string_view, std::string>> fields = {});

  /// A description that was set. @param name  "sdp.local" or "sdp.remote"
  void describe(Instant now, std::string_view name, const peer::SessionDescription& description);
  /// One that was given to the connection.
  void candidate(Instant now, const peer::IceCandidateInit& candidate);

 private:
  void handle(Instant now, const peer::Connection& connection, const ice::Event& event);
  void pair_step(Instant now, const peer::Connection& connection, std::string_view name,
                 ice::PairId pair, std::string_view what);

  std::string_view end_;
  std::function<void(const Step&)> tell_;
  std::function<bool()> listens_;
  bool has_heard_rtp_ = false;
};

}  // namespace duet::apps
