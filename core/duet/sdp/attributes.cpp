// SPDX-License-Identifier: MIT
// What the attributes of a description mean, as values.
#include <duet/base/ascii.hpp>
#include <duet/sdp/attributes.hpp>
#include <duet/sdp/text.hpp>

namespace duet::sdp {

std::string_view to_string(Direction direction) {
  switch (direction) {
    case Direction::Inactive:
      return "inactive";
    case Direction::SendOnly:
      return "sendonly";
    case Direction::RecvOnly:
      return "recvonly";
    case Direction::SendRecv:
      break;
  }
  return "sendrecv";
}

std::string_view to_string(Setup setup) {
  switch (setup) {
    case Setup::Actpass:
      return "actpass";
    case Setup::Active:
      return "active";
    case Setup::Passive:
      return "passive";
    case Setup::Holdconn:
      break;
  }
  return "holdconn";
}

std::optional<std::string_view> fmtp_parameter(std::string_view fmtp, std::string_view name) {
  while (!fmtp.empty()) {
    const std::string_view entry = trim(take_until(fmtp, ';'));
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    if (equal_ignoring_case(trim(entry.substr(0, equals)), name)) {
      return trim(entry.substr(equals + 1));
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> PayloadFormat::parameter(std::string_view name) const {
  return fmtp_parameter(fmtp, name);
}

}  // namespace duet::sdp
