// SPDX-License-Identifier: MIT
// A session description: text that is kept as it came, and what it means.
#include <duet/base/ascii.hpp>
#include <duet/sdp/description.hpp>
#include <duet/sdp/text.hpp>

#include <algorithm>

namespace duet::sdp {
namespace {

void write(std::string& out, const std::vector<Line>& lines) {
  for (const Line& line : lines) {
    out += line.type;
    out += '=';
    out += line.value;
    out += "\r\n";
  }
}

std::size_t written_size(const std::vector<Line>& lines) {
  std::size_t size = 0;
  for (const Line& line : lines) size += line.value.size() + 4;
  return size;
}

}  // namespace

std::string Description::serialize() const {
  std::size_t size = written_size(lines_);
  for (const MediaSection& section : sections_) size += written_size(section.lines);
  std::string out;
  out.reserve(size);
  write(out, lines_);
  for (const MediaSection& section : sections_) write(out, section.lines);
  return out;
}

std::optional<std::size_t> Description::index_of_mid(std::string_view mid) const {
  const auto found = std::find_if(sections_.begin(), sections_.end(),
                                  [&](const MediaSection& section) { return section.mid == mid; });
  if (found == sections_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - sections_.begin());
}

const MediaSection* Description::find_mid(std::string_view mid) const {
  const auto index = index_of_mid(mid);
  return index ? &sections_[*index] : nullptr;
}

const Group* Description::bundle_of(std::string_view mid) const {
  for (const Group& group : groups_) {
    if (group.semantics != "BUNDLE") continue;
    if (std::find(group.mids.begin(), group.mids.end(), mid) != group.mids.end()) return &group;
  }
  return nullptr;
}

bool Description::add_candidate(std::size_t index, std::string_view candidate) {
  if (index >= sections_.size() || !candidate.starts_with("candidate:") ||
      candidate.size() + 2 > kMaxLine || !is_byte_string(candidate)) {
    return false;
  }
  MediaSection& section = sections_[index];
  if (section.candidates.size() == kMaxCandidatesPerSection ||
      section.lines.size() == kMaxLinesPerSection) {
    return false;
  }
  // After the last candidate; the first one goes to the end, where no order can be wrong.
  auto place = section.lines.end();
  if (!section.candidates.empty()) {
    place = std::find_if(section.lines.rbegin(), section.lines.rend(), [](const Line& line) {
              return line.type == 'a' && line.value.starts_with("candidate:");
            }).base();
  }
  section.lines.insert(place, Line{.type = 'a', .value = std::string{candidate}});
  section.candidates.emplace_back(candidate);
  return true;
}

void Description::end_candidates(std::size_t index) {
  if (index >= sections_.size()) return;
  MediaSection& section = sections_[index];
  if (section.end_of_candidates || section.lines.size() == kMaxLinesPerSection) return;
  section.end_of_candidates = true;
  section.lines.push_back(Line{.type = 'a', .value = "end-of-candidates"});
}

}  // namespace duet::sdp
