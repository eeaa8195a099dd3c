// SPDX-License-Identifier: MIT
// The TLS settings of a client: whom it believes.
#include <duet/base/check.hpp>
#include <duet/crypto/handle.hpp>
#include <duet/tls/client_context.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string>

namespace duet::tls {

namespace {

using SslCtxPtr = crypto::Handle<SSL_CTX, SSL_CTX_free>;
using StorePtr = crypto::Handle<X509_STORE, X509_STORE_free>;

constexpr std::array<unsigned char, 9> kProtocols = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

bool has_digest(X509* certificate, const crypto::Sha256& wanted) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  return X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1 &&
         size == wanted.size() && std::memcmp(digest.data(), wanted.data(), size) == 0;
}

/// Makes the pinned certificate the one that is trusted, if the server shows it. Names count
/// unless it is the server's own.
int verify_pinned(X509_STORE_CTX* chain, void* pin) {
  const auto& wanted = *static_cast<const crypto::Sha256*>(pin);
  X509* const own = X509_STORE_CTX_get0_cert(chain);
  X509* pinned = has_digest(own, wanted) ? own : nullptr;
  STACK_OF(X509)* const shown = X509_STORE_CTX_get0_untrusted(chain);
  for (int i = 0; pinned == nullptr && i < sk_X509_num(shown); ++i) {
    if (has_digest(sk_X509_value(shown, i), wanted)) pinned = sk_X509_value(shown, i);
  }
  if (pinned == nullptr) {
    X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REJECTED);
    return 0;
  }
  if (pinned == own) return 1;  // it proves its key in the handshake, and that is all there is
  const crypto::Handle<STACK_OF(X509), [](STACK_OF(X509) * stack) { sk_X509_free(stack); }> trusted{
      sk_X509_new_null()};
  DUET_CHECK(trusted && sk_X509_push(trusted.get(), pinned) > 0);
  X509_STORE_CTX_set0_trusted_stack(chain, trusted.get());
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(chain), X509_V_FLAG_PARTIAL_CHAIN);
  return X509_verify_cert(chain);
}

void free_pin(void* /*parent*/, void* pin, CRYPTO_EX_DATA* /*data*/, int /*index*/, long /*argl*/,
              void* /*argp*/) {
  delete static_cast<crypto::Sha256*>(pin);
}

/// PEM, with one or more, or DER, as a browser downloads one.
bool load_authorities(SSL_CTX* context, const char* file) {
  if (SSL_CTX_load_verify_file(context, file) == 1) return true;
  X509_LOOKUP* const lookup =
      X509_STORE_add_lookup(SSL_CTX_get_cert_store(context), X509_LOOKUP_file());
  const bool is_der =
      lookup != nullptr && X509_load_cert_file(lookup, file, X509_FILETYPE_ASN1) == 1;
  ERR_clear_error();
  return is_der;
}

}  // namespace

std::shared_ptr<SSL_CTX> make_client_context(const Trust& trust) {
  SslCtxPtr context{SSL_CTX_new(TLS_client_method())};
  DUET_CHECK(context);
  SSL_CTX* const raw = context.get();
  DUET_CHECK(SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) == 1);
  DUET_CHECK(SSL_CTX_set_alpn_protos(raw, kProtocols.data(), kProtocols.size()) == 0);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  if (trust.authorities) {
    if (!load_authorities(raw, trust.authorities->c_str())) {
      throw std::runtime_error{"there is no certificate in " + trust.authorities->string() +
                               "; --ca wants the file that the server's page /ca gives"};
    }
  } else {
    SSL_CTX_set_default_verify_paths(raw);  // none there: nobody is believed
  }
  if (trust.pin) {
    // Lives as long as the context.
    const int index =
        CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, 0, nullptr, nullptr, nullptr, free_pin);
    auto* pin = new crypto::Sha256{*trust.pin};
    DUET_CHECK(index >= 0 && SSL_CTX_set_ex_data(raw, index, pin) == 1);
    SSL_CTX_set_cert_verify_callback(raw, verify_pinned, pin);
  }
  return {context.release(), SSL_CTX_free};
}

std::optional<crypto::Sha256> parse_pin(std::string_view text) {
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c != ':'; });
  crypto::Sha256 pin{};
  if (digits.size() != 2 * pin.size()) return std::nullopt;
  for (std::size_t i = 0; i < pin.size(); ++i) {
    std::uint8_t value = 0;
    const char* const at = digits.data() + 2 * i;
    const auto [end, error] = std::from_chars(at, at + 2, value, 16);
    if (error != std::errc{} || end != at + 2) return std::nullopt;
    pin[i] = static_cast<std::byte>(value);
  }
  return pin;
}

}  // namespace duet::tls
