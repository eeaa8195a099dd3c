// SPDX-License-Identifier: MIT
// A call in progress, in words.
#include "call_status.hpp"

#include "call_report.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace duet::apps {

using config::Say;

namespace {

std::string clock_text(Duration time) {
  const auto seconds = time.count() / 1'000'000;
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string percent_encoded(std::string_view room) {
  std::string out;
  for (const char c : room) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

std::vector<std::string> status_lines(const CallStatus& status, config::Language language) {
  std::string head = fmt::format("{}  {}  {}", status.room, clock_text(status.since_connected),
                                 path_text(status.path));
  if (status.path && status.path->round_trip) {
    head += fmt::format("  rtt {:.0f} ms",
                        static_cast<double>(status.path->round_trip->count()) / 1000);
  }
  std::vector<std::string> lines{std::move(head)};
  if (status.awaited) {
    lines.push_back(render({status.awaited->say, {seconds_text(status.awaited->left)}}, language));
  }
  for (std::string& line : figures_lines(status.figures)) lines.push_back(std::move(line));
  if (status.safety) {
    const auto& groups = *status.safety;
    lines.push_back(fmt::format(" safety  {} {} {} ...", groups[0], groups[1], groups[2]));
  }
  std::string foot;
  if (status.is_muted) foot += fmt::format(" [{}]", text_of(Say::CallMuted, language));
  if (status.is_camera_off) foot += fmt::format(" [{}]", text_of(Say::CallCameraOff, language));
  if (status.takes_keys) foot += fmt::format(" {}", text_of(Say::CallKeys, language));
  if (!foot.empty()) lines.push_back(std::move(foot));
  return lines;
}

std::string seconds_text(Duration time) {
  return fmt::format("{}s", std::chrono::ceil<std::chrono::seconds>(time).count());
}

std::string path_text(const std::optional<PathFigures>& path) {
  if (!path) return "";
  return path->protocol + " " + path->local + "-" + path->remote;
}

std::string room_link(const host::ServerUrl& server, std::string_view room) {
  return fmt::format("{}://{}/r/{}", server.is_secure ? "https" : "http", server.authority(),
                     percent_encoded(room));
}

}  // namespace duet::apps
