// SPDX-License-Identifier: MIT
// Asks the local link for the addresses of names.
#include <duet/base/ascii.hpp>
#include <duet/mdns/querier.hpp>

#include <algorithm>
#include <utility>

namespace duet::mdns {

bool Querier::ask(Instant now, std::string_view name) {
  if (!is_name(name) || name.size() > kMaxName) return false;
  const std::string lower = to_lower(name);
  if (questions_.contains(lower)) return true;
  if (questions_.size() == kMaxNames) return false;
  questions_[lower] = {.next = now + kFirstInterval, .deadline = now + kPatience};
  return true;
}

void Querier::handle_response(const Message& response) {
  if (!response.is_response) return;
  for (const AddressRecord& record : response.records) {
    const auto asked = questions_.find(record.name);
    if (asked == questions_.end() || record.ttl_s == 0) continue;
    events_.push_back({record.name, record.address});
    questions_.erase(asked);
  }
}

void Querier::handle_timeout(Instant now) {
  for (auto at = questions_.begin(); at != questions_.end();) {
    Question& question = at->second;
    if (question.deadline <= now) {
      events_.push_back({at->first, std::nullopt});
      at = questions_.erase(at);
      continue;
    }
    if (question.next <= now) {
      question.is_due = true;
      question.interval *= 2;
      question.next = now + question.interval;
    }
    ++at;
  }
}

std::optional<Instant> Querier::next_timeout() const {
  std::optional<Instant> next;
  for (const auto& [name, question] : questions_) {
    const Instant at = std::min(question.next, question.deadline);
    if (!next || at < *next) next = at;
  }
  return next;
}

std::optional<std::vector<std::byte>> Querier::poll_transmit() {
  Message message;
  for (auto& [name, question] : questions_) {
    if (!question.is_due) continue;
    question.is_due = false;
    message.questions.push_back({name, RecordType::A});
    message.questions.push_back({name, RecordType::Aaaa});
    if (message.questions.size() == 2 * kNamesInMessage) break;
  }
  if (message.questions.empty()) return std::nullopt;
  return message.serialize();
}

std::optional<Resolved> Querier::poll_event() {
  if (events_.empty()) return std::nullopt;
  Resolved event = std::move(events_.front());
  events_.erase(events_.begin());
  return event;
}

}  // namespace duet::mdns
