// SPDX-License-Identifier: MIT
// The TLS settings of the server, and the certificate in use, which may change while it runs.
#include <duet/base/check.hpp>
#include <duet/crypto/handle.hpp>
#include <duet/tls/context.hpp>
#include <duet/tls/error.hpp>
#include <duet/tls/local_authority.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <stdexcept>
#include <string_view>
#include <utility>

namespace duet::tls {

namespace {

using SslCtxPtr = crypto::Handle<SSL_CTX, SSL_CTX_free>;

// Forward secrecy and authenticated encryption only, for TLS 1.2; TLS 1.3 has nothing else.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

void free_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); }

// RFC 7301 §3.2 ends a handshake without a common protocol. Departs from it: a client that only
// offers h2 or stun.turn may as well speak without ALPN, and TURN over TLS does.
int select_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void* /*unused*/) {
  constexpr std::string_view kHttp = "http/1.1";
  std::string_view rest{reinterpret_cast<const char*>(offered), offered_size};
  while (!rest.empty()) {
    const std::size_t length = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    const std::string_view name = rest.substr(0, length);
    if (name == kHttp) {
      *chosen = reinterpret_cast<const unsigned char*>(name.data());
      *size = static_cast<unsigned char>(name.size());
      return SSL_TLSEXT_ERR_OK;
    }
    rest.remove_prefix(name.size());
  }
  return SSL_TLSEXT_ERR_NOACK;
}

std::string openssl_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason != nullptr ? reason : "no reason given";
}

std::shared_ptr<SSL_CTX> make_context(const Identity& identity) {
  ERR_clear_error();
  SslCtxPtr context{SSL_CTX_new(TLS_server_method())};
  DUET_CHECK(context);
  SSL_CTX* const raw = context.get();
  DUET_CHECK(SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) == 1);
  DUET_CHECK(SSL_CTX_set_cipher_list(raw, kCiphers) == 1);
  DUET_CHECK(SSL_CTX_set1_groups_list(raw, "X25519:P-256:P-384") == 1);
  // Browsers often leave without close_notify; lengths are told by HTTP and WebSocket, so an end
  // that comes early is seen there.
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Tickets resume a session without memory on our side; a cache would be memory.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(raw, select_protocol, nullptr);

  const crypto::Handle<STACK_OF(X509), free_stack> rest{sk_X509_new_null()};
  DUET_CHECK(rest);
  for (std::size_t i = 1; i < identity.chain.size(); ++i) {
    DUET_CHECK(sk_X509_push(rest.get(), identity.chain[i].native()) > 0);
  }
  if (SSL_CTX_use_cert_and_key(raw, identity.chain.front().native(), identity.key.native(),
                               rest.get(), 1) != 1) {
    const std::string reason = openssl_reason();
    ERR_clear_error();
    throw Error{"TLS can't use that certificate: " + reason + ".", "TLS 无法使用该证书：" + reason};
  }
  return std::shared_ptr<SSL_CTX>{std::move(context)};
}

bool same(const Identity& a, const Identity& b) {
  if (a.chain.size() != b.chain.size()) return false;
  for (std::size_t i = 0; i < a.chain.size(); ++i) {
    if (a.chain[i].digest() != b.chain[i].digest()) return false;
  }
  return a.chain.front().is_for(b.key);
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) {
    if (!text.empty()) text += ' ';
    text += sentence;
  }
  return text;
}

}  // namespace

TlsContext::TlsContext(std::unique_ptr<IdentitySource> source) : source_{std::move(source)} {
  const Identity identity = source_->load();
  use(identity, make_context(identity));
}

std::unique_ptr<TlsContext> TlsContext::from_files(std::filesystem::path chain,
                                                   std::filesystem::path key) {
  return std::make_unique<TlsContext>(
      std::make_unique<FileIdentity>(std::move(chain), std::move(key)));
}

std::unique_ptr<TlsContext> TlsContext::from_local_authority(std::filesystem::path directory) {
  return std::make_unique<TlsContext>(std::make_unique<LocalAuthority>(std::move(directory)));
}

std::shared_ptr<SSL_CTX> TlsContext::context() const {
  const std::lock_guard lock{mutex_};
  return context_;
}

TlsContext::Report TlsContext::reload_if_changed() {
  // A source may go on saying that it has changed, such as one that can't write a certificate for a
  // new address; its complaint is then the same each time.
  if (!source_->has_changed()) return {};
  try {
    const Identity identity = source_->load();
    problem_.clear();
    if (same(identity, *identity_)) return {};
    use(identity, make_context(identity));
    std::string sentence = joined(identity.news);
    if (sentence.empty()) {
      sentence = "A new certificate is in use, until " +
                 date_text(identity.chain.front().not_after()) + ".";
    }
    return {.result = Reload::Renewed, .sentence = std::move(sentence)};
  } catch (const std::exception& error) {
    const std::string problem = std::string{error.what()} +
                                " The certificate in use stays, until " +
                                date_text(certificate().not_after()) + ".";
    if (problem == problem_) return {.result = Reload::Kept, .sentence = {}};
    problem_ = problem;
    return {.result = Reload::Kept, .sentence = problem};
  }
}

crypto::Certificate TlsContext::certificate() const {
  const std::lock_guard lock{mutex_};
  return identity_->chain.front();
}

std::optional<crypto::Certificate> TlsContext::authority() const {
  const std::lock_guard lock{mutex_};
  return identity_->authority;
}

std::vector<std::string> TlsContext::news() const {
  const std::lock_guard lock{mutex_};
  return identity_->news;
}

void TlsContext::use(const Identity& identity, std::shared_ptr<SSL_CTX> context) {
  const std::lock_guard lock{mutex_};
  identity_ = identity;
  context_ = std::move(context);
}

}  // namespace duet::tls
