// SPDX-License-Identifier: MIT
// Descriptions of our own: lines from values.
#pragma once

#include <duet/sdp/media_section.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace duet::sdp {

/// What the lines before the first section shall say.
struct Session {
  Origin origin;
  std::vector<std::string> ice_options;
  std::vector<Group> groups;
};

/// The text of a description, its lines in the order of RFC 9429 §5.2.1. Of a section the values
/// count and `lines` doesn't; a rejected one says no more than its m= line, its mid and that it is
/// inactive. Parsing the text gives the values back, if their strings are what the grammar wants
/// them to be; nothing if one of them holds a NUL, CR or LF and would begin a line of its own.
std::optional<std::string> compose(const Session& session, std::span<const MediaSection> sections);

}  // namespace duet::sdp
