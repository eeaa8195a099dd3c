// SPDX-License-Identifier: MIT
// A decoder of pictures on a thread of its own.
#pragma once

#include <duet/call/trouble.hpp>
#include <duet/codec/video_decoder.hpp>
#include <duet/media/freeze_meter.hpp>
#include <duet/net/post_box.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace duet::call {

/// Takes frames of any codec, in the order of decoding.
class DecoderThread {
 public:
  struct Handler {
    /// A picture to show; on the decoder's thread.
    std::function<void(const codec::PicturePtr&, rtp::Timestamp)> decoded;
    /// Something could not be decoded, or was dropped: only a key frame helps. On the loop's.
    std::function<void()> key_frame_wanted;
    /// A frame that no key frame helps with: the decoder takes no such pictures. On the loop's.
    std::function<void(const PicturesRefused&)> refused;
  };

  struct Stats {
    std::uint64_t decoded = 0;
    std::uint64_t key_frames = 0;
    std::uint64_t failed = 0;
    std::uint64_t dropped = 0;  ///< the decoder was too slow
    Duration decode_time{0};
    codec::Size size;  ///< of the last picture
    media::FreezeMeter::Stats shown;
  };

  /// @param box  outlives this
  DecoderThread(net::PostBox& box, Handler handler);
  ~DecoderThread();
  DecoderThread(const DecoderThread&) = delete;
  DecoderThread& operator=(const DecoderThread&) = delete;

  /// Queues a frame. Never waits: of a decoder that can't keep up, frames are dropped up to the
  /// next key frame.
  /// @param is_shown  false: the next picture is due already, this one is only decoded
  void decode(media::EncodedFrame frame, bool is_shown = true);

  /// What was shown before is of another stream: the time up to the next picture is no freeze.
  void forget_shown();

  /// Memory of a frame that was decoded, to be used again; nothing if there is none.
  std::optional<std::vector<std::byte>> poll_spare();

  Stats stats() const;

 private:
  /// Frames that wait: a third of a second.
  static constexpr std::size_t kMaxQueued = 10;
  static constexpr std::size_t kMaxSpare = 4;

  void run();

  struct Queued {
    media::EncodedFrame frame;
    bool is_shown = true;
  };

  std::optional<Queued> take();
  void handle(const Queued& queued);
  void recycle(std::vector<std::byte>&& bytes);
  void want_key_frame();
  void tell_of(codec::DecoderError error, media::Codec codec);

  net::PostBox& box_;
  const std::shared_ptr<const Handler> handler_;

  mutable std::mutex mutex_;  // guards what follows, up to the thread's own
  std::condition_variable arrived_;
  std::deque<Queued> queue_;
  std::vector<std::vector<std::byte>> spare_;
  media::FreezeMeter meter_;
  bool needs_key_ = true;  // what comes before one is not queued
  bool is_over_ = false;
  Stats stats_;

  // Of the thread.
  std::unique_ptr<codec::VideoDecoder> decoder_;
  std::optional<media::Codec> codec_;

  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // asked on the loop's thread only
  std::thread thread_;
};

}  // namespace duet::call
