// SPDX-License-Identifier: MIT
// A session description: text that is kept as it came, and what it means.
#pragma once

#include <duet/base/result.hpp>
#include <duet/sdp/media_section.hpp>
#include <duet/sdp/parse_error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::sdp {

/// Bounds of what is read. The largest offer of a browser seen so far, three sections with
/// simulcast and candidates, has 10 KB, 240 lines, 23 formats and lines under 200 bytes.
inline constexpr std::size_t kMaxDescription = 262'144;
/// H.264 parameter sets in fmtp are the longest lines there are.
inline constexpr std::size_t kMaxLine = 8'192;
inline constexpr std::size_t kMaxSections = 64;
inline constexpr std::size_t kMaxLinesPerSection = 2048;
/// RFC 8445 §5.1.2.2 lets an agent limit itself to 100 pairs, so more has no use.
inline constexpr std::size_t kMaxCandidatesPerSection = 128;
/// As many as there are payload types.
inline constexpr std::size_t kMaxFormats = 128;
/// Of each other kind of value in one section: fingerprints, options, groups, mids, msids, rids.
inline constexpr std::size_t kMaxValues = 64;

/// A session description (RFC 8866). What is not understood stays in its place, so that
/// serialize() gives back what was parsed, line for line; only the ends of lines become CRLF.
class Description {
 public:
  /// Lines may end in CRLF or LF, and the last one in neither or in several. Strict where browsers
  /// are: an attribute that this library acts on and that is malformed refuses the whole, one that
  /// it doesn't know is kept unread. Spaces at the ends of an attribute's name and value say
  /// nothing.
  static Result<Description, ParseError> parse(std::string_view text);

  std::string serialize() const;

  /// The lines before the first m= line.
  const std::vector<Line>& lines() const { return lines_; }

  const std::vector<MediaSection>& sections() const { return sections_; }

  const Origin& origin() const { return origin_; }

  const std::vector<Group>& groups() const { return groups_; }

  bool ice_lite() const { return ice_lite_; }

  const MediaSection* find_mid(std::string_view mid) const;
  std::optional<std::size_t> index_of_mid(std::string_view mid) const;

  /// The BUNDLE group that `mid` is in, or nullptr (RFC 9143 §7.2).
  const Group* bundle_of(std::string_view mid) const;

  /// Adds `candidate` ("candidate:...") to the section at `index`, after those that it has. False,
  /// and nothing changed, if the section is full or the line is too long or holds an end of line.
  bool add_candidate(std::size_t index, std::string_view candidate);

  /// Adds a=end-of-candidates to the section at `index`, once.
  void end_candidates(std::size_t index);

  friend bool operator==(const Description&, const Description&) = default;

 private:
  friend class Parser;

  std::vector<Line> lines_;
  std::vector<MediaSection> sections_;
  Origin origin_;
  std::vector<Group> groups_;
  bool ice_lite_ = false;
};

}  // namespace duet::sdp
