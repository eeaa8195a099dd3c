// SPDX-License-Identifier: MIT
// The JSON of a Socket.IO packet, checked in one pass and left as it was written.
#pragma once

#include <duet/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duet::socketio {

/// Arrays and objects within each other, the outermost included.
constexpr std::size_t kMaxJsonDepth = 128;

enum class JsonError : std::uint8_t {
  Malformed,      ///< no JSON text (RFC 8259), not UTF-8, or deeper than kMaxJsonDepth
  WrongKind,      ///< an object where an array must be, or the other way round
  NoName,         ///< an event whose first element is neither a string nor a number
  ReservedName,   ///< an event with a name that means something to clients themselves
  BadPlaceholder  ///< `{"_placeholder":true}` without a `num` that names an attachment
};

/// The parts of an event, as they were written.
struct EventText {
  std::string_view name;       ///< without quotes and escapes
  std::string_view arguments;  ///< the elements after the name: `1,{"a":2}`
};

/// Checks the JSON array of an event, and takes it apart.
///
/// @param attachments   of the packet; 0 if it is not a binary one, and placeholders mean nothing
/// @param name_storage  holds the name if that was written with escapes; else the name and the
///                      arguments point into `text`
Result<EventText, JsonError> parse_event_text(std::string_view text, std::size_t attachments,
                                              std::string& name_storage);

/// Nothing if `text` is a JSON array, as an acknowledgement has it.
std::optional<JsonError> check_json_array(std::string_view text, std::size_t attachments);

/// Nothing if `text` is a JSON object, as a CONNECT has it.
std::optional<JsonError> check_json_object(std::string_view text);

}  // namespace duet::socketio
