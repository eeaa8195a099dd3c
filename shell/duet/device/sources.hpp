// SPDX-License-Identifier: MIT
// From what a person asked for to an open source; and what there is to ask for.
#pragma once

#include <duet/base/result.hpp>
#include <duet/device/audio_source.hpp>
#include <duet/device/camera.hpp>
#include <duet/device/error.hpp>
#include <duet/device/screen.hpp>
#include <duet/device/source_spec.hpp>
#include <duet/device/video_source.hpp>
#include <duet/device/wish.hpp>

#include <memory>
#include <string>
#include <vector>

namespace duet::device {

/// Opening may take a second. Pictures and sound of one file are in step if both wishes have the
/// same `start`.
///
/// @return nullptr for "none"
Result<std::unique_ptr<VideoSource>, Error> open_video_source(const VideoSpec& spec,
                                                              const VideoWish& wish);

Result<std::unique_ptr<AudioSource>, Error> open_audio_source(const AudioSpec& spec,
                                                              const AudioWish& wish);

/// What this machine has. Names are as devices give them: any text.
struct DeviceList {
  std::vector<CameraInfo> cameras;
  std::vector<std::string> microphones;
  std::vector<std::string> speakers;
  std::vector<ScreenInfo> screens;
};

DeviceList list_devices();

}  // namespace duet::device
