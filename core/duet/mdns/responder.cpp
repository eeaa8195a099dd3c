// SPDX-License-Identifier: MIT
// Answers for names of our own.
#include <duet/base/ascii.hpp>
#include <duet/mdns/responder.hpp>

#include <algorithm>
#include <utility>

namespace duet::mdns {

bool Responder::add(std::string_view name, const IpAddress& address) {
  if (!is_name(name) || names_.size() == kMaxNames) return false;
  names_[to_lower(name)] = {address, {}};
  return true;
}

void Responder::remove(std::string_view name) {
  const auto found = names_.find(to_lower(name));
  if (found == names_.end()) return;
  for (const Told& told : found->second.told) {
    const Message message{.is_response = true,
                          .records = {{found->first, found->second.address, 0, true}}};
    transmit({message.serialize(), told.link, std::nullopt});
  }
  names_.erase(found);
}

std::optional<IpAddress> Responder::find(std::string_view name) const {
  const auto found = names_.find(to_lower(name));
  return found == names_.end() ? std::nullopt : std::optional{found->second.address};
}

void Responder::handle_query(Instant now, const Message& query, const Endpoint& from,
                             const Link& link) {
  if (query.is_response) return;
  if (from.port != kPort) return answer_once(query, from, link);
  for (const Question& question : query.questions) {
    const auto found = names_.find(question.name);
    if (found == names_.end()) continue;
    Name& entry = found->second;
    // RFC 6762 §7.1: who has it for half of its time yet knows it.
    const bool is_known = std::ranges::any_of(query.records, [&](const AddressRecord& record) {
      return record.name == found->first && record.address == entry.address &&
             record.ttl_s >= kTtl / 2;
    });
    if (is_known) continue;
    auto told = std::ranges::find(entry.told, link, &Told::link);
    if (told != entry.told.end() && now < told->at + kGap) {
      // Both types are usually asked for at once, and one answer says all.
      told->is_asked_again = told->at != now;
      continue;
    }
    if (told == entry.told.end()) {
      if (entry.told.size() == kMaxLinks) {
        entry.told.erase(std::ranges::min_element(entry.told, {}, &Told::at));
      }
      entry.told.push_back({.link = link});
      told = std::prev(entry.told.end());
    }
    told->at = now;
    multicast(found->first, entry, link);
  }
}

void Responder::multicast(const std::string& name, const Name& entry, const Link& link) {
  const Message message{.is_response = true,
                        .records = {{name, entry.address, kTtl, true}},
                        .only = {{name, type_of(entry.address)}}};
  transmit({message.serialize(), link, std::nullopt});
}

/// RFC 6762 §6.7.
void Responder::answer_once(const Message& query, const Endpoint& from, const Link& link) {
  Message message{.id = query.id, .is_response = true};
  for (const Question& question : query.questions) {
    const auto found = names_.find(question.name);
    if (found == names_.end()) continue;
    const IpAddress& address = found->second.address;
    if (question.type != RecordType::Any && question.type != type_of(address)) continue;
    const bool is_answered = std::ranges::any_of(
        message.records, [&](const AddressRecord& one) { return one.name == question.name; });
    if (is_answered) continue;  // nor is an answer longer than what was asked
    message.questions.push_back({question.name, question.type});
    message.records.push_back({question.name, address, kLegacyTtl, false});
  }
  if (!message.records.empty()) transmit({message.serialize(), link, from});
}

void Responder::transmit(Transmit message) {
  if (transmits_.size() < kMaxTransmits) transmits_.push_back(std::move(message));
}

void Responder::handle_timeout(Instant now) {
  for (auto& [name, entry] : names_) {
    for (Told& told : entry.told) {
      if (!told.is_asked_again || now < told.at + kGap) continue;
      told.is_asked_again = false;
      told.at = now;
      multicast(name, entry, told.link);
    }
  }
}

std::optional<Instant> Responder::next_timeout() const {
  std::optional<Instant> next;
  for (const auto& [name, entry] : names_) {
    for (const Told& told : entry.told) {
      if (told.is_asked_again && (!next || told.at + kGap < *next)) next = told.at + kGap;
    }
  }
  return next;
}

std::optional<Transmit> Responder::poll_transmit() {
  if (transmits_.empty()) return std::nullopt;
  Transmit message = std::move(transmits_.front());
  transmits_.pop_front();
  return message;
}

}  // namespace duet::mdns
