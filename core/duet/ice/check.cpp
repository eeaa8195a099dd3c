// SPDX-License-Identifier: MIT
// Connectivity checks.
#include <duet/ice/check.hpp>
#include <duet/stun/writer.hpp>

#include <algorithm>
#include <string>

namespace duet::ice {
namespace {

using stun::AttributeType;
using stun::Class;
using stun::Method;

std::array<std::byte, 8> bytes_of(std::uint64_t value) {
  std::array<std::byte, 8> bytes{};
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::byte>(value >> (56 - 8 * i));
  return bytes;
}

std::span<const std::byte> finish(stun::Writer& writer, const Credentials& signer) {
  writer.add_integrity_sha1(as_bytes(signer.pwd));
  writer.add_fingerprint();
  return writer.finish();
}

}  // namespace

std::span<const std::byte> write_check(std::span<std::byte> buffer, const stun::TransactionId& id,
                                       const Credentials& local, const Credentials& remote,
                                       const CheckContent& content) {
  stun::Writer writer{buffer, {Class::Request, Method::Binding}, id};
  writer.add(AttributeType::Username, remote.ufrag + ':' + local.ufrag);  // RFC 8445 §7.2.2
  writer.add_u32(AttributeType::Priority, content.priority);
  const bool is_controlling = content.role == Role::Controlling;
  writer.add(is_controlling ? AttributeType::IceControlling : AttributeType::IceControlled,
             bytes_of(content.tie_breaker));
  if (content.use_candidate) writer.add_flag(AttributeType::UseCandidate);
  return finish(writer, remote);
}

std::span<const std::byte> write_answer(std::span<std::byte> buffer, const stun::TransactionId& id,
                                        const Endpoint& mapped, const Credentials& local) {
  stun::Writer writer{buffer, {Class::Success, Method::Binding}, id};
  writer.add_xor_address(AttributeType::XorMappedAddress, mapped);
  return finish(writer, local);
}

std::span<const std::byte> write_refusal(std::span<std::byte> buffer, const stun::TransactionId& id,
                                         stun::ErrorCode code, const Credentials& local,
                                         const stun::UnknownAttributes& unknown) {
  stun::Writer writer{buffer, {Class::Error, Method::Binding}, id};
  writer.add_error(code);
  if (!unknown.empty()) writer.add(AttributeType::UnknownAttributes, unknown.value());
  return finish(writer, local);
}

std::optional<CheckContent> read_check(const stun::Message& request) {
  constexpr std::uint32_t kMaxPriority = 0x7FFFFFFF;  // RFC 8445 §5.1.2
  CheckContent content;
  const auto priority = request.u32(AttributeType::Priority);
  if (!priority) return std::nullopt;
  content.priority = std::clamp<std::uint32_t>(*priority, 1, kMaxPriority);
  const auto controlling = request.find(AttributeType::IceControlling);
  const auto controlled = request.find(AttributeType::IceControlled);
  if (controlling.has_value() == controlled.has_value()) return std::nullopt;
  content.role = controlling ? Role::Controlling : Role::Controlled;
  const auto tie_breaker = controlling ? *controlling : *controlled;
  if (tie_breaker.size() != 8) return std::nullopt;
  content.tie_breaker = ByteReader{tie_breaker}.u64();
  content.use_candidate = request.has(AttributeType::UseCandidate);
  return content;
}

stun::UnknownAttributes unknown_in(const stun::Message& message) {
  stun::UnknownAttributes unknown;
  for (const stun::Attribute attribute : message) {
    switch (attribute.type) {
      case AttributeType::MappedAddress:
      case AttributeType::Username:
      case AttributeType::ErrorCode:
      case AttributeType::UnknownAttributes:
      case AttributeType::Realm:
      case AttributeType::Nonce:
      case AttributeType::XorMappedAddress:
      case AttributeType::Priority:
      case AttributeType::UseCandidate:
        break;
      default:
        if (stun::is_comprehension_required(attribute.type)) unknown.add(attribute.type);
    }
  }
  return unknown;
}

Check::Check(Instant now, Random& random, Kind kind, Duration rto, bool is_stream)
    : kind_{kind}, is_stream_{is_stream}, interval_{rto}, began_{now}, due_{now} {
  random.fill(id_);
  if (kind == Kind::Consent) interval_ = std::max(rto, kMinConsentInterval);
}

Check::Due Check::handle_timeout(Instant now) {
  if (now < due_) return Due::Nothing;
  const bool is_first = transmissions_ == 0;
  if (kind_ != Kind::Consent && !is_first && now >= began_ + kPatience) return Due::GiveUp;
  if (is_stream_ && !is_first && kind_ != Kind::Consent) return Due::GiveUp;
  id_.back() = static_cast<std::byte>(transmissions_);
  sent_[transmissions_ % kRemembered] = now;
  ++transmissions_;
  due_ = now + (is_stream_ && kind_ != Kind::Consent ? kPatience : interval_);
  if (kind_ != Kind::Consent) due_ = std::min(due_, began_ + kPatience);
  interval_ = std::min(2 * interval_, kMaxInterval);
  return Due::Send;
}

bool Check::hurry(Instant now) {
  if (is_stream_ || has_hurried_ || transmissions_ == 0) return false;
  has_hurried_ = true;
  due_ = now;
  interval_ /= 2;  // what follows comes no later for it
  return true;
}

bool Check::is_answered_by(const stun::TransactionId& id) const {
  return std::to_integer<unsigned>(id.back()) < transmissions_ &&
         std::equal(id.begin(), id.end() - 1, id_.begin());
}

Duration Check::round_trip(Instant now, const stun::TransactionId& id) const {
  const auto which = std::to_integer<std::size_t>(id.back());
  if (which + kRemembered < transmissions_) return now - began_;
  return now - sent_[which % kRemembered];
}

}  // namespace duet::ice
