// SPDX-License-Identifier: MIT
// Devices and files of a call: opened, or said why not.
#include "call_equipment.hpp"

#include <duet/device/echo_canceller.hpp>
#include <duet/device/snapshot.hpp>
#include <duet/device/sound_device.hpp>
#include <duet/device/sources.hpp>
#include <duet/words/words.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <span>
#include <utility>

namespace duet::apps {

using config::Say;

namespace {

/// What a speaker's queue and a microphone's buffer hold, about.
constexpr Duration kEchoDelay = 60ms;

bool has_display() {
  return std::getenv("DISPLAY") != nullptr || std::getenv("WAYLAND_DISPLAY") != nullptr;
}

}  // namespace

std::optional<call::Equipment> CallEquipment::open(Instant now) {
  call::Equipment equipment;
  equipment.limits = {.size = *options_.size,
                      .fps = static_cast<double>(*options_.fps),
                      .rate_bps = options_.bitrate->bps,
                      .is_screen = options_.video->kind == device::VideoSpec::Kind::Screen,
                      .preferred = preferred(*options_.codec)};
  open_video(equipment, now);
  open_audio(equipment, now);
  open_window(equipment);
  open_speaker(equipment);
  open_recorder(equipment);
  open_snapshot(equipment);
  if (is_missing_) return std::nullopt;
  for (const config::Sentence& note : std::exchange(notes_, {})) report_.say(note);
  join_echo_canceller(equipment);
  return equipment;
}

void CallEquipment::open_video(call::Equipment& equipment, Instant now) {
  const auto open = [spec = *options_.video, size = *options_.size,
                     fps = static_cast<double>(*options_.fps),
                     is_h264 = *options_.codec == VideoChoice::H264](Instant start) {
    return device::open_video_source(
        spec, {.size = size, .fps = fps, .start = start, .may_be_encoded = is_h264});
  };
  auto source = open(now);
  if (!source) return handle_missing("--video", is_asked_for(options_.video), source.error());
  equipment.video_source = *std::move(source);
  // What another program writes can't be opened again.
  const bool is_stream = options_.video->kind == device::VideoSpec::Kind::StandardInput;
  if (!demand_ || !equipment.video_source || is_stream) return;
  equipment.video_source = std::make_unique<call::VideoOnDemand>(demand_, open, handler_.trouble,
                                                                 std::move(equipment.video_source));
}

void CallEquipment::open_audio(call::Equipment& equipment, Instant now) {
  const auto open = [spec = *options_.audio](Instant start) {
    return device::open_audio_source(spec, {.start = start});
  };
  auto source = open(now);
  if (!source) return handle_missing("--audio", is_asked_for(options_.audio), source.error());
  equipment.audio_source = *std::move(source);
  if (!demand_ || !equipment.audio_source) return;
  equipment.audio_source = std::make_unique<call::AudioOnDemand>(demand_, open, handler_.trouble,
                                                                 std::move(equipment.audio_source));
}

void CallEquipment::open_window(call::Equipment& equipment) {
  if (*options_.show == ShowChoice::None) return;
  if (*options_.show == ShowChoice::Auto && !has_display())
    return notes_.push_back({Say::CallNoDisplay});
  auto window =
      device::Window::open(options_.destination.room, *options_.size,
                           {.closed = [key = handler_.key] { key('q'); },
                            .key = handler_.key,
                            .gone =
                                [trouble = handler_.trouble] {
                                  const char* const display = std::getenv("DISPLAY");
                                  trouble(device::ScreenError{device::ScreenError::Kind::Gone,
                                                              display != nullptr ? display : ""});
                                }});
  if (!window) return handle_missing("--show", is_asked_for(options_.show), window.error());
  window_ = window->get();
  equipment.window = *std::move(window);
}

void CallEquipment::open_speaker(call::Equipment& equipment) {
  if (*options_.play == "none") return;
  auto speaker = device::open_speaker(*options_.play == "default" ? "" : *options_.play);
  if (!speaker) return handle_missing("--play", is_asked_for(options_.play), speaker.error());
  equipment.speaker = *std::move(speaker);
}

void CallEquipment::open_recorder(call::Equipment& equipment) {
  if (!*options_.record) return;
  auto recorder = device::Recorder::open(**options_.record);
  if (!recorder) return handle_missing("--record", true, recorder.error());
  equipment.recorder = *std::move(recorder);
  notes_.push_back({Say::CallRecording, {device::Recorder::next_file(**options_.record).string()}});
}

void CallEquipment::open_snapshot(call::Equipment& equipment) {
  if (!*options_.snapshot) return;
  if (const auto why = device::png_refusal(**options_.snapshot))
    return handle_missing("--snapshot", true, *why);
  equipment.snapshot = *options_.snapshot;
}

/// A microphone hears the speaker of the same machine.
void CallEquipment::join_echo_canceller(call::Equipment& equipment) {
  if (!equipment.audio_source || !equipment.speaker ||
      options_.audio->kind != device::AudioSpec::Kind::Microphone) {
    return;
  }
  auto made = device::EchoCanceller::make({});
  if (!made)
    return report_.say({Say::CallWithout, {words::render(made.error(), options_.language)}});
  const std::shared_ptr<device::EchoCanceller> echo = *std::move(made);
  equipment.sound_tap = [echo](std::span<const media::Sample> block) {
    echo->handle_played(block, call::IncomingAudio::kChannels);
  };
  equipment.sound_filter = [echo](std::span<media::Sample> block, int channels) {
    echo->clean(block, channels, kEchoDelay);
  };
}

/// A device that nobody asked for by name may be missing.
void CallEquipment::handle_missing(std::string_view flag, bool was_asked_for,
                                   const call::Trouble& why) {
  const std::string told = words::render(why, options_.language);
  if (!was_asked_for) return notes_.push_back({Say::CallWithout, {told}});
  report_.say(fmt::format("duet: {}: {}", flag, told));
  is_missing_ = true;
}

}  // namespace duet::apps
