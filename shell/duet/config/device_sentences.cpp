// SPDX-License-Identifier: MIT
// Sentences of devices, files and codecs in Chinese.
#include <duet/config/device_sentences.hpp>

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace duet::config {
namespace {

/// Where {0}, {1}, ... stand for any words. Of two that fit, the first one counts.
struct Phrase {
  std::string_view english;
  std::string_view chinese;
};

// clang-format off
constexpr std::array kPhrases = std::to_array<Phrase>({
  {"There is no camera on this machine.", "本机没有摄像头。"},
  {"There is no camera {0}.", "没有摄像头 {0}。"},
  {"There is no microphone that can be used ({0}).", "没有可用的麦克风（{0}）。"},
  {"There is no microphone {0}.", "没有麦克风 {0}。"},
  {"There is no speaker that can be used ({0}).", "没有可用的扬声器（{0}）。"},
  {"There is no speaker {0}.", "没有扬声器 {0}。"},
  {"There is no sound on this machine ({0}).", "本机没有声音设备（{0}）。"},
  {"There is no screen: DISPLAY is not set.", "没有屏幕：未设置 DISPLAY。"},
  {"There is no display for a window ({0}).", "没有可以显示窗口的屏幕（{0}）。"},
  {"There is no file {0}.", "没有文件 {0}。"},
  {"There is no memory for the snapshot.", "内存不足，无法保存快照。"},
  {"There is no encoder for {0}.", "没有 {0} 的编码器。"},
  {"{0} was unplugged.", "{0} 已被拔出。"},
  {"{0} is in use by another program.", "{0} 正被其他程序占用。"},
  {"{0} gives no pictures.", "{0} 没有画面。"},
  {"{0} gives no sound.", "{0} 没有声音。"},
  {"{0} gives pictures of no kind that can be read.", "{0} 的画面格式都无法识别。"},
  {"{0} has pictures of a size that can't be used.", "{0} 的画面尺寸无法使用。"},
  {"{0} has pictures of a size that can't be shown.", "{0} 的画面尺寸无法显示。"},
  {"{0} has no picture that can be read.", "{0} 中没有可读取的画面。"},
  {"{0} has no sound that can be read.", "{0} 中没有可读取的声音。"},
  {"{0} has no pictures.", "{0} 中没有画面。"},
  {"{0} has no sound.", "{0} 中没有声音。"},
  {"{0} has not the usual 24 bits of colour.", "{0} 的颜色不是常见的 24 位。"},
  {"{0} is no camera.", "{0} 不是摄像头。"},
  {"{0} is no video or sound file that can be read.", "{0} 不是可读取的视频或声音文件。"},
  {"{0} is no recording: write a name that ends in .mkv, .webm or .mp4.", "{0} 不是录像文件名：请以 .mkv、.webm 或 .mp4 结尾。"},
  {"{0} is gone.", "{0} 已不存在。"},
  {"{0} may not be used by this user; the group video may use it.", "当前用户无权使用 {0}；video 组的用户可以。"},
  {"{0} can't be read a second time.", "{0} 无法再次读取。"},
  {"{0} can't be read: {1}.", "{0} 无法读取：{1}。"},
  {"{0} can't be opened: no X server is there, or XAUTHORITY doesn't let this user in.", "{0} 无法打开：没有 X 服务器，或 XAUTHORITY 不允许当前用户。"},
  {"{0} can't be opened: {1}.", "{0} 无法打开：{1}。"},
  {"{0} can't be used: {1}.", "{0} 无法使用：{1}。"},
  {"{0} can't be used ({1}).", "{0} 无法使用（{1}）。"},
  {"A recording can't be written to {0}: the folder {1}: {2}.", "无法将录像写入 {0}：文件夹 {1}：{2}。"},
  {"A recording can't be written to {0}: {1}.", "无法将录像写入 {0}：{1}。"},
  {"A .webm file holds VP8, VP9, AV1 and Opus, not {0}; record to a .mkv file instead.", ".webm 文件可存 VP8、VP9、AV1 和 Opus，不能存 {0}；请改录到 .mkv 文件。"},
  {"A .mp4 file holds H.264, VP9, AV1 and Opus, not {0}; record to a .mkv file instead.", ".mp4 文件可存 H.264、VP9、AV1 和 Opus，不能存 {0}；请改录到 .mkv 文件。"},
  {"The header of {0} can't be written.", "无法写入 {0} 的文件头。"},
  {"The disk is full, so the recording ended; {0} keeps what was recorded until then.", "磁盘已满，录制已结束；此前录下的内容保存在 {0}。"},
  {"{0} can't grow further, so the recording ended; it keeps what was recorded.", "{0} 已不能再增大，录制已结束；已录下的内容仍在其中。"},
  {"{0} can't be written ({1}), so the recording ended; it keeps what was recorded until then.", "{0} 无法写入（{1}），录制已结束；此前录下的内容仍在其中。"},
  {"The snapshot {0} can't be written: {1}.", "无法写入快照 {0}：{1}。"},
  {"This FFmpeg can't make a PNG.", "此 FFmpeg 无法生成 PNG。"},
  {"This system's FFmpeg can't read the screen.", "此系统的 FFmpeg 无法读取屏幕。"},
  {"Nothing came in on standard input.", "标准输入没有内容。"},
  {"Standard input is closed.", "标准输入已关闭。"},
  {"The pictures on standard input have ended.", "标准输入的画面已结束。"},
  {"Standard input is a terminal; pictures come in from another program: {0}", "标准输入是终端；画面应由另一个程序送入：{0}"},
  {"What comes in on standard input is no H.264 byte stream; for one, write {0} (FFmpeg) or {1} (rpicam-vid).", "标准输入的内容不是 H.264 字节流；请使用 {0}（FFmpeg）或 {1}（rpicam-vid）。"},
  {"The other end takes no H.264, which is all that this source gives.", "对方不支持 H.264，而此来源只提供 H.264。"},
  {"Pictures of {0} are too large: at most {1} million pixels.", "{0} 的画面过大：最多 {1} 百万像素。"},
  {"{0} gave no encoder.", "{0} 未能创建编码器。"},
  {"{0} refuses pictures of {1}.", "{0} 不接受 {1} 的画面。"},
  {"{0} refuses the rate.", "{0} 不接受该码率。"},
  {"{0} refuses the frame rate.", "{0} 不接受该帧率。"},
  {"{0} could not encode a picture.", "{0} 未能编码画面。"},
  {"{0} has no settings for {1}.", "{0} 没有适合 {1} 的设置。"},
  {"{0} can't be started", "{0} 无法启动"},
  {"{0} refuses its settings", "{0} 不接受其设置"},
});

/// What begins a sentence of a device.
constexpr std::array kNames = std::to_array<Phrase>({
  {"The camera {0}", "摄像头 {0}"},
  {"The microphone {0}", "麦克风 {0}"},
  {"The microphone", "麦克风"},
  {"The speaker {0}", "扬声器 {0}"},
  {"The speaker", "扬声器"},
  {"The screen {0}", "屏幕 {0}"},
});

// clang-format on

/// What stands in the places, in order; nothing where the words between don't fit.
std::optional<std::vector<std::string_view>> parts_of(std::string_view text,
                                                      std::string_view pattern) {
  constexpr std::size_t kPlace = 3;  // "{0}"
  std::vector<std::string_view> parts;
  std::size_t brace = pattern.find('{');
  if (!text.starts_with(pattern.substr(0, brace))) return std::nullopt;
  if (brace == std::string_view::npos) {
    if (text != pattern) return std::nullopt;
    return parts;
  }
  text.remove_prefix(brace);
  while (brace != std::string_view::npos) {
    pattern.remove_prefix(brace + kPlace);
    brace = pattern.find('{');
    const std::string_view words = pattern.substr(0, brace);
    // The last words end the text; those before stand where they come first.
    const bool is_last = brace == std::string_view::npos;
    const std::size_t at = is_last && text.ends_with(words) ? text.size() - words.size()
                           : is_last                        ? std::string_view::npos
                                                            : text.find(words);
    if (at == std::string_view::npos || at == 0) return std::nullopt;
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + words.size());
  }
  return parts;
}

std::string filled(std::string_view pattern, const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t brace = pattern.find('{'); brace != std::string_view::npos;
       brace = pattern.find('{')) {
    out += pattern.substr(0, brace);
    out += parts[static_cast<std::size_t>(pattern[brace + 1] - '0')];
    pattern.remove_prefix(brace + 3);
  }
  return out += pattern;
}

/// The first phrase that fits, with its parts as `tell` tells them.
template <class Tell>
std::optional<std::string> told(std::string_view text, std::span<const Phrase> phrases,
                                const Tell& tell) {
  for (const Phrase& phrase : phrases) {
    const auto found = parts_of(text, phrase.english);
    if (!found) continue;
    std::vector<std::string> parts;
    for (const std::string_view part : *found) parts.push_back(tell(part));
    return filled(phrase.chinese, parts);
  }
  return std::nullopt;
}

std::string told_name(std::string_view text) {
  const auto as_it_is = [](std::string_view part) { return std::string{part}; };
  return told(text, kNames, as_it_is).value_or(std::string{text});
}

}  // namespace

std::string in_language(std::string_view sentence, Language language) {
  if (language == Language::English) return std::string{sentence};
  return told(sentence, kPhrases, told_name).value_or(std::string{sentence});
}

}  // namespace duet::config
