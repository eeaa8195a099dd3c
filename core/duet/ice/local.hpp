// SPDX-License-Identifier: MIT
// What an agent has on its own side: addresses, candidates, questions to servers, relays, streams.
#pragma once

#include <duet/base/time.hpp>
#include <duet/ice/candidate.hpp>
#include <duet/ice/check.hpp>
#include <duet/ice/event.hpp>
#include <duet/ice/path.hpp>
#include <duet/turn/client.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace duet::ice {

/// An address of this machine that packets may leave from.
struct LocalAddress {
  Endpoint base;  // the socket's; port 0 of who only opens connections
  std::optional<TcpType> tcp;
  std::uint32_t rank = 0;  // among those of its family
  std::string name;        // in mDNS, where addresses are hidden
};

/// A candidate of ours.
struct LocalCandidate {
  CandidateId id;
  Candidate candidate;  // as it is told to the peer
  Endpoint address;     // as it is
  Endpoint base;        // RFC 8445 §5.1.1: what packets to and from it leave and come in at
  RelayId relay;        // of a relayed one
  std::uint32_t foundation = 0;
  std::uint32_t local_preference = 0;  // RFC 8445 §5.1.2.1
  std::optional<std::size_t> server;   // that it was found with
  std::optional<Endpoint> server_endpoint;
  bool is_told = true;  // peer-reflexive ones are not

  /// Whether pairs are made with it. Reflexive ones leave from their base, and are its pairs
  /// (RFC 8445 §6.1.2.4).
  bool is_paired() const {
    return candidate.type == CandidateType::Host || candidate.type == CandidateType::Relay;
  }
};

/// A candidate of the peer's.
struct RemoteCandidate {
  CandidateId id;
  Candidate candidate;
  std::uint32_t foundation = 0;  // equal where the text is
  bool is_resolved = true;       // false while a name is being looked up
  bool is_told = true;           // false of one that only a check of the peer's has shown
};

/// Of what was found with a server that is not in the list any more.
inline constexpr std::size_t kFormerServer = SIZE_MAX;

/// A question to a STUN server: what address do you see?
struct Query {
  std::size_t server = 0;  // its place in Config::servers, or kFormerServer
  Endpoint to;
  Endpoint base;
  std::optional<Check> request;  // in progress
  Instant again;                 // when to ask again, so that a NAT doesn't forget
  bool is_settled = false;       // answered, or given up
};

/// A relayed address, or the attempt to get one.
struct Relay {
  RelayId id;
  std::size_t server = 0;  // its place in Config::servers, or kFormerServer
  Carrier carrier = Carrier::Udp;
  turn::Credential credential;
  std::string host;  // Server::host
  Endpoint to;       // the server
  Endpoint base;     // from where
  StreamId stream;
  std::unique_ptr<turn::Client> client;  // null while a stream is being opened
  std::optional<Endpoint> relayed;
  std::vector<IpAddress> permitted;  // at most turn::kMaxPermissions
  int redirects = 0;
  bool is_settled = false;
};

/// A TCP or TLS connection.
struct Stream {
  StreamId id;
  Framing framing = Framing::Rfc4571;
  Endpoint local;
  Endpoint remote;
  RelayId relay;  // what it is for; of streams between peers none
  bool is_open = false;
  bool is_proven = false;           // an authentic check came or was answered
  std::optional<Instant> deadline;  // by when it must be proven
};

}  // namespace duet::ice
