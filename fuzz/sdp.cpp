// SPDX-License-Identifier: MIT
// Text that is a description stays one, and the same one, however often it is written and read;
// every line is kept, and no list grows over its bound.
#include <duet/base/check.hpp>
#include <duet/sdp/description.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace duet::sdp;

/// `text` with the line ends that serialize() writes.
std::string with_crlf(std::string_view text) {
  std::string out;
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out += line;
    out += "\r\n";
  }
  return out;
}

void check_bounds(const MediaSection& section) {
  DUET_CHECK(!section.lines.empty() && section.lines.front().type == 'm');
  DUET_CHECK(section.lines.size() <= kMaxLinesPerSection);
  DUET_CHECK(section.candidates.size() <= kMaxCandidatesPerSection);
  DUET_CHECK(section.formats.size() <= kMaxFormats);
  DUET_CHECK(section.extensions.size() <= kMaxValues);
  DUET_CHECK(section.sources.size() <= kMaxValues);
  DUET_CHECK(section.source_groups.size() <= kMaxValues);
  DUET_CHECK(section.rids.size() <= kMaxValues);
  DUET_CHECK(section.msids.size() <= kMaxValues);
  DUET_CHECK(section.transport.fingerprints.size() <= kMaxValues);
  for (const PayloadFormat& format : section.payloads) {
    DUET_CHECK(section.find_payload(format.payload_type) == &format);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  auto description = Description::parse(text);
  if (!description) {
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    DUET_CHECK(description.error().line <= lines);
    return 0;
  }
  const std::string written = description->serialize();
  DUET_CHECK(written == with_crlf(text));
  DUET_CHECK(Description::parse(written) == *description);
  DUET_CHECK(description->sections().size() <= kMaxSections);
  for (const MediaSection& section : description->sections()) check_bounds(section);
  if (description->add_candidate(0, "candidate:1 1 udp 1 192.0.2.1 1 typ host")) {
    const auto again = Description::parse(description->serialize());
    // One more line may be one too many for the whole.
    DUET_CHECK(again ? *again == *description
                     : again.error().reason == ParseError::Reason::TooLong);
  }
  return 0;
}
