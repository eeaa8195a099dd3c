// SPDX-License-Identifier: MIT
// Who asks: long-term credentials without a memory of who was told what (RFC 8489 §9.2.4).
#include <duet/turn/server.hpp>

#include <algorithm>

namespace duet::turn {
namespace {

using stun::AttributeType;
using stun::ErrorCode;
using stun::PasswordAlgorithm;

}  // namespace

bool Server::authenticate(Request& request) {
  const stun::Message& message = request.message;
  const IpAddress& source = request.path.client.address;
  if (!message.has_integrity_sha1() && !message.has_integrity_sha256()) {
    challenge(request, ErrorCode::Unauthenticated, Reason::NoCredential);
    return false;
  }
  const auto userhash = message.find(AttributeType::Userhash);
  std::string_view username = message.text(AttributeType::Username);
  const std::string_view nonce = message.text(AttributeType::Nonce);
  if ((username.empty() && !userhash) || username.size() > kMaxUsername || nonce.empty() ||
      !message.has(AttributeType::Realm)) {
    send_unsigned_error(request, ErrorCode::BadRequest, Reason::BadRequest);
    return false;
  }
  const Allocation* known = request.allocation;
  if (known == nullptr) known = allocations_.find(request.moving);
  // What follows costs computing, and tells whether a guess was right. Who has an allocation is
  // heard nevertheless: guesses of a neighbour behind the same NAT must not end its call.
  const bool may_guess = failures_.has(request.now, source);
  if (!may_guess && known == nullptr) {
    refuse(Reason::RateLimited);
    return false;
  }
  // Departs from RFC 8489 §9.2.4, which looks at the nonce last: it is the cheapest to look at.
  if (!nonces_.is_fresh(nonce, request.now, request.path.client)) {
    challenge(request, ErrorCode::StaleNonce, Reason::StaleNonce);
    return false;
  }
  // Our nonces always say that algorithms were offered: none named is MD5, and who names one must
  // repeat the whole offer, so that nobody in between can take the better one out.
  PasswordAlgorithm algorithm = PasswordAlgorithm::Md5;
  const auto named = message.find(AttributeType::PasswordAlgorithm);
  const auto offer = message.find(AttributeType::PasswordAlgorithms);
  if (named || offer) {
    const auto parsed = named ? stun::parse_password_algorithm(*named) : std::nullopt;
    const bool same_offer =
        offer && std::equal(offer->begin(), offer->end(), stun::kBothAlgorithms.begin(),
                            stun::kBothAlgorithms.end());
    if (!parsed || !same_offer) {
      send_unsigned_error(request, ErrorCode::BadRequest, Reason::BadRequest);
      return false;
    }
    algorithm = *parsed;
  }
  if (userhash) {
    const auto fixed = credentials_.find_userhash(*userhash);
    username = fixed.value_or(std::string_view{});
    if (!fixed && known != nullptr) {
      const crypto::Sha256 hash = stun::userhash(known->username, credentials_.realm());
      if (std::equal(hash.begin(), hash.end(), userhash->begin(), userhash->end())) {
        username = known->username;
      }
    }
  }
  const bool is_sha256 = message.has_integrity_sha256();
  // RFC 8489 §9.2.4: SHA-256 answers who names an algorithm, whatever it signs with. Departs from
  // it for who names none: the answer to SHA-256 is SHA-256, since it is plainly understood.
  Authentic auth{.username = username, .sha256 = is_sha256 || named.has_value()};
  auth.algorithm = algorithm;
  const auto is_signed_with = [&](const stun::LongTermKey& key) {
    return is_sha256 ? message.check_integrity_sha256(key.bytes(), 32)
                     : message.check_integrity_sha1(key.bytes());
  };
  // An allocation outlives the time in its user's name: a call must not end when a credential does.
  if (known != nullptr && known->username == username && known->algorithm == algorithm) {
    auth.key = known->key;
    if (is_signed_with(auth.key)) {
      request.auth = auth;
      return true;
    }
  } else if (may_guess && !username.empty()) {
    const auto wall =
        std::chrono::floor<std::chrono::seconds>(unix_epoch_ + request.now.time_since_epoch());
    for (const std::string& password : credentials_.passwords(username, wall)) {
      auth.key = {algorithm, username, credentials_.realm(), password};
      if (!is_signed_with(auth.key)) continue;
      request.auth = auth;
      return true;
    }
  }
  if (!failures_.take(request.now, source)) {
    refuse(Reason::RateLimited);
    return false;
  }
  challenge(request, ErrorCode::Unauthenticated, Reason::WrongCredential);
  return false;
}

// 401 and 438. With the default realm at most 120 bytes, so that nobody is flooded by means of us.
void Server::challenge(const Request& request, ErrorCode code, Reason reason) {
  refuse(reason);
  // A call must not end because a neighbour's flood keeps a fresh nonce from it. The answer is no
  // longer than the signed request, and only to who holds an allocation.
  const bool is_known = request.allocation != nullptr || request.moving != AllocationId{};
  const bool is_free = code == ErrorCode::StaleNonce && is_known;
  const IpAddress& source = request.path.client.address;
  if (!is_free && !unauthenticated_.take(request.now, source)) return refuse(Reason::RateLimited);
  auto writer = begin({stun::Class::Error, request.message.method()}, request.message.id());
  writer.add_error(code);
  writer.add(AttributeType::Nonce, nonces_.make(request.now, request.path.client));
  writer.add(AttributeType::Realm, std::string_view{credentials_.realm()}.substr(0, 256));
  writer.add(AttributeType::PasswordAlgorithms, stun::kBothAlgorithms);
  if (request.message.has_fingerprint()) writer.add_fingerprint();
  send(writer, request.path);
}

void Server::send_unsigned_error(const Request& request, ErrorCode code, Reason reason) {
  refuse(reason);
  if (!unauthenticated_.take(request.now, request.path.client.address)) {
    return refuse(Reason::RateLimited);
  }
  auto writer = begin({stun::Class::Error, request.message.method()}, request.message.id());
  writer.add_error(code);
  if (request.message.has_fingerprint()) writer.add_fingerprint();
  send(writer, request.path);
}

}  // namespace duet::turn
