// SPDX-License-Identifier: MIT
// From what a camera feeds to pictures, or to frames that are passed on as they are.
#include <duet/device/camera.hpp>
#include <duet/device/camera_feed.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace duet::device {
namespace {

class Camera final : public VideoSource {
 public:
  Camera(std::unique_ptr<CameraFeed> feed, const VideoWish& wish)
      : feed_{std::move(feed)}, reader_{feed_->format(), wish.size}, box_{wish.size} {}

  std::optional<VideoCapture> read() override {
    while (auto image = feed_->next()) {
      if (auto picture = reader_.read(image->bytes))
        return VideoCapture{std::move(picture), image->captured};
    }
    return std::nullopt;
  }

  void interrupt() override { feed_->interrupt(); }

  std::optional<Error> error() const override { return feed_->error(); }

  codec::Size size() const override { return fitted(feed_->format().size, box_); }

 private:
  std::unique_ptr<CameraFeed> feed_;
  RawImageReader reader_;
  codec::Size box_;
};

/// What a decoder must know is in every key frame, also of cameras that say it once only.
class EncodingCamera final : public VideoSource {
 public:
  explicit EncodingCamera(std::unique_ptr<CameraFeed> feed) : feed_{std::move(feed)} {}

  std::optional<VideoCapture> read() override {
    while (const auto image = feed_->next()) {
      const Units units = look_at(image->bytes);
      if (last_ && image->sequence != *last_ + 1) waits_for_key_ = true;  // what follows is broken
      last_ = image->sequence;
      if (waits_for_key_ && !units.is_key) {
        if (++waited_ % kAskAgain == 1) feed_->request_key_frame();
        continue;
      }
      waits_for_key_ = false;
      waited_ = 0;
      media::EncodedFrame frame{media::Codec::H264, timestamp(image->captured), units.is_key, {}};
      if (units.is_key && !units.has_parameters) frame.bytes = parameters_;
      frame.bytes.insert(frame.bytes.end(), image->bytes.begin(), image->bytes.end());
      return VideoCapture{std::move(frame), image->captured};
    }
    return std::nullopt;
  }

  void interrupt() override { feed_->interrupt(); }

  std::optional<Error> error() const override { return feed_->error(); }

  codec::Size size() const override { return feed_->format().size; }

  std::optional<media::Codec> encoded_as() const override { return media::Codec::H264; }

  void request_key_frame() override { feed_->request_key_frame(); }

 private:
  static constexpr int kAskAgain = 30;  // frames

  struct Units {
    bool is_key = false;
    bool has_parameters = false;
  };

  static rtp::Timestamp timestamp(Instant captured) {
    const auto ticks = captured.time_since_epoch().count() * 9 / 100;  // of 90 kHz
    return rtp::Timestamp{static_cast<std::uint32_t>(ticks)};
  }

  /// Its NAL units (H.264 annex B); remembers parameter sets.
  Units look_at(std::span<const std::byte> bytes) {
    constexpr std::array<std::byte, 3> kStart{std::byte{0}, std::byte{0}, std::byte{1}};
    constexpr int kIdr = 5;
    constexpr int kSps = 7;
    constexpr int kPps = 8;
    Units units;
    std::vector<std::byte> parameters;
    auto from = std::search(bytes.begin(), bytes.end(), kStart.begin(), kStart.end());
    while (from != bytes.end()) {
      const auto body = from + kStart.size();
      const auto next = std::search(body, bytes.end(), kStart.begin(), kStart.end());
      const int type = body == bytes.end() ? 0 : std::to_integer<int>(*body) & 0x1F;
      units.is_key |= type == kIdr;
      units.has_parameters |= type == kSps;
      if (type == kSps || type == kPps) parameters.insert(parameters.end(), from, next);
      from = next;
    }
    if (units.has_parameters) parameters_ = std::move(parameters);
    return units;
  }

  std::unique_ptr<CameraFeed> feed_;
  std::vector<std::byte> parameters_;
  std::optional<std::uint32_t> last_;
  bool waits_for_key_ = true;
  int waited_ = 0;
};

}  // namespace

std::unique_ptr<VideoSource> make_camera(std::unique_ptr<CameraFeed> feed, const VideoWish& wish) {
  if (feed->format().fourcc == kH264) return std::make_unique<EncodingCamera>(std::move(feed));
  return std::make_unique<Camera>(std::move(feed), wish);
}

Result<std::unique_ptr<VideoSource>, StandardInputError> open_standard_input() {
  auto feed = open_byte_stream(STDIN_FILENO);
  if (!feed) return fail(feed.error());
  return make_camera(*std::move(feed), {});
}

}  // namespace duet::device
