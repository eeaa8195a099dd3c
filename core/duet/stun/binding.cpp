// SPDX-License-Identifier: MIT
// Answers to Binding requests.
#include <duet/stun/binding.hpp>
#include <duet/stun/writer.hpp>

#include <algorithm>

namespace duet::stun {
namespace {

// RFC 5780 §7.2.
constexpr std::uint32_t kChangeIp = 4;
constexpr std::uint32_t kChangePort = 2;

bool is_known(AttributeType type, bool has_pair) {
  switch (type) {
    case AttributeType::Username:  // of agents that send every request with credentials
    case AttributeType::Userhash:
    case AttributeType::Realm:
    case AttributeType::Nonce:
    case AttributeType::PasswordAlgorithm:
      return true;
    case AttributeType::ChangeRequest:
    case AttributeType::ResponsePort:
    case AttributeType::Padding:
      return has_pair;
    default:
      return !is_comprehension_required(type);
  }
}

}  // namespace

void UnknownAttributes::add(AttributeType type) {
  if (size_ * 2 == bytes_.size()) return;
  const auto number = static_cast<std::uint16_t>(type);
  bytes_[size_ * 2] = static_cast<std::byte>(number >> 8);
  bytes_[size_ * 2 + 1] = static_cast<std::byte>(number & 0xFF);
  ++size_;
}

const AlternatePair* BindingServer::pair_of(const Endpoint& local) const {
  const auto at = std::find_if(pairs_.begin(), pairs_.end(),
                               [&](const AlternatePair& pair) { return pair.has(local); });
  return at == pairs_.end() ? nullptr : &*at;
}

std::optional<BindingServer::Answer> BindingServer::answer(const Message& request,
                                                           const Endpoint& source,
                                                           const Endpoint& local,
                                                           std::span<std::byte> buffer) const {
  if (request.type() != MessageType{Class::Request, Method::Binding}) return std::nullopt;
  Answer answer{.message = {}, .from = local, .to = source};
  const AlternatePair* const pair = pair_of(local);
  UnknownAttributes unknown;
  for (const Attribute attribute : request) {
    if (!is_known(attribute.type, pair != nullptr)) unknown.add(attribute.type);
  }
  // RFC 5780 §7.5: not both, or a stranger's port could be sent as much as one likes.
  const bool is_contradictory =
      request.has(AttributeType::Padding) && request.has(AttributeType::ResponsePort);
  const bool is_refused = !unknown.empty() || is_contradictory;
  const auto klass = is_refused ? Class::Error : Class::Success;
  Writer writer{buffer, {klass, Method::Binding}, request.id()};
  if (!unknown.empty()) {
    // In fewer words than the registry's, so that no answer is much longer than its request.
    writer.add_error(ErrorCode::UnknownAttribute, "Unknown");
    writer.add(AttributeType::UnknownAttributes, unknown.value());
  } else if (is_contradictory) {
    writer.add_error(ErrorCode::BadRequest);
  } else {
    writer.add_xor_address(AttributeType::XorMappedAddress, source);
  }
  if (pair != nullptr && !is_refused) {
    writer.add_address(AttributeType::MappedAddress, source);  // RFC 5780 §6.1: both
    // RFC 5780 §6.1: where this answer comes from, and where the next question could go.
    const bool on_primary_ip = local.address == pair->primary.address;
    const bool on_primary_port = local.port == pair->primary.port;
    const std::uint32_t change = request.u32(AttributeType::ChangeRequest).value_or(0);
    const bool from_primary_ip = on_primary_ip != ((change & kChangeIp) != 0);
    const bool from_primary_port = on_primary_port != ((change & kChangePort) != 0);
    answer.from = {from_primary_ip ? pair->primary.address : pair->alternate.address,
                   from_primary_port ? pair->primary.port : pair->alternate.port};
    writer.add_address(AttributeType::ResponseOrigin, answer.from);
    writer.add_address(AttributeType::OtherAddress,
                       {on_primary_ip ? pair->alternate.address : pair->primary.address,
                        on_primary_port ? pair->alternate.port : pair->primary.port});
    // RFC 5780 §7.5: two bytes, which some senders count as four with their padding.
    if (const auto value = request.find(AttributeType::ResponsePort)) {
      const std::uint16_t port = ByteReader{*value}.u16();
      if (port != 0) answer.to.port = port;
    }
    if (const auto padding = request.find(AttributeType::Padding)) {
      writer.add(AttributeType::Padding, *padding);
    }
  }
  if (request.has_fingerprint()) writer.add_fingerprint();
  answer.message = writer.finish();
  if (answer.message.empty()) return std::nullopt;
  return answer;
}

}  // namespace duet::stun
