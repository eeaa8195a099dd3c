// SPDX-License-Identifier: MIT
// The client's half of long-term credentials.
#include <duet/base/bytes.hpp>
#include <duet/turn/login.hpp>

#include <utility>

namespace duet::turn {
namespace {

using stun::AttributeType;
using stun::PasswordAlgorithm;

}  // namespace

void Login::set_credential(Credential credential) {
  if (credential.username.size() > kMaxUsername) credential = {};
  if (version_ == 0) {
    credential_ = std::move(credential);
  } else if (!credential.username.empty()) {
    next_ = std::move(credential);
  }
}

void Login::make_key() {
  key_ = {algorithm_, credential_.username, realm_, credential_.password};
  ++version_;
}

Login::Challenged Login::handle_challenge(const stun::Message& error, stun::ErrorCode code,
                                          const Signature& of) {
  if (is_anonymous()) return Challenged::Refused;
  const std::string_view nonce = error.text(AttributeType::Nonce);
  std::string_view realm = error.text(AttributeType::Realm);
  // A 438 brings a nonce; a server that leaves the realm out of it (RFC 5389 let it) means the
  // same.
  if (code == stun::ErrorCode::StaleNonce && realm.empty()) realm = realm_;
  const std::string_view algorithms = error.text(AttributeType::PasswordAlgorithms);
  if (nonce.empty() || realm.empty() || nonce.size() > kMaxText || realm.size() > kMaxText ||
      algorithms.size() > kMaxAlgorithms) {
    return Challenged::Malformed;
  }
  // RFC 8489 §9.2.5: the nonce, which nobody in between can change unnoticed, says whether an offer
  // was taken out.
  const auto features = stun::nonce_features(nonce).value_or(stun::SecurityFeatures{});
  auto algorithm = PasswordAlgorithm::Md5;
  if (algorithms.empty()) {
    // "all the subsequent requests MUST be authenticated using MESSAGE-INTEGRITY-SHA256 only"
    if (features.password_algorithms || !algorithms_.empty()) return Challenged::BidDown;
  } else {
    const auto chosen = stun::choose_password_algorithm(as_bytes(algorithms));
    if (!chosen) return Challenged::Refused;
    if (*chosen < algorithm_) return Challenged::BidDown;
    algorithm = *chosen;
  }
  nonce_ = nonce;
  algorithms_ = algorithms;
  hides_name_ = features.username_anonymity;
  if (version_ == 0 || realm != realm_ || algorithm != algorithm_) {
    realm_ = realm;
    algorithm_ = algorithm;
    make_key();
  }
  if (code == stun::ErrorCode::StaleNonce) return Challenged::Retry;
  // "MUST NOT perform this retry if it is not changing" what it is made with.
  if (of.version != version_) return Challenged::Retry;
  if (!next_) return Challenged::Refused;
  credential_ = *std::exchange(next_, std::nullopt);
  make_key();
  return Challenged::Retry;
}

Login::Signature Login::sign(stun::Writer& writer) const {
  if (version_ == 0) return {};
  const Signature signature{key_, version_, !algorithms_.empty()};
  if (hides_name_) {
    writer.add(AttributeType::Userhash, stun::userhash(credential_.username, realm_));
  } else {
    writer.add(AttributeType::Username, credential_.username);
  }
  writer.add(AttributeType::Realm, realm_);
  writer.add(AttributeType::Nonce, nonce_);
  if (!signature.sha256) {
    writer.add_integrity_sha1(key_.bytes());
    return signature;
  }
  writer.add(AttributeType::PasswordAlgorithms, algorithms_);
  writer.add(AttributeType::PasswordAlgorithm, stun::serialize_password_algorithm(algorithm_));
  writer.add_integrity_sha256(key_.bytes());
  return signature;
}

bool Login::is_authentic(const stun::Message& answer, const Signature& of) {
  // Whoever was asked with SHA-256 could be made to answer with less only by somebody in between.
  if (of.sha256) return answer.check_integrity_sha256(of.key.bytes(), 32);
  return answer.has_integrity_sha256() ? answer.check_integrity_sha256(of.key.bytes(), 32)
                                       : answer.check_integrity_sha1(of.key.bytes());
}

}  // namespace duet::turn
