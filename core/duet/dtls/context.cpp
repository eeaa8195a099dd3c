// SPDX-License-Identifier: MIT
// What all connections of an identity have in common.
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/dtls/association.hpp>
#include <duet/dtls/openssl.hpp>

#include <cstdint>
#include <memory>

namespace duet::dtls {

namespace {

// RFC 8827 §6.5 asks for the first. All give forward secrecy (RFC 9325 §4.2) and are AES-GCM, which
// Record::kMinProtected counts on; those with RSA are for peers whose certificate is of that kind.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";

constexpr const char* kGroups = "P-256:X25519:P-384";

// Bytes of a handshake message, which peers may send in pieces that wait for each other. An RSA
// certificate of 8192 bits has 2.5 KB; OpenSSL would keep 100 KB of each of ten messages.
constexpr long kMaxCertificates = 8192;

// Takes the place of OpenSSL's own verification, which looks for an authority where there is none.
int verify(X509_STORE_CTX* store, void* /*unused*/) {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* policy = static_cast<Policy*>(SSL_get_app_data(ssl));
  const auto certificate = der(X509_STORE_CTX_get0_cert(store));
  if (policy->accepts(certificate)) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

}  // namespace

std::vector<std::byte> der(const X509* certificate) {
  std::vector<std::byte> bytes;
  const int size = certificate != nullptr ? i2d_X509(certificate, nullptr) : 0;
  if (size <= 0) return bytes;
  bytes.resize(static_cast<std::size_t>(size));
  auto* at = reinterpret_cast<unsigned char*>(bytes.data());
  i2d_X509(certificate, &at);
  return bytes;
}

SslContextPtr make_context(const crypto::Certificate& certificate, const crypto::PrivateKey& key) {
  SslContextPtr context{SSL_CTX_new(DTLS_method())};
  DUET_CHECK(context);
  SSL_CTX* ctx = context.get();
  DUET_CHECK(SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) == 1 &&
             SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) == 1);
  DUET_CHECK(SSL_CTX_set_cipher_list(ctx, kCiphers) == 1 &&
             SSL_CTX_set1_groups_list(ctx, kGroups) == 1);
  DUET_CHECK(SSL_CTX_use_certificate(ctx, certificate.native()) == 1 &&
             SSL_CTX_use_PrivateKey(ctx, key.native()) == 1 && SSL_CTX_check_private_key(ctx) == 1);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(ctx, verify, nullptr);
  SSL_CTX_set_max_cert_list(ctx, kMaxCertificates);
  return context;
}

}  // namespace duet::dtls
