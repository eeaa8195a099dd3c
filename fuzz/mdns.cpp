// SPDX-License-Identifier: MIT
// Messages of the local link: what was read and is written again says the same, a querier tells
// nothing that it didn't ask for, and a responder says nothing but its own names.
#include "input.hpp"
#include <duet/base/check.hpp>
#include <duet/mdns/querier.hpp>
#include <duet/mdns/responder.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace {

using namespace duet;
using namespace duet::mdns;

constexpr IpAddress kAddress = IpAddress::v4({192, 0, 2, 1});

void check_querier(const Message& message) {
  Querier querier;
  DUET_CHECK(querier.ask(Instant{}, "a.local"));
  querier.handle_response(message);
  const auto event = querier.poll_event();
  const bool is_there =
      message.is_response && std::ranges::any_of(message.records, [](const AddressRecord& record) {
        return record.name == "a.local" && record.ttl_s > 0;
      });
  DUET_CHECK(event.has_value() == is_there);
  DUET_CHECK(!event || event->name == "a.local");
  DUET_CHECK(!querier.poll_event());
}

void check_responder(const Message& message, std::uint16_t port) {
  Responder responder;
  DUET_CHECK(responder.add("a.local", kAddress));
  responder.handle_query(Instant{}, message, {kAddress, port}, {});
  std::size_t answers = 0;
  while (const auto transmit = responder.poll_transmit()) {
    ++answers;
    const auto answer = Message::parse(transmit->bytes);
    DUET_CHECK(answer && answer->is_response);
    for (const AddressRecord& record : answer->records) {
      DUET_CHECK(record.name == "a.local" && record.address == kAddress);
    }
  }
  DUET_CHECK(answers <= 1 && (answers == 0 || !message.is_response));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = Message::parse(std::as_bytes(std::span{data, size}));
  if (!message) return 0;
  DUET_CHECK(std::ranges::all_of(message->questions,
                                 [](const Question& one) { return is_name(one.name); }));
  DUET_CHECK(std::ranges::all_of(message->records,
                                 [](const AddressRecord& one) { return is_name(one.name); }));
  const auto written = message->serialize();
  if (written.size() <= kMaxMessage) {  // pointers may have made it much shorter
    const auto again = Message::parse(written);
    DUET_CHECK(again && again->id == message->id && again->is_response == message->is_response);
    DUET_CHECK(again->questions == message->questions && again->records == message->records);
  }
  check_querier(*message);
  check_responder(*message, kPort);
  check_responder(*message, 40'000);
  return 0;
}
