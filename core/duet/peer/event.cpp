// SPDX-License-Identifier: MIT
// States as the W3C writes them.
#include <duet/peer/event.hpp>

namespace duet::peer {

std::string_view to_string(ConnectionState state) {
  switch (state) {
    case ConnectionState::New:
      return "new";
    case ConnectionState::Connecting:
      return "connecting";
    case ConnectionState::Connected:
      return "connected";
    case ConnectionState::Disconnected:
      return "disconnected";
    case ConnectionState::Failed:
      return "failed";
    case ConnectionState::Closed:
      return "closed";
  }
  return "";
}

std::string_view to_string(DtlsState state) {
  switch (state) {
    case DtlsState::New:
      return "new";
    case DtlsState::Connecting:
      return "connecting";
    case DtlsState::Connected:
      return "connected";
    case DtlsState::Closed:
      return "closed";
    case DtlsState::Failed:
      return "failed";
  }
  return "";
}

std::string_view to_string(ice::State state) {
  switch (state) {
    case ice::State::New:
      return "new";
    case ice::State::Checking:
      return "checking";
    case ice::State::Connected:
      return "connected";
    case ice::State::Completed:
      return "completed";
    case ice::State::Disconnected:
      return "disconnected";
    case ice::State::Failed:
      return "failed";
    case ice::State::Closed:
      return "closed";
  }
  return "";
}

std::string_view to_string(ice::GatheringState state) {
  switch (state) {
    case ice::GatheringState::New:
      return "new";
    case ice::GatheringState::Gathering:
      return "gathering";
    case ice::GatheringState::Complete:
      return "complete";
  }
  return "";
}

}  // namespace duet::peer
