// SPDX-License-Identifier: MIT
// Every sentence, beside its translation.
#include <duet/codec/picture.hpp>
#include <duet/config/reasons.hpp>
#include <duet/device/error.hpp>
#include <duet/media/codec.hpp>
#include <duet/words/words.hpp>

#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

namespace duet::words {
namespace {

/// One thing in each language. All are arguments, so that none can be forgotten.
struct Text {
  Text(std::string in_english, std::string in_chinese)
      : english{std::move(in_english)}, chinese{std::move(in_chinese)} {}

  friend Text operator+(const Text& one, const Text& next) {
    return {one.english + next.english, one.chinese + next.chinese};
  }

  std::string english;
  std::string chinese;
};

/// In the system's words.
Text reason(std::errc why) {
  return {config::told(why, config::Language::English),
          config::told(why, config::Language::Chinese)};
}

std::string told(codec::Size size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

std::string told(media::Codec codec) { return std::string{media::name_of(codec)}; }

/// What a sentence begins with. In Chinese a space parts a name from what follows.
Text subject(const Text& what, const std::string& name) {
  return name.empty() ? what : what + Text{" " + name, " " + name + " "};
}

Text text_of(const device::CameraError& error) {
  using enum device::CameraError::Kind;
  const std::string& device = error.device;
  const Text camera = subject({"The camera", "摄像头"}, device);
  const Text why = reason(error.reason);
  switch (error.kind) {
    case Missing:
      if (device.empty()) return {"There is no camera on this machine.", "本机没有摄像头。"};
      return {"There is no camera " + device + ".", "没有摄像头 " + device + "。"};
    case NotACamera:
      return {device + " is no camera.", device + " 不是摄像头。"};
    case Forbidden:
      return {camera.english + " may not be used by this user; the group video may use it.",
              "当前用户无权使用摄像头 " + device + "；video 组的用户可以。"};
    case NotOpened:
      return camera +
             Text{" can't be opened: " + why.english + ".", "无法打开：" + why.chinese + "。"};
    case InUse:
      return camera + Text{" is in use by another program.", "正被其他程序占用。"};
    case UnreadableFormat:
      return camera +
             Text{" gives pictures of no kind that can be read.", "的画面格式都无法识别。"};
    case UnusableSize:
      return camera + Text{" has pictures of a size that can't be used.", "的画面尺寸无法使用。"};
    case Silent:
      return camera + Text{" gives no pictures.", "没有画面。"};
    case Unplugged:
      return camera + Text{" was unplugged.", "已被拔出。"};
    case Failed:
      break;
  }
  return camera + Text{" can't be used: " + why.english + ".", "无法使用：" + why.chinese + "。"};
}

Text text_of(const device::ScreenError& error) {
  using enum device::ScreenError::Kind;
  const Text screen = subject({"The screen", "屏幕"}, error.display);
  switch (error.kind) {
    case NoDisplay:
      return {"There is no screen: DISPLAY is not set.", "没有屏幕：未设置 DISPLAY。"};
    case NoGrabber:
      return {"This system's FFmpeg can't read the screen.", "此系统的 FFmpeg 无法读取屏幕。"};
    case NotOpened:
      return screen +
             Text{" can't be opened: no X server is there, or XAUTHORITY doesn't let this user in.",
                  "无法打开：没有 X 服务器，或 XAUTHORITY 不允许当前用户。"};
    case UnusualColours:
      return screen + Text{" has not the usual 24 bits of colour.", "的颜色不是常见的 24 位。"};
    case Gone:
      break;
  }
  return screen + Text{" is gone.", "已不存在。"};
}

Text text_of(const device::SoundError& error) {
  using enum device::SoundError::Kind;
  const std::string& device = error.device;
  const bool is_microphone = error.way == device::SoundWay::Microphone;
  const Text kind = is_microphone ? Text{"microphone", "麦克风"} : Text{"speaker", "扬声器"};
  const Text it = subject({"The " + kind.english, kind.chinese}, device);
  const Text why{" (" + error.reason + ").", "（" + error.reason + "）。"};
  switch (error.kind) {
    case NoSoundSystem:
      return Text{"There is no sound on this machine", "本机没有声音设备"} + why;
    case Missing:
      return {"There is no " + kind.english + " " + device + ".",
              "没有" + kind.chinese + " " + device + "。"};
    case NotOpened:
      if (!device.empty()) return it + Text{" can't be used", "无法使用"} + why;
      return {"There is no " + kind.english + " that can be used" + why.english,
              "没有可用的" + kind.chinese + why.chinese};
    case Silent:
      return it + Text{" gives no sound.", "没有声音。"};
    case Unplugged:
      break;
  }
  return it + Text{" was unplugged.", "已被拔出。"};
}

Text text_of(const device::FileError& error) {
  using enum device::FileError::Kind;
  const std::string file = error.path.string();
  const Text forbidden = reason(std::errc::permission_denied);
  switch (error.kind) {
    case Missing:
      return {"There is no file " + file + ".", "没有文件 " + file + "。"};
    case Forbidden:
      return {file + " can't be read: " + forbidden.english + ".",
              file + " 无法读取：" + forbidden.chinese + "。"};
    case Unreadable:
      return {file + " is no video or sound file that can be read.",
              file + " 不是可读取的视频或声音文件。"};
    case NoPictures:
      return {file + " has no pictures.", file + " 中没有画面。"};
    case NoSound:
      return {file + " has no sound.", file + " 中没有声音。"};
    case UnreadablePictures:
      return {file + " has no picture that can be read.", file + " 中没有可读取的画面。"};
    case UnreadableSound:
      return {file + " has no sound that can be read.", file + " 中没有可读取的声音。"};
    case UnusableSize:
      return {file + " has pictures of a size that can't be shown.",
              file + " 的画面尺寸无法显示。"};
    case NotRepeatable:
      break;
  }
  return {file + " can't be read a second time.", file + " 无法再次读取。"};
}

Text text_of(device::StandardInputError error) {
  using enum device::StandardInputError;
  switch (error) {
    case Closed:
      return {"Standard input is closed.", "标准输入已关闭。"};
    case Terminal:
      return {
          "Standard input is a terminal; pictures come in from another program: rpicam-vid "
          "--codec h264 -t 0 -o - | duet call ...",
          "标准输入是终端；画面应由另一个程序送入：rpicam-vid --codec h264 -t 0 -o - | duet "
          "call ..."};
    case Nothing:
      return {"Nothing came in on standard input.", "标准输入没有内容。"};
    case NotH264:
      return {
          "What comes in on standard input is no H.264 byte stream; for one, write -f h264 "
          "(FFmpeg) or --codec h264 (rpicam-vid).",
          "标准输入的内容不是 H.264 字节流；请使用 -f h264（FFmpeg）或 --codec "
          "h264（rpicam-vid）。"};
    case Ended:
      break;
  }
  return {"The pictures on standard input have ended.", "标准输入的画面已结束。"};
}

Text text_of(const device::WindowError& error) {
  using enum device::WindowError::Kind;
  switch (error.kind) {
    case NoDisplay:
      return {"There is no display for a window (DISPLAY and WAYLAND_DISPLAY are not set).",
              "没有可以显示窗口的屏幕（未设置 DISPLAY 和 WAYLAND_DISPLAY）。"};
    case NoServer:
      return {"There is no display for a window (no server at " + error.reason + ").",
              "没有可以显示窗口的屏幕（" + error.reason + " 上没有服务器）。"};
    case Gone:
      return {"There is no display for a window (the X server is gone).",
              "没有可以显示窗口的屏幕（X 服务器已退出）。"};
    case NotOpened:
      break;
  }
  return {"There is no display for a window (" + error.reason + ").",
          "没有可以显示窗口的屏幕（" + error.reason + "）。"};
}

Text unfit(const std::string& end, const std::string& codec) {
  const std::string first = end == ".webm" ? "VP8" : "H.264";
  return {"A " + end + " file holds " + first + ", VP9, AV1 and Opus, not " + codec +
              "; record to a .mkv file instead.",
          end + " 文件可存 " + first + "、VP9、AV1 和 Opus，不能存 " + codec +
              "；请改录到 .mkv 文件。"};
}

Text text_of(const device::RecordingError& error) {
  using enum device::RecordingError::Kind;
  const std::string file = error.path.string();
  const Text why = reason(error.reason);
  switch (error.kind) {
    case UnknownEnding:
      return {file + " is no recording: write a name that ends in .mkv, .webm or .mp4.",
              file + " 不是录像文件名：请以 .mkv、.webm 或 .mp4 结尾。"};
    case UnfitCodec:
      return unfit(error.path.extension().string(), told(error.codec));
    case NotCreated:
      return {"A recording can't be written to " + file + ": " + why.english + ".",
              "无法将录像写入 " + file + "：" + why.chinese + "。"};
    case FolderClosed: {
      const auto parent = error.path.parent_path();
      const std::string folder = parent.empty() ? "." : parent.string();
      return {"A recording can't be written to " + file + ": the folder " + folder + ": " +
                  why.english + ".",
              "无法将录像写入 " + file + "：文件夹 " + folder + "：" + why.chinese + "。"};
    }
    case NoHeader:
      return {"The header of " + file + " can't be written.", "无法写入 " + file + " 的文件头。"};
    case DiskFull:
      return {"The disk is full, so the recording ended; " + file +
                  " keeps what was recorded until then.",
              "磁盘已满，录制已结束；此前录下的内容保存在 " + file + "。"};
    case AtItsLimit:
      return {file + " can't grow further, so the recording ended; it keeps what was recorded.",
              file + " 已不能再增大，录制已结束；已录下的内容仍在其中。"};
    case NotWritten:
      break;
  }
  return {file + " can't be written (" + why.english +
              "), so the recording ended; it keeps what was recorded until then.",
          file + " 无法写入（" + why.chinese + "），录制已结束；此前录下的内容仍在其中。"};
}

Text text_of(const device::SnapshotError& error) {
  using enum device::SnapshotError::Kind;
  const std::string file = error.path.string();
  const Text why = reason(error.reason);
  switch (error.kind) {
    case NoMemory:
      return {"There is no memory for the snapshot.", "内存不足，无法保存快照。"};
    case NoEncoder:
      return {"This FFmpeg can't make a PNG.", "此 FFmpeg 无法生成 PNG。"};
    case NotWritten:
      break;
  }
  return {"The snapshot " + file + " can't be written: " + why.english + ".",
          "无法写入快照 " + file + "：" + why.chinese + "。"};
}

Text text_of(device::VoiceError error) {
  const std::string library = "libwebrtc-audio-processing";
  switch (error) {
    case device::VoiceError::NotStarted:
      return {library + " can't be started.", library + " 无法启动。"};
    case device::VoiceError::SettingsRefused:
      break;
  }
  return {library + " refuses its settings.", library + " 不接受其设置。"};
}

Text text_of(const codec::EncoderError& error) {
  using enum codec::EncoderError::Kind;
  const std::string& library = error.library;
  const std::string codec = told(error.codec);
  const std::string size = told(error.size);
  const std::string millions = std::to_string(codec::kMaxArea >> 20);
  switch (error.kind) {
    case UnknownCodec:
      return {"There is no encoder for " + codec + ".", "没有 " + codec + " 的编码器。"};
    case TooLarge:
      return {"Pictures of " + size + " are too large: at most " + millions + " million pixels.",
              size + " 的画面过大：最多 " + millions + " 百万像素。"};
    case NoSettings:
      return {library + " has no settings for " + codec + ".",
              library + " 没有适合 " + codec + " 的设置。"};
    case NotMade:
      return {library + " gave no encoder.", library + " 未能创建编码器。"};
    case RatesRefused:
      return {library + " refuses the rate of pictures of " + size + ".",
              library + " 不接受 " + size + " 的画面的速率。"};
    case SizeRefused:
    case Failed:
      break;
  }
  const std::string reason = error.reason.empty() ? "" : ": " + error.reason;
  return {"Pictures of " + size + " can't be encoded as " + codec + " (" + library + reason +
              "); another codec may do.",
          size + " 的画面无法编码为 " + codec + "（" + library + reason + "）；可换用其他编码。"};
}

Text text_of(const call::CodecNotTaken& error) {
  const std::string codec = error.codec == media::Codec::H264 ? "H.264" : told(error.codec);
  return {"The other end takes no " + codec + ", which is all that this source gives.",
          "对方不支持 " + codec + "，而此来源只提供 " + codec + "。"};
}

/// Why a certificate is not believed, in OpenSSL's words.
std::string_view of_certificate_in_chinese(std::string_view english) {
  constexpr std::pair<std::string_view, std::string_view> kReasons[] = {
      {"self-signed certificate", "证书是自签名的"},
      {"self-signed certificate in certificate chain", "证书链中有自签名证书"},
      {"unable to get local issuer certificate", "找不到签发证书的机构"},
      {"unable to verify the first certificate", "无法验证服务器的证书"},
      {"certificate has expired", "证书已过期"},
      {"certificate is not yet valid", "证书尚未生效"},
      {"hostname mismatch", "证书不属于这个主机名"},
      {"IP address mismatch", "证书不属于这个 IP 地址"},
  };
  for (const auto& [words, chinese] : kReasons) {
    if (words == english) return chinese;
  }
  return english;
}

/// Part of a sentence.
Text text_of(const net::OutgoingStream::End& end) {
  using enum net::OutgoingStream::End::Why;
  switch (end.why) {
    case NoSuchName:
      return {"no address of that name was found", "找不到该名称对应的地址"};
    case NoTls:
      return {"the TLS handshake failed", "TLS 握手失败"};
    case NotTrusted:
    case NotPinned:
      if (end.detail.empty()) break;
      return {end.detail, std::string{of_certificate_in_chinese(end.detail)}};
    case NotConnected:
    case Ended:
    case Lost:
      break;
  }
  if (end.detail.empty()) return {"no answer", "没有应答"};
  return {end.detail, std::string{config::in_chinese(end.detail)}};
}

Text text_of(const call::PicturesRefused& refused) {
  if (refused.why == codec::DecoderError::TooLarge) {
    const std::string millions = std::to_string(codec::kMaxArea >> 20);
    return {"The other end's pictures have more than " + millions +
                " million pixels and can't be shown.",
            "对方的画面超过 " + millions + " 百万像素，无法显示。"};
  }
  return {"The other end's pictures (" + told(refused.codec) +
              ") have more than 8 bits, or other colours than 4:2:0, and can't be shown.",
          "对方的画面（" + told(refused.codec) + "）超过 8 位，或颜色格式不是 4:2:0，无法显示。"};
}

template <class... Errors>
Text text_of(const std::variant<Errors...>& error) {
  return std::visit([](const auto& each) { return text_of(each); }, error);
}

std::string in(config::Language language, Text text) {
  switch (language) {
    case config::Language::Chinese:
      return std::move(text.chinese);
    case config::Language::English:
      break;
  }
  return std::move(text.english);
}

}  // namespace

std::string render(const call::Trouble& trouble, config::Language language) {
  return in(language, text_of(trouble));
}

std::string render(const net::OutgoingStream::End& end, config::Language language) {
  return in(language, text_of(end));
}

}  // namespace duet::words
