// SPDX-License-Identifier: MIT
// Lines of text become sections, in the order that RFC 8866 §5 asks for.
#include <duet/sdp/attribute_parser.hpp>
#include <duet/sdp/description.hpp>
#include <duet/sdp/text.hpp>

#include <utility>

namespace duet::sdp {
namespace {

using Reason = ParseError::Reason;
using Checked = std::optional<Reason>;

/// A line's place at the session level: never behind one of a higher rank (RFC 8866 §5). Nothing
/// for letters that have no place there. Repeated times and contacts may mix.
std::optional<int> session_rank(char type) {
  switch (type) {
    case 'v':
      return 0;
    case 'o':
      return 1;
    case 's':
      return 2;
    case 'i':
      return 3;
    case 'u':
      return 4;
    case 'e':
    case 'p':
      return 5;
    case 'c':
      return 6;
    case 'b':
      return 7;
    case 't':
    case 'r':
    case 'z':
      return 8;
    case 'k':
      return 9;
    case 'a':
      return 10;
    default:
      return std::nullopt;
  }
}

constexpr int kTimeRank = 8;

Result<Origin, Reason> parse_origin(std::string_view text) {
  Origin origin;
  origin.username = take_word(text);
  origin.session_id = take_word(text);
  const auto version = parse_number<std::uint64_t>(take_word(text));
  const bool numeric = !origin.session_id.empty() && all_of(origin.session_id, is_digit);
  if (!numeric || !version) return fail(Reason::BadOrigin);
  for (int field = 0; field < 3; ++field) {  // nettype, addrtype, unicast-address
    if (take_word(text).empty()) return fail(Reason::BadOrigin);
  }
  if (!trim(text).empty()) return fail(Reason::BadOrigin);
  origin.version = *version;
  return origin;
}

bool is_timing(std::string_view text) {
  return parse_number<std::uint64_t>(take_word(text)) &&
         parse_number<std::uint64_t>(take_word(text)) && trim(text).empty();
}

}  // namespace

/// Reads one description from its first line to its last.
class Parser {
 public:
  Result<Description, ParseError> parse(std::string_view text) {
    if (text.size() > kMaxDescription) return fail(ParseError{.reason = Reason::TooLong});
    // Empty lines at the end come from whoever carries descriptions as text of their own.
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    while (!text.empty()) {
      ++line_;
      const std::size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (const Checked wrong = handle_line(line)) return error(*wrong);
    }
    if (const Checked wrong = finish_part()) return error(*wrong);
    return std::move(out_);
  }

 private:
  tl::unexpected<ParseError> error(Reason reason) const {
    return tl::make_unexpected(ParseError{.line = line_, .reason = reason});
  }

  Checked handle_line(std::string_view line) {
    if (line.size() > kMaxLine) return Reason::LineTooLong;
    if (line.size() < 2 || line[1] != '=') return Reason::NotALine;
    if (!is_byte_string(line)) return Reason::ControlCharacter;
    const char type = line[0];
    const std::string_view value = line.substr(2);
    if (type == 'm') return begin_section(value);
    std::vector<Line>& lines = in_session() ? out_.lines_ : out_.sections_.back().lines;
    if (lines.size() == kMaxLinesPerSection) return Reason::TooManyLines;
    const Checked wrong = in_session() ? session_line(type, value) : section_line(type, value);
    if (!wrong) lines.push_back(Line{.type = type, .value = std::string{value}});
    return wrong;
  }

  bool in_session() const { return out_.sections_.empty(); }

  Checked session_line(char type, std::string_view value) {
    const auto rank = session_rank(type);
    if (!rank) return Reason::UnknownType;
    // The first three lines are there, once each and in this order.
    const int expected = static_cast<int>(out_.lines_.size());
    if (expected < 3 ? *rank != expected : *rank < 3) {
      return expected < 3 ? Reason::MissingLine : Reason::WrongOrder;
    }
    if (*rank < rank_) return Reason::WrongOrder;
    if (*rank > kTimeRank && rank_ < kTimeRank) return Reason::MissingLine;
    rank_ = *rank;
    switch (type) {
      case 'v':
        return value == "0" ? Checked{} : Reason::BadVersion;
      case 'o': {
        auto origin = parse_origin(value);
        if (!origin) return origin.error();
        out_.origin_ = *std::move(origin);
        return {};
      }
      case 't':
        has_time_ = true;
        return is_timing(value) ? Checked{} : Reason::BadTiming;
      case 'a':
        return parse_session_attribute(value, session_);
      default:
        return {};
    }
  }

  Checked section_line(char type, std::string_view value) {
    // RFC 8866 §9, media-description; their order is not insisted on, as it is by no browser.
    if (type == 'a') {
      MediaSection& section = out_.sections_.back();
      const bool had_mid = section.mid.has_value();
      if (const Checked wrong = parse_section_attribute(value, section)) return wrong;
      const bool is_new = section.mid && !had_mid;
      return is_new && out_.find_mid(*section.mid) != &section ? Checked{Reason::DuplicateMid}
                                                               : Checked{};
    }
    return std::string_view{"icbk"}.find(type) == std::string_view::npos
               ? Checked{Reason::UnknownType}
               : Checked{};
  }

  Checked begin_section(std::string_view value) {
    if (const Checked wrong = finish_part()) return wrong;
    if (out_.sections_.size() == kMaxSections) return Reason::TooManySections;
    MediaSection& section = out_.sections_.emplace_back();
    section.direction = session_.direction;
    section.lines.push_back(Line{.type = 'm', .value = std::string{value}});
    return parse_media_line(value, section);
  }

  /// The session, or the section before, is complete.
  Checked finish_part() {
    if (!in_session()) return finish_section(session_, out_.sections_.back());
    if (!has_time_) return Reason::MissingLine;
    out_.groups_ = std::move(session_.groups);
    out_.ice_lite_ = session_.ice_lite;
    return {};
  }

  Description out_;
  SessionAttributes session_;
  std::size_t line_ = 0;
  int rank_ = 0;
  bool has_time_ = false;
};

Result<Description, ParseError> Description::parse(std::string_view text) {
  return Parser{}.parse(text);
}

}  // namespace duet::sdp
