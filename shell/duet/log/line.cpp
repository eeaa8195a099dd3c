// SPDX-License-Identifier: MIT
// A sentence and its fields as text, in each of the formats.
#include <duet/base/utf8.hpp>
#include <duet/log/line.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace duet::log {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

constexpr std::size_t kMaxString = 512;
/// With what stands before it a line stays below PIPE_BUF (4,096), so that it is written whole.
constexpr std::size_t kMaxLine = 4000;
constexpr std::string_view kCut = "...";

std::string cut(std::string_view text) {
  if (text.size() <= kMaxString) return std::string{text};
  std::size_t end = kMaxString;
  while (end > kMaxString - 4 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string{text.substr(0, end)} + std::string{kCut};
}

void append_hex(std::string& out, unsigned char byte) {
  out += kDigits[byte >> 4];
  out += kDigits[byte & 0xF];
}

/// Escapes what would break a line, end a quoted string or command a terminal: C0 and DEL, C1
/// (U+0080 to U+009F), the quote and the backslash; and every high byte of what is not UTF-8.
void append_escaped(std::string& out, std::string_view text, Format format) {
  const bool valid = is_utf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 = valid && byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[i];
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !valid) || c1) {
      const unsigned char shown = c1 ? static_cast<unsigned char>(text[++i]) : byte;
      out += format == Format::Json ? "\\u00" : "\\x";
      append_hex(out, shown);
    } else {
      out += text[i];
    }
  }
}

bool needs_quotes(std::string_view text) {
  if (text.empty() || !is_utf8(text)) return true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F || byte == 0xC2 || c == '"' || c == '=' || c == '\\')
      return true;
  }
  return false;
}

void append_string(std::string& out, std::string_view whole, Format format) {
  const std::string text = cut(whole);
  if (format != Format::Json && !needs_quotes(text)) {
    out += text;
    return;
  }
  out += '"';
  append_escaped(out, text, format);
  out += '"';
}

std::string short_hash(const LineStyle& style, char sigil, std::string_view secret) {
  const auto hash = static_cast<std::uint32_t>(style.hash(secret));
  std::string out{sigil};
  for (int shift = 24; shift >= 0; shift -= 8)
    append_hex(out, static_cast<unsigned char>(hash >> shift));
  return out;
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

struct Appender {
  const LineStyle& style;
  Level level;
  std::string& out;

  void operator()(std::string_view text) const { append_string(out, text, style.format); }

  void operator()(std::int64_t number) const { append_number(out, number); }

  void operator()(std::uint64_t number) const { append_number(out, number); }

  void operator()(double number) const {
    if (std::isfinite(number)) return append_number(out, number);
    append_string(out, "none", style.format);  // JSON has no infinity
  }

  void operator()(bool truth) const { out += truth ? "true" : "false"; }

  void operator()(Room room) const {
    const bool told = style.privacy == Privacy::Told;
    append_string(out, told ? std::string{room.name} : short_hash(style, '#', room.name),
                  style.format);
  }

  void operator()(Address address) const {
    const bool told = style.privacy == Privacy::Told || level >= Level::Debug;
    const std::string text = address.address.unmapped().to_string();
    append_string(out, told ? text : short_hash(style, '@', text), style.format);
  }
};

}  // namespace

std::string format_line(const LineStyle& style, Level level, std::string_view sentence,
                        std::initializer_list<Field> fields) {
  std::string out;
  if (style.format == Format::Text) {
    append_escaped(out, cut(sentence), style.format);
  } else {
    out += style.format == Format::Json ? R"("msg":)" : "msg=";
    append_string(out, sentence, style.format);
  }
  bool first = true;
  for (const Field& field : fields) {
    const std::size_t before = out.size();
    if (style.format == Format::Json) {
      out += ',';
      append_string(out, field.key, style.format);
      out += ':';
    } else {
      out += style.format == Format::Text && first ? "  " : " ";
      out += field.key;
      out += '=';
    }
    first = false;
    std::visit(Appender{style, level, out}, field.value);
    if (out.size() <= kMaxLine - 20) continue;
    out.resize(before);
    out += style.format == Format::Json ? R"(,"cut":true)" : " cut=true";
    break;
  }
  return out;
}

}  // namespace duet::log
