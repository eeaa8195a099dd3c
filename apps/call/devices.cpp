// SPDX-License-Identifier: MIT
// `duet devices`: cameras, microphones, speakers and screens, ready to paste.
#include "devices.hpp"

#include "exit_code.hpp"
#include <duet/base/json_string.hpp>
#include <duet/base/utf8.hpp>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string_view>

namespace duet::apps {
namespace {

using config::Language;

/// The name as it may be shown and pasted. A byte that is no text becomes '?'.
std::string clean(std::string_view name) {
  const bool is_text = is_utf8(name);
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !is_text) ? '?' : c;
  }
  return out;
}

/// As a word for a POSIX shell.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain = "-_./:@%+=,";
  const bool is_plain = !word.empty() && std::all_of(word.begin(), word.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kPlain.find(c) != std::string_view::npos;
  });
  if (is_plain) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return out + "'";
}

/// "30", "29.97"
std::string number(double value) {
  auto hundredths = std::llround(value * 100);
  std::string out = std::to_string(hundredths / 100);
  if (hundredths % 100 != 0) {
    const auto rest = std::to_string(100 + hundredths % 100).substr(1);
    out += "." + (rest.back() == '0' ? rest.substr(0, 1) : rest);
  }
  return out;
}

std::string side_by_side(codec::Size size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

std::string video_word(const device::CameraInfo& camera) {
  return device::VideoSpec{device::VideoSpec::Kind::Camera, camera.path}.to_string();
}

std::string audio_word(const std::string& microphone) {
  return device::AudioSpec{device::AudioSpec::Kind::Microphone, clean(microphone)}.to_string();
}

/// One line a pixel format: "      MJPG  1920x1080 30 fps, 1280x720 60 fps"
std::string formats_of(const device::CameraInfo& camera) {
  std::string out;
  std::optional<device::FourCc> last;
  for (const auto& format : camera.formats) {
    const bool is_new = format.fourcc != last;
    if (is_new && last) out += '\n';
    out += is_new ? "      " + format.fourcc.to_string() + "  " : ", ";
    out += side_by_side(format.size) + " " + number(format.fps) + " fps";
    last = format.fourcc;
  }
  return last ? out + '\n' : out;
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json_size(codec::Size size) {
  return "\"width\":" + std::to_string(size.width) + ",\"height\":" + std::to_string(size.height);
}

/// A JSON array of what `write` makes of each.
template <class Range, class Write>
std::string json_array(const Range& range, const Write& write) {
  std::string out = "[";
  for (const auto& element : range) {
    if (out.size() > 1) out += ',';
    out += write(element);
  }
  return out + "]";
}

}  // namespace

std::string devices_text(const device::DeviceList& list, Language language) {
  const bool is_chinese = language == Language::Chinese;
  std::string out;
  const auto head = [&](std::string_view english, std::string_view chinese, bool is_empty) {
    out += std::string{is_chinese ? chinese : english} + '\n';
    if (is_empty) out += is_chinese ? "  （无）\n" : "  none\n";
  };
  head("Cameras", "摄像头", list.cameras.empty());
  for (const auto& camera : list.cameras) {
    out += "  --video " + quoted(video_word(camera)) + "   " + clean(camera.name) + '\n';
    out += formats_of(camera);
  }
  head("Microphones", "麦克风", list.microphones.empty());
  for (const auto& name : list.microphones) out += "  --audio " + quoted(audio_word(name)) + '\n';
  head("Speakers", "扬声器", list.speakers.empty());
  for (const auto& name : list.speakers) out += "  --play " + quoted(clean(name)) + '\n';
  head("Screens", "屏幕", list.screens.empty());
  for (const auto& screen : list.screens)
    out += "  --video screen   " + clean(screen.display) + "  " + side_by_side(screen.size) + '\n';
  return out;
}

std::string devices_json(const device::DeviceList& list) {
  const auto format = [](const device::CameraFormat& one) {
    return "{\"fourcc\":" + json_string(one.fourcc.to_string()) + "," + json_size(one.size) +
           ",\"fps\":" + number(one.fps) + "}";
  };
  return "{\"v\":1,\"cameras\":" +
         json_array(list.cameras,
                    [&](const auto& camera) {
                      return "{\"video\":" + json_string(video_word(camera)) +
                             ",\"name\":" + json_string(clean(camera.name)) +
                             ",\"formats\":" + json_array(camera.formats, format) + "}";
                    }) +
         ",\"microphones\":" +
         json_array(list.microphones,
                    [&](const std::string& name) {
                      return "{\"audio\":" + json_string(audio_word(name)) +
                             ",\"name\":" + json_string(clean(name)) + "}";
                    }) +
         ",\"speakers\":" +
         json_array(list.speakers,
                    [&](const std::string& name) {
                      return "{\"play\":" + json_string(clean(name)) + "}";
                    }) +
         ",\"screens\":" +
         json_array(
             list.screens,
             [&](const device::ScreenInfo& screen) {
               return "{\"video\":\"screen\",\"display\":" + json_string(clean(screen.display)) +
                      "," + json_size(screen.size) + "}";
             }) +
         "}";
}

int devices(const DevicesOptions& options, std::ostream& out) {
  const auto list = device::list_devices();
  if (*options.json)
    out << devices_json(list) << '\n';
  else
    out << devices_text(list, options.language);
  return to_int(ExitCode::Finished);
}

}  // namespace duet::apps
