// SPDX-License-Identifier: MIT
// The candidate attribute of SDP.
#include <duet/base/ascii.hpp>
#include <duet/ice/candidate.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <system_error>

namespace duet::ice {
namespace {

constexpr std::size_t kMaxFoundation = 32;  // RFC 8839 §5.1
constexpr std::size_t kMaxName = 255;       // RFC 1035 §2.3.4
constexpr std::uint32_t kMaxPriority = 0x7FFFFFFF;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// The words of a line, one after the other; empty when there are no more.
class Words {
 public:
  explicit Words(std::string_view text) : rest_{text} {}

  std::string_view next() {
    const std::size_t begin = rest_.find_first_not_of(' ');
    if (begin == std::string_view::npos) {
      rest_ = {};
      return {};
    }
    rest_.remove_prefix(begin);
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(word.size());
    return word;
  }

 private:
  std::string_view rest_;
};

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t min, std::uint32_t max) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  if (!is_whole || value < min || value > max) return std::nullopt;
  return value;
}

bool is_foundation(std::string_view text) {
  return !text.empty() && text.size() <= kMaxFoundation &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '+' || c == '/'; });
}

/// A name that could be somebody's; what looks like a broken address is none.
bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxName) return false;
  const bool has_letter = std::any_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) && !(c >= '0' && c <= '9');
  });
  return has_letter && std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_';
         });
}

std::string_view strip(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n')) text.remove_suffix(1);
  if (text.starts_with("a=")) text.remove_prefix(2);
  constexpr std::string_view kName = "candidate:";
  if (equal_ignoring_case(text.substr(0, kName.size()), kName)) text.remove_prefix(kName.size());
  return text;
}

template <class T, std::size_t N>
std::optional<T> find_word(std::string_view word, const T (&values)[N]) {
  for (const T value : values) {
    if (equal_ignoring_case(word, to_string(value))) return value;
  }
  return std::nullopt;
}

void append(std::string& text, std::string_view word) { text.append(1, ' ').append(word); }

std::string address_text(const Endpoint& endpoint) { return endpoint.address.to_string(); }

}  // namespace

std::string_view to_string(CandidateType type) {
  switch (type) {
    case CandidateType::Host:
      return "host";
    case CandidateType::PeerReflexive:
      return "prflx";
    case CandidateType::ServerReflexive:
      return "srflx";
    case CandidateType::Relay:
      return "relay";
  }
  return "host";
}

std::string_view to_string(Protocol protocol) { return protocol == Protocol::Udp ? "udp" : "tcp"; }

std::string_view to_string(TcpType type) {
  switch (type) {
    case TcpType::Active:
      return "active";
    case TcpType::Passive:
      return "passive";
    case TcpType::SimultaneousOpen:
      return "so";
  }
  return "active";
}

// candidate-attribute = "candidate" ":" foundation SP component-id SP transport SP priority SP
//                       connection-address SP port SP cand-type [SP rel-addr] [SP rel-port]
//                       *(SP cand-extension)
Result<Candidate, CandidateError> Candidate::parse(std::string_view text) {
  if (text.size() > kMaxCandidateSize) return fail(CandidateError::TooLong);
  text = strip(text);
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
    return fail(CandidateError::BadCharacter);
  }
  Words words{text};
  Candidate candidate;
  const std::string_view foundation = words.next();
  const std::string_view component = words.next();
  const std::string_view transport = words.next();
  const std::string_view priority = words.next();
  const std::string_view address = words.next();
  const std::string_view port = words.next();
  const std::string_view typ = words.next();
  const std::string_view type = words.next();
  if (type.empty() || !equal_ignoring_case(typ, "typ")) return fail(CandidateError::Incomplete);

  if (!is_foundation(foundation)) return fail(CandidateError::BadFoundation);
  candidate.foundation = foundation;
  const auto component_number = number(component, 1, 256);
  if (!component_number) return fail(CandidateError::BadComponent);
  candidate.component = static_cast<std::uint16_t>(*component_number);
  const auto protocol = find_word(transport, {Protocol::Udp, Protocol::Tcp});
  if (!protocol) return fail(CandidateError::UnknownTransport);
  candidate.protocol = *protocol;
  const auto priority_number = number(priority, 1, kMaxPriority);
  if (!priority_number) return fail(CandidateError::BadPriority);
  candidate.priority = *priority_number;
  if (const auto ip = IpAddress::parse(address)) {
    candidate.endpoint.address = ip->unmapped();
  } else if (is_host_name(address)) {
    candidate.name = address;
  } else {
    return fail(CandidateError::BadAddress);
  }
  const auto port_number = number(port, 0, 65535);
  if (!port_number) return fail(CandidateError::BadPort);
  candidate.endpoint.port = static_cast<std::uint16_t>(*port_number);
  const auto known_type = find_word(type, {CandidateType::Host, CandidateType::PeerReflexive,
                                           CandidateType::ServerReflexive, CandidateType::Relay});
  if (!known_type) return fail(CandidateError::UnknownType);
  candidate.type = *known_type;

  std::optional<std::string_view> related_address;
  std::optional<std::uint32_t> related_port;
  for (auto name = words.next(); !name.empty(); name = words.next()) {
    const std::string_view value = words.next();
    if (value.empty()) return fail(CandidateError::Incomplete);
    if (equal_ignoring_case(name, "raddr")) {
      related_address = value;
    } else if (equal_ignoring_case(name, "rport")) {
      related_port = number(value, 0, 65535);
      if (!related_port) return fail(CandidateError::BadPort);
    } else if (equal_ignoring_case(name, "tcptype") && candidate.protocol == Protocol::Tcp) {
      candidate.tcp_type =
          find_word(value, {TcpType::Active, TcpType::Passive, TcpType::SimultaneousOpen});
    } else {
      if (!candidate.extensions.empty()) candidate.extensions += ' ';
      candidate.extensions.append(name);
      append(candidate.extensions, value);
    }
  }
  if (candidate.protocol == Protocol::Tcp && !candidate.tcp_type) {
    return fail(CandidateError::BadTcpType);
  }
  if (related_address || related_port) {
    candidate.related =
        Endpoint{IpAddress::parse(related_address.value_or("")).value_or(IpAddress{}),
                 static_cast<std::uint16_t>(related_port.value_or(0))};
  }
  return candidate;
}

std::string Candidate::serialize() const {
  std::string text{"candidate:"};
  text += foundation;
  append(text, std::to_string(component));
  append(text, to_string(protocol));
  append(text, std::to_string(priority));
  append(text, is_named() ? name : address_text(endpoint));
  append(text, std::to_string(endpoint.port));
  append(text, "typ");
  append(text, to_string(type));
  if (related) {
    append(text, "raddr");
    append(text, address_text(*related));
    append(text, "rport");
    append(text, std::to_string(related->port));
  }
  if (tcp_type) {
    append(text, "tcptype");
    append(text, to_string(*tcp_type));
  }
  if (!extensions.empty()) append(text, extensions);
  return text;
}

std::optional<std::string_view> Candidate::extension(std::string_view wanted) const {
  Words words{extensions};
  for (auto key = words.next(); !key.empty(); key = words.next()) {
    const std::string_view value = words.next();
    if (equal_ignoring_case(key, wanted)) return value;
  }
  return std::nullopt;
}

bool is_mdns_name(std::string_view name) {
  constexpr std::string_view kLocal = ".local";
  if (name.size() <= kLocal.size()) return false;
  const std::string_view label = name.substr(0, name.size() - kLocal.size());
  return equal_ignoring_case(name.substr(label.size()), kLocal) &&
         label.find('.') == std::string_view::npos;
}

}  // namespace duet::ice
