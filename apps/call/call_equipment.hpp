// SPDX-License-Identifier: MIT
// What `duet call` sees, hears, shows, plays and stores with.
#pragma once

#include "call_options.hpp"
#include "call_report.hpp"
#include <duet/call/on_demand.hpp>
#include <duet/call/studio.hpp>
#include <duet/device/window.hpp>
#include <duet/net/post_box.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace duet::apps {

/// Opens it, and says what is missing.
class CallEquipment {
 public:
  struct Handler {
    /// From the window's thread: a key, and q for its close button.
    std::function<void(char)> key;
    /// From a device's thread.
    std::function<void(const call::Trouble&)> trouble;
  };

  /// @param demand  with it, cameras and microphones are open only while they are wanted
  CallEquipment(const CallOptions& options, CallReport& report,
                std::shared_ptr<call::Demand> demand, Handler handler)
      : options_{options},
        report_{report},
        demand_{std::move(demand)},
        handler_{std::move(handler)} {}

  /// @return nothing if something that was asked for isn't there
  std::optional<call::Equipment> open(Instant now);

  /// The equipment's, for its title; nullptr if it has none.
  device::Window* window() const { return window_; }

 private:
  void open_video(call::Equipment& equipment, Instant now);
  void open_audio(call::Equipment& equipment, Instant now);
  void open_window(call::Equipment& equipment);
  void open_speaker(call::Equipment& equipment);
  void open_recorder(call::Equipment& equipment);
  void open_snapshot(call::Equipment& equipment);
  void join_echo_canceller(call::Equipment& equipment);
  void handle_missing(std::string_view flag, bool was_asked_for, const call::Trouble& why);

  const CallOptions& options_;
  CallReport& report_;
  std::shared_ptr<call::Demand> demand_;
  Handler handler_;
  device::Window* window_ = nullptr;
  bool is_missing_ = false;              // what was asked for
  std::vector<config::Sentence> notes_;  // for a call that comes about
};

}  // namespace duet::apps
