// SPDX-License-Identifier: MIT
// What a call in progress looks like at the foot of a terminal, and its words.
#pragma once

#include "call_meter.hpp"
#include <duet/base/time.hpp>
#include <duet/config/sentences.hpp>
#include <duet/host/signaling_client.hpp>
#include <duet/peer/safety_number.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::apps {

struct CallStatus {
  std::string room;
  Duration since_connected{0};
  std::optional<PathFigures> path;

  /// What an interrupted call waits for: a sentence that takes the time that is left.
  struct Awaited {
    config::Say say;
    Duration left;
  };

  std::optional<Awaited> awaited;
  IntervalFigures figures;
  std::optional<peer::SafetyNumber> safety;
  bool is_muted = false;       ///< it has a microphone
  bool is_camera_off = false;  ///< it has a camera
  bool takes_keys = false;
};

/// Line for line, for CallReport::draw().
std::vector<std::string> status_lines(const CallStatus& status, config::Language language);

/// "20s": whole ones, rounded up.
std::string seconds_text(Duration time);

/// "udp host-relay"; empty for none.
std::string path_text(const std::optional<PathFigures>& path);

/// What the other one opens: "https://box.lan:2022/r/otter".
std::string room_link(const host::ServerUrl& server, std::string_view room);

}  // namespace duet::apps
