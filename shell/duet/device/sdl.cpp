// SPDX-License-Identifier: MIT
// SDL's parts and its sound devices.
#include <duet/device/sdl.hpp>
#include <duet/media/sound.hpp>

#include <dlfcn.h>

#include <mutex>

namespace duet::device {
namespace {

/// SDL counts who uses a part, but not safely.
std::mutex& starting() {
  static std::mutex mutex;
  return mutex;
}

/// This thread's, while it is within SDL.
thread_local std::unique_lock<std::mutex>* held = nullptr;

/// No other thread starts or ends a part meanwhile.
class Turn {
 public:
  Turn() { held = &lock_; }

  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  ~Turn() { held = nullptr; }

 private:
  std::unique_lock<std::mutex> lock_{starting()};
};

void set_hints() {
  SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");  // SIGINT is the program's
  SDL_SetHint(SDL_HINT_QUIT_ON_LAST_WINDOW_CLOSE, "0");
  SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "linear");
  SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
  SDL_SetHint(SDL_HINT_AUDIO_DEVICE_APP_NAME, "Duet");
  SDL_SetHint(SDL_HINT_AUDIO_DEVICE_STREAM_NAME, "call");
  SDL_SetHint(SDL_HINT_AUDIO_DEVICE_STREAM_ROLE, "phone");
}

void say_nothing(const char* /*file*/, int /*line*/, const char* /*function*/, int /*error*/,
                 const char* /*format*/, ...) {}

/// ALSA tells on stderr what it misses in its configuration, beside the error that SDL returns.
void quieten_alsa() {
  using SetHandler = int (*)(decltype(&say_nothing));
  // By its name, since whether there is an ALSA is SDL's business.
  const auto set = reinterpret_cast<SetHandler>(::dlsym(RTLD_DEFAULT, "snd_lib_error_set_handler"));
  if (set != nullptr) set(&say_nothing);
}

}  // namespace

SdlPart::SdlPart(std::uint32_t part) : part_{part} {
  const Turn turn;
  SDL_SetMainReady();
  set_hints();
  // What matters is in what functions return.
  SDL_LogSetOutputFunction([](void*, int, SDL_LogPriority, const char*) {}, nullptr);
  quieten_alsa();
  if (SDL_InitSubSystem(part) == 0) return;
  error_ = SDL_GetError();
  if (error_.empty()) error_ = "unknown";
}

SdlPart::~SdlPart() {
  const Turn turn;
  if (ok()) SDL_QuitSubSystem(part_);
  SDL_TLSCleanup();  // what SDL keeps for a thread that it did not start
}

void SdlPart::abandon() {
  if (held != nullptr) held->unlock();
}

std::vector<std::string> sound_devices(SoundWay way) {
  const int is_capture = way == SoundWay::Microphone ? 1 : 0;
  std::vector<std::string> out;
  const int count = SDL_GetNumAudioDevices(is_capture);  // -1: the driver can't list them
  for (int i = 0; i < count; ++i)
    if (const char* name = SDL_GetAudioDeviceName(i, is_capture)) out.emplace_back(name);
  return out;
}

Result<SoundDevice, SoundError> open_sound(SoundWay way, std::string_view device, int channels,
                                           SDL_AudioCallback callback, void* user) {
  std::string found;
  if (!device.empty()) {
    for (const std::string& name : sound_devices(way)) {
      if (name == device || (found.empty() && name.find(device) != std::string::npos)) found = name;
    }
    if (found.empty())
      return fail(SoundError{SoundError::Kind::Missing, way, std::string{device}, {}});
  }
  SDL_AudioSpec wanted{};
  wanted.freq = media::kSampleRate;
  wanted.format = AUDIO_S16SYS;
  wanted.channels = static_cast<Uint8>(channels);
  wanted.samples = media::kBlockSamples;
  wanted.callback = callback;
  wanted.userdata = user;
  SoundDevice out;
  out.id = SDL_OpenAudioDevice(found.empty() ? nullptr : found.c_str(),
                               way == SoundWay::Microphone ? 1 : 0, &wanted, &out.spec, 0);
  if (out.id == 0)
    return fail(SoundError{SoundError::Kind::NotOpened, way, std::move(found), SDL_GetError()});
  out.name = std::move(found);
  return out;
}

bool is_plugged(const SoundDevice& device) {
  return SDL_GetAudioDeviceStatus(device.id) != SDL_AUDIO_STOPPED;
}

}  // namespace duet::device
