// SPDX-License-Identifier: MIT
// What goes wrong with devices and files, as values. shell/duet/words tells people of it.
#pragma once

#include <duet/media/codec.hpp>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <variant>

namespace duet::device {

/// What errno says.
inline std::errc last_error() { return static_cast<std::errc>(errno); }

struct CameraError {
  enum class Kind : std::uint8_t {
    Missing,
    NotACamera,  ///< but some other file
    Forbidden,   ///< to this user
    NotOpened,   ///< for `reason`
    InUse,       ///< by another program
    UnreadableFormat,
    UnusableSize,
    Silent,  ///< no picture came
    Unplugged,
    Failed  ///< for `reason`
  };

  Kind kind = Kind::Missing;
  std::string device;  ///< a path, or the name that was asked for; empty: any
  std::errc reason{};

  friend bool operator==(const CameraError&, const CameraError&) = default;
};

struct ScreenError {
  enum class Kind : std::uint8_t {
    NoDisplay,  ///< is named, neither by the person nor by $DISPLAY
    NoGrabber,  ///< in this FFmpeg
    NotOpened,
    UnusualColours,  ///< not 24 bits
    Gone
  };

  Kind kind = Kind::NoDisplay;
  std::string display;  ///< ":0"

  friend bool operator==(const ScreenError&, const ScreenError&) = default;
};

enum class SoundWay : std::uint8_t { Microphone, Speaker };

struct SoundError {
  enum class Kind : std::uint8_t {
    NoSoundSystem,  ///< for `reason`
    Missing,
    NotOpened,  ///< for `reason`
    Silent,     ///< nothing came, not even silence
    Unplugged
  };

  Kind kind = Kind::Missing;
  SoundWay way = SoundWay::Microphone;
  std::string device;  ///< empty: the system's choice
  std::string reason;  ///< in SDL's words

  friend bool operator==(const SoundError&, const SoundError&) = default;
};

/// Of a file that is played.
struct FileError {
  enum class Kind : std::uint8_t {
    Missing,
    Forbidden,   ///< to this user
    Unreadable,  ///< no video or sound file
    NoPictures,  ///< but sound
    NoSound,     ///< but pictures
    UnreadablePictures,
    UnreadableSound,
    UnusableSize,  ///< of its pictures
    NotRepeatable
  };

  Kind kind = Kind::Missing;
  std::filesystem::path path;

  friend bool operator==(const FileError&, const FileError&) = default;
};

/// Of a byte stream that another program writes.
enum class StandardInputError : std::uint8_t { Closed, Terminal, Nothing, NotH264, Ended };

struct WindowError {
  enum class Kind : std::uint8_t {
    NoDisplay,  ///< neither DISPLAY nor WAYLAND_DISPLAY is set
    NoServer,   ///< at the display that is set, `reason`
    Gone,       ///< the server, meanwhile
    NotOpened   ///< for `reason`
  };

  Kind kind = Kind::NoDisplay;
  std::string reason;  ///< a display's name, or in SDL's words

  friend bool operator==(const WindowError&, const WindowError&) = default;
};

struct RecordingError {
  enum class Kind : std::uint8_t {
    UnknownEnding,  ///< of the name: none of .mkv, .webm and .mp4
    UnfitCodec,     ///< for such a file
    NotCreated,     ///< for `reason`
    FolderClosed,   ///< for `reason`
    NoHeader,
    DiskFull,
    AtItsLimit,  ///< the file system's or the user's, for one file
    NotWritten   ///< for `reason`
  };

  Kind kind = Kind::NotWritten;
  std::filesystem::path path;
  std::errc reason{};
  media::Codec codec = media::Codec::Vp8;  ///< that doesn't fit

  friend bool operator==(const RecordingError&, const RecordingError&) = default;
};

struct SnapshotError {
  enum class Kind : std::uint8_t {
    NoMemory,
    NoEncoder,  ///< of PNG, in this FFmpeg
    NotWritten  ///< for `reason`
  };

  Kind kind = Kind::NotWritten;
  std::filesystem::path path;
  std::errc reason{};

  friend bool operator==(const SnapshotError&, const SnapshotError&) = default;
};

/// Of the library that cleans the microphone's sound.
enum class VoiceError : std::uint8_t { NotStarted, SettingsRefused };

using Error = std::variant<CameraError, ScreenError, SoundError, FileError, StandardInputError,
                           WindowError, RecordingError, SnapshotError, VoiceError>;

}  // namespace duet::device
