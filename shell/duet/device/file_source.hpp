// SPDX-License-Identifier: MIT
// Pictures and sound of a file, in real time, over and over.
#pragma once

#include <duet/base/result.hpp>
#include <duet/device/audio_source.hpp>
#include <duet/device/error.hpp>
#include <duet/device/video_source.hpp>
#include <duet/device/wish.hpp>

#include <filesystem>
#include <memory>

namespace duet::device {

/// Any file that FFmpeg reads; also a still, which is then given again and again. Pictures are
/// turned upright and fitted into the wished size. What comes too late to be shown is left out.
///
/// Pictures and sound of one file, opened with the same `start`, are in step, and begin anew
/// together when the file ends: the shorter stream waits for the longer one.
Result<std::unique_ptr<VideoSource>, FileError> open_file_pictures(
    const std::filesystem::path& path, const VideoWish& wish);

Result<std::unique_ptr<AudioSource>, FileError> open_file_sound(const std::filesystem::path& path,
                                                                const AudioWish& wish);

}  // namespace duet::device
