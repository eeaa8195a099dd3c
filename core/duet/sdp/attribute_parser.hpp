// SPDX-License-Identifier: MIT
// Attributes become values. Inside of sdp only.
#pragma once

#include <duet/sdp/media_section.hpp>
#include <duet/sdp/parse_error.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace duet::sdp {

/// What the session level says, for itself and for the sections.
struct SessionAttributes {
  TransportAttributes transport;
  Direction direction = Direction::SendRecv;
  std::vector<Group> groups;
  std::vector<Extmap> extensions;
  bool ice_lite = false;
  bool extmap_allow_mixed = false;
  bool end_of_candidates = false;
};

/// `text` is what follows "a=", "m=". Nothing means that all is well.
std::optional<ParseError::Reason> parse_session_attribute(std::string_view text,
                                                          SessionAttributes& out);
std::optional<ParseError::Reason> parse_section_attribute(std::string_view text, MediaSection& out);
std::optional<ParseError::Reason> parse_media_line(std::string_view text, MediaSection& out);

/// After a section's last line: what the session says for it, static payload types, feedback for
/// all.
std::optional<ParseError::Reason> finish_section(const SessionAttributes& session,
                                                 MediaSection& section);

}  // namespace duet::sdp
