// SPDX-License-Identifier: MIT
// The JSON of a Socket.IO packet, checked in one pass and left as it was written.
#include <duet/socketio/json_text.hpp>
#include <duet/socketio/lone_surrogates.hpp>

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <array>

namespace duet::socketio {
namespace {

namespace json = boost::json;

/// Names that clients and servers emit themselves (Socket.IO protocol, "Event").
constexpr std::array<std::string_view, 6> kReservedNames = {
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};

constexpr std::string_view kPlaceholderKey = "_placeholder";
constexpr std::string_view kNumKey = "num";

/// What basic_parser tells, as far as a packet's rules need it.
class Visitor {
 public:
  // NOLINTBEGIN(readability-identifier-naming): names that basic_parser asks for.
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  // NOLINTEND(readability-identifier-naming)

  enum class Kind : std::uint8_t { None, Array, Object, String, Number, Other };

  Visitor(std::size_t attachments, std::string* name_storage)
      : attachments_{attachments}, name_storage_{name_storage} {}

  Kind root() const { return root_; }

  Kind first() const { return first_; }

  bool bad_placeholder() const { return bad_placeholder_; }

  bool on_document_begin(json::error_code&) { return true; }

  bool on_document_end(json::error_code&) { return true; }

  bool on_array_begin(json::error_code&) { return enter(Kind::Array); }

  bool on_array_end(std::size_t, json::error_code&) {
    --depth_;
    return true;
  }

  bool on_object_begin(json::error_code&) { return enter(Kind::Object); }

  bool on_object_end(std::size_t, json::error_code& error) {
    const Object& object = objects_[depth_--];
    if (attachments_ == 0 || !object.is_placeholder || object.has_num) return true;
    bad_placeholder_ = true;
    error = json::error::syntax;
    return false;
  }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    append_key(part);
    return true;
  }

  bool on_key(json::string_view last, std::size_t, json::error_code&) {
    if (attachments_ == 0) return true;
    append_key(last);
    const std::string_view key{key_.data(), std::min(key_size_, key_.size())};
    objects_[depth_].key = key == kPlaceholderKey ? Key::Placeholder
                           : key == kNumKey       ? Key::Num
                                                  : Key::Other;
    key_size_ = 0;
    return true;
  }

  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    append_name(part);
    return true;
  }

  bool on_string(json::string_view last, std::size_t, json::error_code&) {
    append_name(last);
    return scalar(Kind::String);
  }

  bool on_number_part(json::string_view, json::error_code&) { return true; }

  bool on_int64(std::int64_t value, json::string_view, json::error_code&) {
    return integer(value >= 0, static_cast<std::uint64_t>(value));
  }

  bool on_uint64(std::uint64_t value, json::string_view, json::error_code&) {
    return integer(true, value);
  }

  bool on_double(double, json::string_view, json::error_code&) { return scalar(Kind::Number); }

  bool on_bool(bool value, json::error_code&) {
    const bool is_mark = attachments_ > 0 && objects_[depth_].key == Key::Placeholder;
    scalar(Kind::Other);
    if (is_mark) objects_[depth_].is_placeholder = value;
    return true;
  }

  bool on_null(json::error_code&) { return scalar(Kind::Other); }

  bool on_comment_part(json::string_view, json::error_code&) { return true; }

  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  enum class Key : std::uint8_t { None, Placeholder, Num, Other };

  /// One level of nesting; in arrays `key` stays None. Of a repeated key the last counts, as in
  /// JavaScript.
  struct Object {
    Key key = Key::None;
    bool is_placeholder = false;
    bool has_num = false;
  };

  bool enter(Kind kind) {
    scalar(kind);
    ++depth_;  // the parser has compared it with kMaxJsonDepth
    if (attachments_ > 0) objects_[depth_] = {};
    return true;
  }

  /// A value of any kind, where it says nothing about a placeholder.
  bool scalar(Kind kind) {
    if (depth_ == 0) root_ = kind;
    if (depth_ == 1 && first_ == Kind::None) first_ = kind;
    if (attachments_ == 0) return true;
    Object& object = objects_[depth_];
    if (object.key == Key::Placeholder) object.is_placeholder = false;
    if (object.key == Key::Num) object.has_num = false;
    return true;
  }

  bool integer(bool is_positive, std::uint64_t value) {
    const bool is_num = attachments_ > 0 && objects_[depth_].key == Key::Num;
    scalar(Kind::Number);
    if (is_num) objects_[depth_].has_num = is_positive && value < attachments_;
    return true;
  }

  void append_key(json::string_view part) {
    if (attachments_ == 0) return;
    for (const char c : part) {
      if (key_size_ < key_.size()) key_[key_size_] = c;
      ++key_size_;
    }
  }

  void append_name(json::string_view part) {
    const bool is_name = depth_ == 1 && first_ == Kind::None && name_storage_ != nullptr;
    if (is_name) name_storage_->append(part.data(), part.size());
  }

  const std::size_t attachments_;
  std::string* const name_storage_;  // takes the first element, if that is a string
  std::size_t depth_ = 0;
  Kind root_ = Kind::None;
  Kind first_ = Kind::None;  // element of the outermost array
  bool bad_placeholder_ = false;
  std::array<Object, kMaxJsonDepth + 1> objects_;  // by depth
  std::array<char, kPlaceholderKey.size() + 1> key_{};
  std::size_t key_size_ = 0;  // as it would be; what exceeds key_ is no key of ours
};

using Kind = Visitor::Kind;

/// A visitor that saw all of `text`, or why none did.
class Checked {
 public:
  Checked(std::string_view text, std::size_t attachments, std::string* name_storage) {
    is_json_ = read(text, attachments, name_storage);
    if (is_json_ || visitor().bad_placeholder()) return;
    const auto copy = replace_lone_surrogates(text);
    if (copy) is_json_ = read(*copy, attachments, name_storage);
  }

  std::optional<JsonError> error(Kind expected) const {
    if (visitor().bad_placeholder()) return JsonError::BadPlaceholder;
    if (!is_json_) return JsonError::Malformed;
    if (visitor().root() != expected) return JsonError::WrongKind;
    return std::nullopt;
  }

  const Visitor& visitor() const { return parser_->handler(); }

 private:
  bool read(std::string_view text, std::size_t attachments, std::string* name_storage) {
    if (name_storage != nullptr) name_storage->clear();
    parser_.emplace(options(), attachments, name_storage);
    json::error_code error;
    const std::size_t used = parser_->write_some(false, text.data(), text.size(), error);
    return !error && used == text.size();
  }

  static json::parse_options options() {
    json::parse_options out;
    out.max_depth = kMaxJsonDepth;
    return out;
  }

  std::optional<json::basic_parser<Visitor>> parser_;
  bool is_json_ = false;
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void trim_front(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
}

void trim_back(std::string_view& text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
}

/// Bytes of the string or number at the front of valid JSON.
std::size_t scalar_size(std::string_view text) {
  if (text.front() != '"') return std::min(text.find_first_of(", \t\n\r]"), text.size());
  std::size_t at = 1;
  while (text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

/// Takes apart what Checked has found to be an array that begins with a string or a number.
EventText split(std::string_view text, const std::string& unescaped) {
  trim_front(text);
  trim_back(text);
  text.remove_prefix(1);
  text.remove_suffix(1);
  trim_front(text);
  const std::size_t size = scalar_size(text);
  std::string_view name = text.substr(0, size);
  text.remove_prefix(size);
  trim_front(text);
  if (!text.empty()) text.remove_prefix(1);  // the comma
  trim_front(text);
  trim_back(text);
  if (name.front() == '"') {
    name = name.substr(1, size - 2);
    if (name.find('\\') != std::string_view::npos) name = unescaped;
  }
  return {name, text};
}

}  // namespace

Result<EventText, JsonError> parse_event_text(std::string_view text, std::size_t attachments,
                                              std::string& name_storage) {
  const Checked checked{text, attachments, &name_storage};
  if (const auto error = checked.error(Kind::Array)) return fail(*error);
  const Kind first = checked.visitor().first();
  if (first != Kind::String && first != Kind::Number) return fail(JsonError::NoName);
  const EventText event = split(text, name_storage);
  const bool is_reserved =
      first == Kind::String &&
      std::find(kReservedNames.begin(), kReservedNames.end(), event.name) != kReservedNames.end();
  if (is_reserved) return fail(JsonError::ReservedName);
  return event;
}

std::optional<JsonError> check_json_array(std::string_view text, std::size_t attachments) {
  return Checked{text, attachments, nullptr}.error(Kind::Array);
}

std::optional<JsonError> check_json_object(std::string_view text) {
  return Checked{text, 0, nullptr}.error(Kind::Object);
}

}  // namespace duet::socketio
