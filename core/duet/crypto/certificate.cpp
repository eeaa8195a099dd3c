// SPDX-License-Identifier: MIT
// X.509 certificates as values (RFC 5280).
#include <duet/base/ascii.hpp>
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/crypto/certificate.hpp>
#include <duet/crypto/openssl.hpp>

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cstring>

namespace duet::crypto {

namespace {

using GeneralNamesPtr = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;
using NameConstraintsPtr = Handle<NAME_CONSTRAINTS, NAME_CONSTRAINTS_free>;
using StorePtr = Handle<X509_STORE, X509_STORE_free>;
using StoreContextPtr = Handle<X509_STORE_CTX, X509_STORE_CTX_free>;

// The stack without what is on it.
void free_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); }

std::string_view view(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

UnixTime unix_time(const ASN1_TIME* time) {
  std::tm parts{};
  DUET_CHECK(ASN1_TIME_to_tm(time, &parts) == 1);
  const std::chrono::year_month_day day{std::chrono::year{parts.tm_year + 1900},
                                        std::chrono::month{static_cast<unsigned>(parts.tm_mon) + 1},
                                        std::chrono::day{static_cast<unsigned>(parts.tm_mday)}};
  return std::chrono::sys_days{day} + std::chrono::hours{parts.tm_hour} +
         std::chrono::minutes{parts.tm_min} + std::chrono::seconds{parts.tm_sec};
}

// RFC 5280 §4.2.1.10: "any DNS name that can be constructed by simply adding zero or more labels
// to the left". With a leading dot, which verifiers also know, at least one label.
bool is_within(std::string_view name, std::string_view constraint) {
  if (name.size() < constraint.size()) return false;
  const std::string_view end = name.substr(name.size() - constraint.size());
  if (!equal_ignoring_case(end, constraint)) return false;
  if (name.size() == constraint.size() || constraint.starts_with('.')) return true;
  return constraint.empty() || name[name.size() - constraint.size() - 1] == '.';
}

// An iPAddress constraint is an address followed by a mask of the same length.
bool is_within(const IpAddress& address, std::string_view constraint) {
  const std::size_t size = address.is_v4() ? 4 : 16;
  if (constraint.size() != size * 2) return false;
  for (std::size_t i = 0; i < size; ++i) {
    const auto mask = static_cast<std::uint8_t>(constraint[size + i]);
    if ((address.bytes()[i] & mask) != (static_cast<std::uint8_t>(constraint[i]) & mask)) {
      return false;
    }
  }
  return true;
}

enum class Match : std::uint8_t { NoneOfThisType, Outside, Inside };

template <class Name>
Match match(const STACK_OF(GENERAL_SUBTREE) * trees, int type, const Name& name) {
  Match found = Match::NoneOfThisType;
  for (int i = 0; i < sk_GENERAL_SUBTREE_num(trees); ++i) {
    const GENERAL_NAME* base = sk_GENERAL_SUBTREE_value(trees, i)->base;
    if (base->type != type) continue;
    const auto* text = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(base, nullptr));
    if (is_within(name, view(text))) return Match::Inside;
    found = Match::Outside;
  }
  return found;
}

template <class Name>
bool permitted(X509* authority, int type, const Name& name) {
  const ErrorScope errors;
  const NameConstraintsPtr constraints{static_cast<NAME_CONSTRAINTS*>(
      X509_get_ext_d2i(authority, NID_name_constraints, nullptr, nullptr))};
  if (!constraints) return X509_get_ext_by_NID(authority, NID_name_constraints, -1) < 0;
  return match(constraints->permittedSubtrees, type, name) != Match::Outside &&
         match(constraints->excludedSubtrees, type, name) != Match::Inside;
}

}  // namespace

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (!text.empty()) {
    const std::string_view label = text.substr(0, text.find('.'));
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
      return false;
    }
    const auto fits = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    };
    if (!std::all_of(label.begin(), label.end(), fits)) return false;
    text.remove_prefix(label.size());
    if (text == ".") return false;
    if (!text.empty()) text.remove_prefix(1);
  }
  return true;
}

std::vector<Certificate> Certificate::all_from_pem(std::string_view text) {
  const ErrorScope errors;
  std::vector<Certificate> all;
  const BioPtr bio = reader(text);
  if (!bio) return all;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    all.push_back(adopt(certificate));
  }
  // At the end of the text there is no further block to start; anything else is a broken one.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) return {};
  return all;
}

std::optional<Certificate> Certificate::from_der(std::string_view der) {
  const ErrorScope errors;
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  X509Ptr certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
  if (!certificate || at != reinterpret_cast<const unsigned char*>(der.data()) + der.size()) {
    return std::nullopt;
  }
  return adopt(certificate.release());
}

Certificate Certificate::adopt(x509_st* certificate) { return Certificate{X509Ptr{certificate}}; }

std::string Certificate::to_pem() const {
  const BioPtr bio{BIO_new(BIO_s_mem())};
  DUET_CHECK(bio && PEM_write_bio_X509(bio.get(), certificate_.get()) == 1);
  return written(bio.get());
}

std::string Certificate::to_der() const {
  const BioPtr bio{BIO_new(BIO_s_mem())};
  DUET_CHECK(bio && i2d_X509_bio(bio.get(), certificate_.get()) == 1);
  return written(bio.get());
}

Sha256 Certificate::digest() const { return sha256(to_der()); }

UnixTime Certificate::not_before() const {
  return unix_time(X509_get0_notBefore(certificate_.get()));
}

UnixTime Certificate::not_after() const {
  return unix_time(X509_get0_notAfter(certificate_.get()));
}

std::string Certificate::common_name() const {
  const X509_NAME* subject = X509_get_subject_name(certificate_.get());
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  return std::string{view(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)))};
}

SubjectNames Certificate::names() const {
  const ErrorScope errors;
  const GeneralNamesPtr list{static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate_.get(), NID_subject_alt_name, nullptr, nullptr))};
  SubjectNames names;
  for (int i = 0; i < sk_GENERAL_NAME_num(list.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(list.get(), i), &type);
    if (type != GEN_DNS && type != GEN_IPADD) continue;
    const std::string_view text = view(static_cast<const ASN1_STRING*>(value));
    if (type == GEN_DNS) {
      names.dns.emplace_back(text);
    } else if (text.size() == 4) {
      std::array<std::uint8_t, 4> bytes{};
      std::memcpy(bytes.data(), text.data(), bytes.size());
      names.addresses.push_back(IpAddress::v4(bytes));
    } else if (text.size() == 16) {
      std::array<std::uint8_t, 16> bytes{};
      std::memcpy(bytes.data(), text.data(), bytes.size());
      names.addresses.push_back(IpAddress::v6(bytes));
    }
  }
  return names;
}

bool Certificate::is_authority() const {
  const ErrorScope errors;
  return X509_check_ca(certificate_.get()) == 1;
}

bool Certificate::is_issued_by(const Certificate& authority) const {
  const ErrorScope errors;
  X509* issuer = authority.certificate_.get();
  return X509_check_issued(issuer, certificate_.get()) == X509_V_OK &&
         X509_verify(certificate_.get(), X509_get0_pubkey(issuer)) == 1;
}

bool Certificate::is_for(const PrivateKey& key) const {
  const ErrorScope errors;
  return X509_check_private_key(certificate_.get(), key.native()) == 1;
}

bool Certificate::permits(std::string_view dns) const {
  return permitted(certificate_.get(), GEN_DNS, dns);
}

bool Certificate::permits(const IpAddress& address) const {
  return permitted(certificate_.get(), GEN_IPADD, address);
}

std::optional<std::string> verify_server(const Certificate& leaf,
                                         const std::vector<Certificate>& intermediates,
                                         const Certificate& root, std::string_view host,
                                         UnixTime now) {
  const ErrorScope errors;
  const StorePtr store{X509_STORE_new()};
  const Handle<STACK_OF(X509), free_stack> untrusted{sk_X509_new_null()};
  const StoreContextPtr context{X509_STORE_CTX_new()};
  DUET_CHECK(store && untrusted && context);
  for (const Certificate& certificate : intermediates) {
    sk_X509_push(untrusted.get(), certificate.native());
  }
  DUET_CHECK(X509_STORE_add_cert(store.get(), root.native()) == 1);
  DUET_CHECK(X509_STORE_CTX_init(context.get(), store.get(), leaf.native(), untrusted.get()) == 1);
  X509_VERIFY_PARAM* wanted = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(wanted, now.time_since_epoch().count());
  X509_STORE_CTX_set_default(context.get(), "ssl_server");
  const std::string name{host};
  const int set = IpAddress::parse(host)
                      ? X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str())
                      : X509_VERIFY_PARAM_set1_host(wanted, name.c_str(), name.size());
  DUET_CHECK(set == 1);
  if (X509_verify_cert(context.get()) == 1) return std::nullopt;
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

}  // namespace duet::crypto
