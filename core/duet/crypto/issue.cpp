// SPDX-License-Identifier: MIT
// Making certificates: an authority that may sign for little, and servers under it.
#include <duet/base/check.hpp>
#include <duet/crypto/issue.hpp>
#include <duet/crypto/openssl.hpp>

#include <openssl/rand.h>

#include <array>

namespace duet::crypto {

namespace {

using Asn1IntegerPtr = Handle<ASN1_INTEGER, ASN1_INTEGER_free>;
using Asn1OctetStringPtr = Handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using AuthorityKeyIdPtr = Handle<AUTHORITY_KEYID, AUTHORITY_KEYID_free>;
using BasicConstraintsPtr = Handle<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>;
using BitStringPtr = Handle<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;
using BnPtr = Handle<BIGNUM, BN_free>;
using ExtendedKeyUsagePtr = Handle<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;
using GeneralNamePtr = Handle<GENERAL_NAME, GENERAL_NAME_free>;
using GeneralNamesPtr = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;
using NameConstraintsPtr = Handle<NAME_CONSTRAINTS, NAME_CONSTRAINTS_free>;
using SubtreePtr = Handle<GENERAL_SUBTREE, GENERAL_SUBTREE_free>;

enum class Critical : std::uint8_t { No, Yes };

// RFC 5280 §4.2.1.3, bits of keyUsage.
constexpr int kDigitalSignature = 0;
constexpr int kKeyCertSign = 5;
constexpr int kCrlSign = 6;

constexpr std::size_t kUbCommonName = 64;  // RFC 5280 §A.1, ub-common-name

void add(X509* certificate, int nid, void* extension, Critical critical) {
  DUET_CHECK(X509_add1_ext_i2d(certificate, nid, extension, critical == Critical::Yes ? 1 : 0,
                               X509V3_ADD_DEFAULT) == 1);
}

void set_random_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  DUET_CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  bytes[0] = (bytes[0] & 0x3F) | 0x40;  // positive, and 16 bytes long (RFC 5280 §4.1.2.2)
  const BnPtr number{BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
  DUET_CHECK(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)));
}

void add_to_name(X509_NAME* name, int nid, std::string_view text) {
  DUET_CHECK(X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
                                        reinterpret_cast<const unsigned char*>(text.data()),
                                        static_cast<int>(text.size()), -1, 0) == 1);
}

GeneralNamePtr general_name(int type, std::string_view value) {
  GeneralNamePtr name{GENERAL_NAME_new()};
  ASN1_STRING* text = type == GEN_DNS ? ASN1_IA5STRING_new() : ASN1_OCTET_STRING_new();
  DUET_CHECK(name && text &&
             ASN1_STRING_set(text, value.data(), static_cast<int>(value.size())) == 1);
  GENERAL_NAME_set0_value(name.get(), type, text);
  return name;
}

std::string_view bytes_of(const IpAddress& address) {
  return {reinterpret_cast<const char*>(address.bytes().data()),
          address.is_v4() ? std::size_t{4} : std::size_t{16}};
}

std::string address_and_mask(const IpPrefix& block) {
  std::string text{bytes_of(block.address())};
  int rest = block.length();
  for (std::size_t i = text.size(); i > 0; --i) {
    const int bits = std::min(rest, 8);
    text += static_cast<char>(0xFF00 >> bits);
    rest -= bits;
  }
  return text;
}

// The certificate with everything but subject, issuer and what is special to its kind.
X509Ptr blank(const PrivateKey& key, UnixTime not_before, UnixTime not_after) {
  X509Ptr certificate{X509_new()};
  DUET_CHECK(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  set_random_serial(certificate.get());
  ASN1_TIME* from = X509_getm_notBefore(certificate.get());
  ASN1_TIME* until = X509_getm_notAfter(certificate.get());
  DUET_CHECK(ASN1_TIME_set(from, not_before.time_since_epoch().count()) != nullptr);
  DUET_CHECK(ASN1_TIME_set(until, not_after.time_since_epoch().count()) != nullptr);
  DUET_CHECK(X509_set_pubkey(certificate.get(), key.native()) == 1);
  add_to_name(X509_get_subject_name(certificate.get()), NID_organizationName, "Duet");
  return certificate;
}

void add_basic_constraints(X509* certificate, bool authority) {
  const BasicConstraintsPtr constraints{BASIC_CONSTRAINTS_new()};
  DUET_CHECK(constraints);
  constraints->ca = authority ? 0xFF : 0;
  if (authority) {
    constraints->pathlen = ASN1_INTEGER_new();
    DUET_CHECK(constraints->pathlen && ASN1_INTEGER_set(constraints->pathlen, 0) == 1);
  }
  add(certificate, NID_basic_constraints, constraints.get(), Critical::Yes);
}

void add_key_usage(X509* certificate, std::initializer_list<int> bits) {
  const BitStringPtr usage{ASN1_BIT_STRING_new()};
  DUET_CHECK(usage);
  for (const int bit : bits) DUET_CHECK(ASN1_BIT_STRING_set_bit(usage.get(), bit, 1) == 1);
  add(certificate, NID_key_usage, usage.get(), Critical::Yes);
}

// RFC 5280 §4.2.1.12: TLS servers, and neither mail nor code. In an authority's certificate
// browsers take it as a limit on all that is below.
void add_server_purpose(X509* certificate) {
  const ExtendedKeyUsagePtr usage{sk_ASN1_OBJECT_new_null()};
  DUET_CHECK(usage && sk_ASN1_OBJECT_push(usage.get(), OBJ_nid2obj(NID_server_auth)) > 0);
  add(certificate, NID_ext_key_usage, usage.get(), Critical::No);
}

// RFC 5280 §4.2.1.2, method 1, but with SHA-256 cut to 160 bits as RFC 7093 §2 has it.
std::string key_id(X509* certificate) {
  const ASN1_BIT_STRING* bits = X509_get0_pubkey_bitstr(certificate);
  const std::span<const std::byte> key = std::as_bytes(
      std::span{ASN1_STRING_get0_data(bits), static_cast<std::size_t>(ASN1_STRING_length(bits))});
  const Sha256 digest = sha256(key);
  return {reinterpret_cast<const char*>(digest.data()), 20};
}

Asn1OctetStringPtr octets(std::string_view bytes) {
  Asn1OctetStringPtr text{ASN1_OCTET_STRING_new()};
  DUET_CHECK(text &&
             ASN1_STRING_set(text.get(), bytes.data(), static_cast<int>(bytes.size())) == 1);
  return text;
}

void add_key_ids(X509* certificate, X509* authority) {
  add(certificate, NID_subject_key_identifier, octets(key_id(certificate)).get(), Critical::No);
  const AuthorityKeyIdPtr id{AUTHORITY_KEYID_new()};
  DUET_CHECK(id);
  id->keyid = octets(key_id(authority)).release();
  add(certificate, NID_authority_key_identifier, id.get(), Critical::No);
}

void push(STACK_OF(GENERAL_SUBTREE) * &trees, int type, std::string_view value) {
  if (trees == nullptr) trees = sk_GENERAL_SUBTREE_new_null();
  SubtreePtr tree{GENERAL_SUBTREE_new()};
  DUET_CHECK(trees && tree);
  GENERAL_NAME_free(tree->base);
  tree->base = general_name(type, value).release();
  DUET_CHECK(sk_GENERAL_SUBTREE_push(trees, tree.release()) > 0);
}

void add_name_constraints(X509* certificate, const AuthorityProfile& profile) {
  DUET_CHECK(!profile.domains.empty() || !profile.hosts.empty());
  DUET_CHECK(!profile.address_blocks.empty());
  const NameConstraintsPtr constraints{NAME_CONSTRAINTS_new()};
  DUET_CHECK(constraints);
  for (const std::string& domain : profile.domains) {
    push(constraints->permittedSubtrees, GEN_DNS, domain);
  }
  // A permitted name permits everything below it, and a host may be called "dev": what is below it
  // is taken away again, for nobody here owns *.dev.
  for (const std::string& host : profile.hosts) {
    push(constraints->permittedSubtrees, GEN_DNS, host);
    push(constraints->excludedSubtrees, GEN_DNS, "." + host);
  }
  bool any_v4 = false;
  bool any_v6 = false;
  for (const IpPrefix& block : profile.address_blocks) {
    push(constraints->permittedSubtrees, GEN_IPADD, address_and_mask(block));
    (block.address().is_v4() ? any_v4 : any_v6) = true;
  }
  // Some verifiers take constraints for one family to leave the other one free.
  if (!any_v4) push(constraints->excludedSubtrees, GEN_IPADD, std::string(8, '\0'));
  if (!any_v6) push(constraints->excludedSubtrees, GEN_IPADD, std::string(32, '\0'));
  add(certificate, NID_name_constraints, constraints.get(), Critical::Yes);
}

Certificate sign(X509Ptr certificate, const PrivateKey& key) {
  DUET_CHECK(X509_sign(certificate.get(), key.native(), EVP_sha256()) > 0);
  return Certificate::adopt(certificate.release());
}

}  // namespace

Certificate make_authority(const AuthorityProfile& profile, const PrivateKey& key) {
  const ErrorScope errors;
  X509Ptr certificate = blank(key, profile.not_before, profile.not_after);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  add_to_name(subject, NID_commonName,
              std::string_view{profile.common_name}.substr(0, kUbCommonName));
  DUET_CHECK(X509_set_issuer_name(certificate.get(), subject) == 1);
  add_basic_constraints(certificate.get(), true);
  add_key_usage(certificate.get(), {kKeyCertSign, kCrlSign});
  add_server_purpose(certificate.get());
  add_key_ids(certificate.get(), certificate.get());
  add_name_constraints(certificate.get(), profile);
  return sign(std::move(certificate), key);
}

Certificate make_self_signed(UnixTime not_before, UnixTime not_after, const PrivateKey& key) {
  const ErrorScope errors;
  X509Ptr certificate = blank(key, not_before, not_after);
  DUET_CHECK(X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get())) ==
             1);
  return sign(std::move(certificate), key);
}

Certificate issue_server(const ServerProfile& profile, const PrivateKey& key,
                         const Certificate& authority, const PrivateKey& authority_key) {
  const ErrorScope errors;
  DUET_CHECK(!profile.names.dns.empty() || !profile.names.addresses.empty());
  X509Ptr certificate = blank(key, profile.not_before, profile.not_after);
  DUET_CHECK(X509_set_issuer_name(certificate.get(), X509_get_subject_name(authority.native())) ==
             1);
  add_basic_constraints(certificate.get(), false);
  add_key_usage(certificate.get(), {kDigitalSignature});
  add_server_purpose(certificate.get());
  add_key_ids(certificate.get(), authority.native());
  const GeneralNamesPtr names{GENERAL_NAMES_new()};
  DUET_CHECK(names);
  for (const std::string& dns : profile.names.dns) {
    DUET_CHECK(sk_GENERAL_NAME_push(names.get(), general_name(GEN_DNS, dns).release()) > 0);
  }
  for (const IpAddress& address : profile.names.addresses) {
    DUET_CHECK(sk_GENERAL_NAME_push(names.get(),
                                    general_name(GEN_IPADD, bytes_of(address)).release()) > 0);
  }
  add(certificate.get(), NID_subject_alt_name, names.get(), Critical::No);
  return sign(std::move(certificate), authority_key);
}

}  // namespace duet::crypto
