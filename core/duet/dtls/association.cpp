// SPDX-License-Identifier: MIT
// OpenSSL's DTLS over memory.
#include <duet/base/check.hpp>
#include <duet/crypto/secret.hpp>
#include <duet/dtls/association.hpp>
#include <duet/dtls/transport.hpp>

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace duet::dtls {

namespace {

// An alert of the peer's is a reason, that much higher: SSL_AD_REASON_OFFSET.
constexpr int kAlertReasons = 1000;

// The longest wait. Departs from RFC 6347 §4.2.4.1 (60 s): with the doubling that it asks for, a
// path that loses a third leaves one handshake in a hundred without a try for ten seconds. OpenSSL
// gives up at the 13th time-out, and 13 of these, from 50 ms on, take the 30 s of a handshake.
constexpr unsigned int kMaxWaitUs = 4'000'000;

unsigned int schedule(SSL* ssl, unsigned int last_us) {
  const auto* policy = static_cast<const Policy*>(SSL_get_app_data(ssl));
  if (last_us == 0) return static_cast<unsigned int>(policy->first_timeout().count());
  return std::min(last_us * 2, kMaxWaitUs);
}

std::string openssl_name(srtp::Profile profile) {
  switch (profile) {
    case srtp::Profile::Aes128CmSha1:
      return "SRTP_AES128_CM_SHA1_80";
    case srtp::Profile::AeadAes128Gcm:
      return "SRTP_AEAD_AES_128_GCM";
    case srtp::Profile::AeadAes256Gcm:
      return "SRTP_AEAD_AES_256_GCM";
  }
  return {};
}

// A queue of errors that somebody else left on this thread would be taken for this connection's.
struct CleanErrors {
  CleanErrors() { ERR_clear_error(); }

  CleanErrors(const CleanErrors&) = delete;
  CleanErrors& operator=(const CleanErrors&) = delete;

  ~CleanErrors() { ERR_clear_error(); }
};

}  // namespace

Association::Association(const Identity& identity, Policy& policy, Role role, const Config& config)
    : ssl_{SSL_new(identity.context())} {
  DUET_CHECK(ssl_);
  SSL* ssl = ssl_.get();
  SSL_set_app_data(ssl, &policy);
  datagrams_.max_size = config.mtu;
  BIO* bio = make_bio(identity.datagrams(), datagrams_).release();
  SSL_set_bio(ssl, bio, bio);
  DTLS_set_timer_cb(ssl, schedule);
  DUET_CHECK(DTLS_set_link_mtu(ssl, static_cast<long>(config.mtu)) == 1);
  SSL_set_max_send_fragment(ssl, static_cast<long>(config.max_data));
  std::string names;
  for (const srtp::Profile profile : config.srtp_profiles) {
    names += (names.empty() ? "" : ":") + openssl_name(profile);
  }
  // Alone among its kin it returns 0 for success.
  DUET_CHECK(names.empty() || SSL_set_tlsext_use_srtp(ssl, names.c_str()) == 0);
  if (role == Role::Client) {
    SSL_set_connect_state(ssl);
  } else {
    SSL_set_accept_state(ssl);
  }
}

Association::Progress Association::fail_with(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  const unsigned long code = ERR_peek_error();
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return Progress::Waits;
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason > kAlertReasons && reason < kAlertReasons + 256) {
    broken_.alert = static_cast<std::uint8_t>(reason - kAlertReasons);
  }
  const char* words = ERR_reason_error_string(code);
  broken_.words = words != nullptr ? words : "no reason given";
  return Progress::Broken;
}

Association::Progress Association::handshake(std::span<const std::byte> record) {
  const CleanErrors errors;
  datagrams_.incoming = record;
  const int result = SSL_do_handshake(ssl_.get());
  datagrams_.incoming = {};
  return result == 1 ? Progress::Done : fail_with(result);
}

Association::Progress Association::read(std::span<const std::byte> record, std::span<std::byte> out,
                                        std::size_t& size) {
  const CleanErrors errors;
  datagrams_.incoming = record;
  const int result = SSL_read_ex(ssl_.get(), out.data(), out.size(), &size);
  datagrams_.incoming = {};
  if (result == 1) return Progress::Done;
  size = 0;
  if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN) return Progress::Done;
  return fail_with(result);
}

std::size_t Association::write(std::span<const std::byte> data, std::span<std::byte> out) {
  const CleanErrors errors;
  datagrams_.direct = out;
  datagrams_.direct_size = 0;
  SSL_alloc_buffers(ssl_.get());  // for reading OpenSSL does this itself
  std::size_t written = 0;
  SSL_write_ex(ssl_.get(), data.data(), data.size(), &written);
  datagrams_.direct = {};
  return datagrams_.direct_size;
}

void Association::release_buffers() { SSL_free_buffers(ssl_.get()); }

void Association::shut_down() {
  const CleanErrors errors;
  SSL_alloc_buffers(ssl_.get());
  SSL_shutdown(ssl_.get());
}

Association::Progress Association::handle_timeout() {
  const CleanErrors errors;
  const long result = DTLSv1_handle_timeout(ssl_.get());
  return result >= 0 ? Progress::Waits : fail_with(static_cast<int>(result));
}

std::optional<Duration> Association::timeout() const {
  timeval left{};
  if (DTLSv1_get_timeout(ssl_.get(), &left) == 0) return std::nullopt;
  return std::chrono::seconds{left.tv_sec} + std::chrono::microseconds{left.tv_usec};
}

bool Association::has_extended_master_secret() const {
  return SSL_get_extms_support(ssl_.get()) == 1;
}

std::optional<srtp::Profile> Association::profile() const {
  const SRTP_PROTECTION_PROFILE* profile = SSL_get_selected_srtp_profile(ssl_.get());
  return profile != nullptr ? srtp::profile_of(static_cast<std::uint16_t>(profile->id))
                            : std::nullopt;
}

// RFC 5764 §4.2: the client's key, the server's key, the client's salt, the server's salt.
srtp::MasterKeys Association::export_keys(Role role, srtp::Profile profile) const {
  constexpr std::string_view kLabel = "EXTRACTOR-dtls_srtp";
  const std::size_t key = srtp::key_size(profile);
  const std::size_t salt = srtp::salt_size(profile);
  auto material = crypto::Secret<std::size_t{2} * (32 + 14)>::of_size(2 * (key + salt));
  const auto all = material.writable();
  DUET_CHECK(SSL_export_keying_material(ssl_.get(), reinterpret_cast<unsigned char*>(all.data()),
                                        all.size(), kLabel.data(), kLabel.size(), nullptr, 0,
                                        0) == 1);
  srtp::MasterKey client{profile, all.first(key), all.subspan(2 * key, salt)};
  srtp::MasterKey server{profile, all.subspan(key, key), all.subspan(2 * key + salt, salt)};
  if (role == Role::Server) std::swap(client, server);
  return {.send = std::move(client), .receive = std::move(server)};
}

std::vector<std::byte> Association::peer_certificate() const {
  return der(SSL_get0_peer_certificate(ssl_.get()));
}

std::string Association::cipher() const {
  return SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl_.get()));
}

}  // namespace duet::dtls
