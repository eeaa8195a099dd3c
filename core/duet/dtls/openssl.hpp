// SPDX-License-Identifier: MIT
// What the .cpp files of this folder share about OpenSSL; no public header includes it.
#pragma once

#include <duet/crypto/certificate.hpp>
#include <duet/crypto/handle.hpp>
#include <duet/crypto/key.hpp>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <span>
#include <vector>

namespace duet::dtls {

using BioMethodPtr = crypto::Handle<BIO_METHOD, BIO_meth_free>;
using BioPtr = crypto::Handle<BIO, BIO_free_all>;
using SslContextPtr = crypto::Handle<SSL_CTX, SSL_CTX_free>;
using SslPtr = crypto::Handle<SSL, SSL_free>;

/// DTLS 1.2 as RFC 8827 §6.5 and RFC 9325 want it. A peer's certificate is asked for and handed to
/// the Policy of the connection (association.hpp).
SslContextPtr make_context(const crypto::Certificate& certificate, const crypto::PrivateKey& key);

/// The two ends of a connection's BIO. One read is one record: OpenSSL's own memory BIO joins them.
struct Datagrams {
  /// Far more than a flight has. Peers that make OpenSSL write more than this before it is polled
  /// lose the rest, and get it again with the next flight.
  static constexpr std::size_t kMaxOutgoing = 64;

  std::size_t max_size = 0;             ///< of an outgoing datagram
  std::span<const std::byte> incoming;  ///< read once
  /// Written, in order. OpenSSL fills datagrams itself when it first sends a flight, but sends it
  /// again message by message: what was not polled yet is filled up, so that less can be lost.
  std::vector<std::vector<std::byte>> outgoing;
  std::span<std::byte> direct;  ///< if there is one, the next write goes here
  std::size_t direct_size = 0;  ///< bytes of that write
};

BioMethodPtr make_datagram_method();

/// @param datagrams  outlives the BIO
BioPtr make_bio(const BIO_METHOD* method, Datagrams& datagrams);

}  // namespace duet::dtls
