// SPDX-License-Identifier: MIT
// What sits on an Engine.IO endpoint and answers its sessions.
#pragma once

#include <duet/base/time.hpp>
#include <duet/socketio/engine_server.hpp>

#include <optional>

namespace duet::socketio {

/// A shell that drives an EngineServer calls settle() after every input and timeout, before it
/// polls the transmits.
class Application {
 public:
  Application() = default;
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  virtual ~Application() = default;

  /// Takes every event of `engine` and gives it what to send.
  virtual void settle(Instant now, EngineServer& engine) = 0;
  virtual void handle_timeout(Instant now, EngineServer& engine) = 0;
  virtual std::optional<Instant> next_timeout() const = 0;
};

}  // namespace duet::socketio
