// SPDX-License-Identifier: MIT
// Which sections of a description share the one transport.
#include <duet/peer/bundle.hpp>

#include <algorithm>

namespace duet::peer {
namespace {

std::optional<std::size_t> first_section(const sdp::Description& description) {
  const auto& sections = description.sections();
  const auto found =
      std::find_if(sections.begin(), sections.end(), [](const sdp::MediaSection& section) {
        return !section.is_rejected() && is_supported(section);
      });
  if (found == sections.end()) return std::nullopt;
  return static_cast<std::size_t>(found - sections.begin());
}

const sdp::Group* group_of(const sdp::Description& description, std::size_t index) {
  const auto& mid = description.sections()[index].mid;
  return mid ? description.bundle_of(*mid) : nullptr;
}

}  // namespace

bool is_supported(const sdp::MediaSection& section) {
  return section.is_rtp() || section.is_data_channel();
}

std::vector<bool> bundled_sections(const sdp::Description& description) {
  const auto& sections = description.sections();
  std::vector<bool> carried(sections.size());
  const auto first = first_section(description);
  if (!first) return carried;
  const sdp::Group* group = group_of(description, *first);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const sdp::MediaSection& section = sections[i];
    if (section.is_rejected() || !is_supported(section)) continue;
    carried[i] = i == *first || (group != nullptr && section.mid &&
                                 std::find(group->mids.begin(), group->mids.end(), *section.mid) !=
                                     group->mids.end());
  }
  return carried;
}

std::optional<std::size_t> tagged_section(const sdp::Description& description) {
  const auto first = first_section(description);
  if (!first) return std::nullopt;
  const sdp::Group* group = group_of(description, *first);
  if (group == nullptr) return first;
  for (const std::string& mid : group->mids) {
    const auto index = description.index_of_mid(mid);
    if (!index) continue;
    const sdp::MediaSection& section = description.sections()[*index];
    // A bundle-only section has no transport of its own to give.
    if (!section.is_rejected() && !section.bundle_only && is_supported(section)) return index;
  }
  return first;
}

}  // namespace duet::peer
