// SPDX-License-Identifier: MIT
// The screen (X11).
#pragma once

#include <duet/base/result.hpp>
#include <duet/device/error.hpp>
#include <duet/device/video_source.hpp>
#include <duet/device/wish.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace duet::device {

struct ScreenInfo {
  std::string display;  ///< ":0"
  codec::Size size;
};

/// That of $DISPLAY, if it can be opened.
std::vector<ScreenInfo> screens();

/// With the mouse pointer.
/// @param display  an X display, ":0"; empty: $DISPLAY
Result<std::unique_ptr<VideoSource>, ScreenError> open_screen(std::string_view display,
                                                              const VideoWish& wish);

}  // namespace duet::device
