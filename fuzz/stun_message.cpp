// SPDX-License-Identifier: MIT
// STUN messages: what is read can be written again, and reads the same.
#include <duet/base/check.hpp>
#include <duet/stun/address.hpp>
#include <duet/stun/binding.hpp>
#include <duet/stun/credential.hpp>
#include <duet/stun/error_code.hpp>
#include <duet/stun/message.hpp>
#include <duet/stun/writer.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace {

using namespace duet;
using namespace duet::stun;

void check_round_trip(const Message& message) {
  std::vector<std::byte> buffer(message.bytes().size() + 68);  // two integrities, fingerprint
  Writer writer{buffer, message.type(), message.id()};
  for (const Attribute attribute : message) writer.add(attribute.type, attribute.value);
  writer.add_integrity_sha1(as_bytes("key"));
  writer.add_integrity_sha256(as_bytes("key"));
  writer.add_fingerprint();
  const auto written = writer.finish();
  // Only the very longest messages have no room for integrity.
  DUET_CHECK(!written.empty() || message.bytes().size() > 65400);
  if (written.empty()) return;
  const auto again = Message::parse(written);
  DUET_CHECK(again && again->type() == message.type() && again->id() == message.id());
  DUET_CHECK(again->has_fingerprint());
  // A message that is longer than any authentic one is refused unread.
  const bool fits = written.size() <= 2048;
  DUET_CHECK(again->check_integrity_sha1(as_bytes("key")) || !fits);
  DUET_CHECK(again->check_integrity_sha256(as_bytes("key")) || !fits);
  DUET_CHECK(!again->check_integrity_sha1(as_bytes("kez")));
  auto other = again->begin();
  for (const Attribute attribute : message) {
    DUET_CHECK((*other).type == attribute.type);
    DUET_CHECK(std::equal(attribute.value.begin(), attribute.value.end(), (*other).value.begin(),
                          (*other).value.end()));
    ++other;
  }
  DUET_CHECK(other == again->end());
}

void check_values(const Message& message) {
  for (const Attribute attribute : message) {
    if (const auto endpoint = parse_xor_address(attribute.value, message.id())) {
      const auto again = serialize_xor_address(*endpoint, message.id());
      DUET_CHECK(parse_xor_address(again.view(), message.id()) == endpoint);
    }
    if (const auto error = parse_error_code(attribute.value)) {
      const auto number = static_cast<unsigned>(error->code);
      DUET_CHECK(number >= 300 && number <= 699);
    }
    choose_password_algorithm(attribute.value);
    nonce_features(as_text(attribute.value));
  }
}

void check_binding(const Message& message) {
  const Endpoint source{IpAddress::v6({0x20, 1, 0xd, 0xb8}), 5};
  const Endpoint local{IpAddress::v4({192, 0, 2, 1}), 2022};
  std::array<std::byte, 128> buffer{};
  const auto answer = BindingServer{}.answer(message, source, local, buffer);
  if (!answer) return;
  DUET_CHECK(answer->to == source && answer->from == local);
  DUET_CHECK(answer->message.size() * 10 <= message.bytes().size() * 23 ||
             message.bytes().size() > 20);
  DUET_CHECK(answer->message.size() <= 76);
  DUET_CHECK(Message::parse(answer->message).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = Message::parse(std::as_bytes(std::span{data, size}));
  if (!message) return 0;
  check_round_trip(*message);
  check_values(*message);
  check_binding(*message);
  return 0;
}
