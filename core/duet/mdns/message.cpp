// SPDX-License-Identifier: MIT
// DNS messages of multicast DNS.
#include <duet/base/ascii.hpp>
#include <duet/base/bytes.hpp>
#include <duet/mdns/message.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace duet::mdns {

namespace {

// RFC 1035 §4.1.1:
//    0  1  2  3  4  5  6  7  8  9  0  1  2  3  4  5
//  +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
//  |QR|   Opcode  |AA|TC|RD|RA|   Z    |   RCODE   |
//  +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
constexpr std::uint16_t kResponse = 0x8000;
constexpr std::uint16_t kAuthoritative = 0x0400;
constexpr std::uint16_t kOpcodeAndRcode = 0x780F;

constexpr std::uint16_t kInternet = 1;     // RFC 1035 §3.2.4
constexpr std::uint16_t kAnyClass = 255;   // §3.2.5
constexpr std::uint16_t kTopBit = 0x8000;  // RFC 6762 §5.4, §10.2
constexpr std::uint16_t kNsec = 47;        // RFC 4034 §4
constexpr std::size_t kMaxName = 255;      // RFC 1035 §3.1, on the wire
constexpr std::uint8_t kPointer = 0xC0;
/// As many as a name has labels at most. A message of pointers to pointers has thousands, and so
/// many names that lead through all of them.
constexpr int kMaxPointers = 127;
constexpr std::uint32_t kNsecTtl = 120;  // s, as of the addresses

bool is_name_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_';
}

/// RFC 1035 §4.1.4: labels, or a pointer to labels that came before, which makes an end certain.
///
/// @param out  empty where a label has other characters
bool read_name(std::span<const std::byte> whole, ByteReader& in, std::string& out) {
  out.clear();
  std::size_t begin = whole.size() - in.size();
  std::size_t length = 1;
  int jumps = 0;
  bool is_plain = true;
  ByteReader at = in;
  for (;;) {
    const std::uint8_t head = at.u8();
    if ((head & kPointer) == kPointer) {
      const std::size_t target = std::size_t{head & 0x3FU} << 8 | at.u8();
      if (!at.ok() || target >= begin || jumps == kMaxPointers) return false;
      if (jumps++ == 0) in = at;
      begin = target;
      at = ByteReader{whole.subspan(target)};
      continue;
    }
    if ((head & kPointer) != 0) return false;
    const std::string_view label = as_text(at.bytes(head));
    if (!at.ok()) return false;
    if (head == 0) break;
    length += label.size() + 1;
    if (length > kMaxName) return false;
    is_plain = is_plain && std::ranges::all_of(label, is_name_character);
    if (!out.empty()) out += '.';
    out += to_lower(label);
  }
  if (jumps == 0) in = at;
  if (!is_plain) out.clear();
  return true;
}

std::optional<RecordType> known(std::uint16_t type) {
  switch (static_cast<RecordType>(type)) {
    case RecordType::A:
    case RecordType::Aaaa:
    case RecordType::Any:
      return static_cast<RecordType>(type);
  }
  return std::nullopt;
}

std::optional<IpAddress> read_address(RecordType type, std::span<const std::byte> data) {
  ByteReader in{data};
  const auto fill = [&](auto bytes) {
    for (std::uint8_t& byte : bytes) byte = in.u8();
    return bytes;
  };
  std::optional<IpAddress> address;
  if (type == RecordType::A) {
    address = IpAddress::v4(fill(std::array<std::uint8_t, 4>{}));
  } else {
    address = IpAddress::v6(fill(std::array<std::uint8_t, 16>{}));
  }
  if (!in.ok() || !in.empty()) return std::nullopt;
  return address;
}

/// Reads one record; keeps it if it is an address.
Result<void, ParseError> read_record(std::span<const std::byte> whole, ByteReader& in,
                                     std::vector<AddressRecord>* keep) {
  std::string name;
  if (!read_name(whole, in, name)) return fail(ParseError::BadName);
  const auto type = known(in.u16());
  const std::uint16_t klass = in.u16();
  const std::uint32_t ttl = in.u32();
  const auto data = in.bytes(in.u16());
  if (!in.ok()) return fail(ParseError::Truncated);
  if (!type || type == RecordType::Any || (klass & ~kTopBit) != kInternet) return {};
  const auto address = read_address(*type, data);
  if (!address) return fail(ParseError::BadRecord);
  if (keep == nullptr || name.empty() || keep->size() == Message::kMaxEntries) return {};
  keep->push_back({std::move(name), *address, ttl, (klass & kTopBit) != 0});
  return {};
}

class Out {
 public:
  void u8(std::size_t value) { bytes_.push_back(static_cast<std::byte>(value & 0xFF)); }

  void u16(std::size_t value) {
    u8(value >> 8);
    u8(value);
  }

  void u32(std::uint32_t value) {
    u16(value >> 16);
    u16(value & 0xFFFF);
  }

  void name(std::string_view text) {
    while (!text.empty()) {
      const std::string_view label = text.substr(0, text.find('.'));
      u8(label.size());
      for (const char c : label) u8(static_cast<unsigned char>(c));
      text.remove_prefix(std::min(label.size() + 1, text.size()));
    }
    u8(0);
  }

  void type_and_class(RecordType type, bool top_bit) {
    u16(static_cast<std::uint16_t>(type));
    u16(top_bit ? kInternet | kTopBit : kInternet);
  }

  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

void write(Out& out, const AddressRecord& record) {
  out.name(record.name);
  out.type_and_class(type_of(record.address), record.is_unique);
  out.u32(record.ttl_s);
  const std::size_t size = record.address.is_v4() ? 4 : 16;
  out.u16(size);
  for (std::size_t i = 0; i < size; ++i) out.u8(record.address.bytes()[i]);
}

/// RFC 4034 §4.1 as RFC 6762 §6.1 restricts it: the next name is the name itself, and one bit map
/// of block 0 has one bit.
void write(Out& out, const OnlyType& only) {
  const auto bit = static_cast<std::size_t>(only.type);
  const std::size_t map = bit / 8 + 1;
  out.name(only.name);
  out.u16(kNsec);
  out.u16(kInternet | kTopBit);
  out.u32(kNsecTtl);
  out.u16(only.name.size() + 2 + 2 + map);
  out.name(only.name);
  out.u8(0);
  out.u8(map);
  for (std::size_t i = 0; i + 1 < map; ++i) out.u8(0);
  out.u8(std::size_t{0x80} >> bit % 8);
}

}  // namespace

Result<Message, ParseError> Message::parse(std::span<const std::byte> bytes) {
  if (bytes.size() > kMaxMessage) return fail(ParseError::TooLong);
  ByteReader in{bytes};
  Message message;
  message.id = in.u16();
  const std::uint16_t flags = in.u16();
  const std::uint16_t questions = in.u16();
  const std::array<std::uint16_t, 3> sections{in.u16(), in.u16(), in.u16()};
  if (!in.ok()) return fail(ParseError::Truncated);
  if ((flags & kOpcodeAndRcode) != 0) return fail(ParseError::OtherOpcode);
  message.is_response = (flags & kResponse) != 0;
  for (int i = 0; i < questions; ++i) {
    Question question;
    if (!read_name(bytes, in, question.name)) return fail(ParseError::BadName);
    const auto type = known(in.u16());
    const std::uint16_t klass = in.u16();
    if (!in.ok()) return fail(ParseError::Truncated);
    const std::uint16_t bare = klass & ~kTopBit & 0xFFFF;
    if (!type || question.name.empty() || (bare != kInternet && bare != kAnyClass)) continue;
    if (message.questions.size() == kMaxEntries) continue;
    question.type = *type;
    question.wants_unicast = (klass & kTopBit) != 0;
    message.questions.push_back(std::move(question));
  }
  for (std::size_t section = 0; section < sections.size(); ++section) {
    // Of a query: what it knows already, and what it is about to claim (RFC 6762 §8.2).
    const bool is_kept = section == 0 || (section == 2 && message.is_response);
    for (int i = 0; i < sections[section]; ++i) {
      const auto read = read_record(bytes, in, is_kept ? &message.records : nullptr);
      if (!read) return fail(read.error());
    }
  }
  return message;
}

std::vector<std::byte> Message::serialize() const {
  Out out;
  out.u16(id);
  out.u16(is_response ? kResponse | kAuthoritative : 0);
  out.u16(questions.size());
  out.u16(records.size() + only.size());
  out.u16(0);
  out.u16(0);
  for (const Question& question : questions) {
    out.name(question.name);
    out.type_and_class(question.type, question.wants_unicast);
  }
  for (const AddressRecord& record : records) write(out, record);
  for (const OnlyType& one : only) write(out, one);
  return out.take();
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxName - 2) return false;
  std::size_t label = 0;
  for (const char c : text) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (!is_name_character(c) || ++label > 63) {
      return false;
    }
  }
  return label > 0;
}

}  // namespace duet::mdns
