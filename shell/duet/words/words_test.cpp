// SPDX-License-Identifier: MIT
// What people read when a device, a file or a codec fails.
#include <duet/base/utf8.hpp>
#include <duet/device/error.hpp>
#include <duet/media/codec.hpp>
#include <duet/words/words.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace duet::words {
namespace {

using config::Language;
using device::CameraError;
using device::FileError;
using device::RecordingError;
using device::ScreenError;
using device::SnapshotError;
using device::SoundError;
using device::SoundWay;
using device::StandardInputError;
using device::VoiceError;
using device::WindowError;

constexpr auto kReason = std::errc::permission_denied;

std::string english(const call::Trouble& trouble) { return render(trouble, Language::English); }

std::string chinese(const call::Trouble& trouble) { return render(trouble, Language::Chinese); }

/// One of each kind up to the last one, as `make` makes them.
template <class Kind, class Make>
void add(std::vector<call::Trouble>& out, Kind last, const Make& make) {
  for (int i = 0; i <= static_cast<int>(last); ++i) out.emplace_back(make(static_cast<Kind>(i)));
}

std::vector<call::Trouble> all_troubles() {
  std::vector<call::Trouble> all;
  add(all, CameraError::Kind::Failed, [](auto kind) {
    return CameraError{kind, "/dev/video0", kReason};
  });
  add(all, ScreenError::Kind::Gone, [](auto kind) { return ScreenError{kind, ":0"}; });
  for (const auto way : {SoundWay::Microphone, SoundWay::Speaker}) {
    add(all, SoundError::Kind::Unplugged, [way](auto kind) {
      return SoundError{kind, way, "USB", "busy"};
    });
  }
  add(all, FileError::Kind::NotRepeatable, [](auto kind) { return FileError{kind, "a.mkv"}; });
  add(all, StandardInputError::Ended, [](auto error) { return error; });
  add(all, WindowError::Kind::NotOpened, [](auto kind) { return WindowError{kind, "busy"}; });
  add(all, RecordingError::Kind::NotWritten, [](auto kind) {
    return RecordingError{kind, "/x/a.mp4", kReason, media::Codec::Vp8};
  });
  add(all, SnapshotError::Kind::NotWritten, [](auto kind) {
    return SnapshotError{kind, "a.png", kReason};
  });
  add(all, VoiceError::SettingsRefused, [](auto error) { return error; });
  add(all, codec::EncoderError::Kind::Failed, [](auto kind) {
    return codec::EncoderError{kind, media::Codec::H264, {640, 480}, "openh264", "bad state"};
  });
  all.emplace_back(call::CodecNotTaken{media::Codec::H264});
  for (const auto why : {codec::DecoderError::WrongFormat, codec::DecoderError::TooLarge})
    all.emplace_back(call::PicturesRefused{why, media::Codec::H264});
  return all;
}

TEST(Words, AreThereInBothLanguagesWithTheSameFacts) {
  for (const call::Trouble& trouble : all_troubles()) {
    const std::string one = english(trouble);
    const std::string other = chinese(trouble);
    SCOPED_TRACE(one);
    EXPECT_NE(one, other);
    EXPECT_TRUE(is_utf8(other));
    EXPECT_EQ(other.find("denied"), other.npos);
    for (const char* fact : {"/dev/video0", ":0", "USB", "busy", "a.mkv", "/x/a.mp4", "a.png",
                             "DISPLAY", "640x480", "H264", "bad state"}) {
      EXPECT_EQ(one.find(fact) == one.npos, other.find(fact) == other.npos) << fact;
    }
  }
}

TEST(Words, NameTheCamera) {
  using enum CameraError::Kind;
  EXPECT_EQ(english(CameraError{Missing}), "There is no camera on this machine.");
  EXPECT_EQ(chinese(CameraError{Missing}), "本机没有摄像头。");
  EXPECT_EQ(english(CameraError{Missing, "Logitech"}), "There is no camera Logitech.");
  EXPECT_EQ(chinese(CameraError{Missing, "Logitech"}), "没有摄像头 Logitech。");
  EXPECT_EQ(english(CameraError{NotACamera, "/dev/null"}), "/dev/null is no camera.");
  EXPECT_EQ(english(CameraError{Unplugged, "/dev/video0"}),
            "The camera /dev/video0 was unplugged.");
  EXPECT_EQ(chinese(CameraError{Unplugged, "/dev/video0"}), "摄像头 /dev/video0 已被拔出。");
  EXPECT_EQ(english(CameraError{Failed, "/dev/video0", std::errc::io_error}),
            "The camera /dev/video0 can't be used: Input/output error.");
}

TEST(Words, NameTheSoundDeviceOrNone) {
  using enum SoundError::Kind;
  using enum SoundWay;
  EXPECT_EQ(english(SoundError{Missing, Speaker, "Grandmother's"}),
            "There is no speaker Grandmother's.");
  EXPECT_EQ(english(SoundError{NotOpened, Microphone, "", "busy"}),
            "There is no microphone that can be used (busy).");
  EXPECT_EQ(english(SoundError{NotOpened, Microphone, "USB", "busy"}),
            "The microphone USB can't be used (busy).");
  EXPECT_EQ(english(SoundError{Silent, Microphone}), "The microphone gives no sound.");
  EXPECT_EQ(chinese(SoundError{Silent, Microphone}), "麦克风没有声音。");
  EXPECT_EQ(english(SoundError{NoSoundSystem, Speaker, "", "dsp: No such audio device"}),
            "There is no sound on this machine (dsp: No such audio device).");
}

TEST(Words, SayWhatToDoAboutAFile) {
  EXPECT_EQ(english(FileError{FileError::Kind::Missing, "/none.mp4"}),
            "There is no file /none.mp4.");
  EXPECT_EQ(english(FileError{FileError::Kind::Unreadable, "notes.txt"}),
            "notes.txt is no video or sound file that can be read.");
  EXPECT_EQ(chinese(FileError{FileError::Kind::Forbidden, "a. b.mkv"}),
            "a. b.mkv 无法读取：没有权限。");
  EXPECT_EQ(
      english(RecordingError{RecordingError::Kind::UnfitCodec, "a.webm", {}, media::Codec::H264}),
      "A .webm file holds VP8, VP9, AV1 and Opus, not H264; record to a .mkv file instead.");
  EXPECT_EQ(english(RecordingError{RecordingError::Kind::FolderClosed, "a.mkv",
                                   std::errc::permission_denied}),
            "A recording can't be written to a.mkv: the folder .: Permission denied.");
  EXPECT_EQ(chinese(RecordingError{RecordingError::Kind::FolderClosed, "/x",
                                   std::errc::permission_denied}),
            "无法将录像写入 /x：文件夹 /：没有权限。");
  EXPECT_EQ(english(RecordingError{RecordingError::Kind::DiskFull, "a.mkv"}),
            "The disk is full, so the recording ended; a.mkv keeps what was recorded until then.");
}

TEST(Words, GiveTheSystemsReasonsInBothLanguages) {
  const auto why = [](std::errc reason) {
    return SnapshotError{SnapshotError::Kind::NotWritten, "a.png", reason};
  };
  EXPECT_EQ(english(why(std::errc::not_a_directory)),
            "The snapshot a.png can't be written: Not a directory.");
  EXPECT_EQ(chinese(why(std::errc::not_a_directory)), "无法写入快照 a.png：不是文件夹。");
}

TEST(Words, EndAsSentences) {
  for (const call::Trouble& trouble : all_troubles()) {
    const std::string other = chinese(trouble);
    EXPECT_TRUE(english(trouble).ends_with('.')) << english(trouble);
    EXPECT_TRUE(other.ends_with("。") || other.ends_with("...")) << other;
  }
}

TEST(Words, TellADisplayThatIsNotThere) {
  const WindowError error{WindowError::Kind::NoServer, ":7"};
  EXPECT_EQ(english(error), "There is no display for a window (no server at :7).");
  EXPECT_EQ(chinese(error), "没有可以显示窗口的屏幕（:7 上没有服务器）。");
}

TEST(Words, SayWhyAServerIsNotReached) {
  using net::OutgoingStream;
  using enum OutgoingStream::End::Why;
  const auto both = [](const OutgoingStream::End& end) {
    return std::pair{render(end, Language::English), render(end, Language::Chinese)};
  };
  EXPECT_EQ(both({NoSuchName, ""}),
            (std::pair<std::string, std::string>{"no address of that name was found",
                                                 "找不到该名称对应的地址"}));
  EXPECT_EQ(both({NoTls, ""}),
            (std::pair<std::string, std::string>{"the TLS handshake failed", "TLS 握手失败"}));
  for (const auto why : {NotConnected, Ended, Lost})
    EXPECT_EQ(both({why, ""}), (std::pair<std::string, std::string>{"no answer", "没有应答"}));
  EXPECT_EQ(render({NotConnected, "Connection refused"}, Language::English), "Connection refused");
  EXPECT_EQ(render({NotConnected, "Connection refused"}, Language::Chinese), "连接被拒绝");
  EXPECT_EQ(both({NotTrusted, "self-signed certificate in certificate chain"}),
            (std::pair<std::string, std::string>{"self-signed certificate in certificate chain",
                                                 "证书链中有自签名证书"}));
  EXPECT_EQ(render({NotTrusted, "certificate has expired"}, Language::Chinese), "证书已过期");
  EXPECT_EQ(render({NotTrusted, "CRL has expired"}, Language::Chinese), "CRL has expired");
}

TEST(Words, TellOfCodecs) {
  EXPECT_EQ(english(codec::EncoderError{.kind = codec::EncoderError::Kind::TooLarge,
                                        .size = {8192, 8192}}),
            "Pictures of 8192x8192 are too large: at most 16 million pixels.");
  EXPECT_EQ(
      english(codec::EncoderError{.size = {640, 480}, .library = "libvpx", .reason = "no memory"}),
      "Pictures of 640x480 can't be encoded as VP8 (libvpx: no memory); another codec may do.");
  EXPECT_EQ(chinese(codec::EncoderError{.kind = codec::EncoderError::Kind::SizeRefused,
                                        .codec = media::Codec::H264,
                                        .size = {8, 8},
                                        .library = "openh264"}),
            "8x8 的画面无法编码为 H264（openh264）；可换用其他编码。");
  EXPECT_EQ(english(call::CodecNotTaken{}),
            "The other end takes no H.264, which is all that this source gives.");
  EXPECT_EQ(
      english(call::PicturesRefused{codec::DecoderError::WrongFormat, media::Codec::Vp9}),
      "The other end's pictures (VP9) have more than 8 bits, or other colours than 4:2:0, and "
      "can't be shown.");
}

}  // namespace
}  // namespace duet::words
