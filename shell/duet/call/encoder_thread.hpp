// SPDX-License-Identifier: MIT
// A source of pictures and its encoder, on a thread of their own.
#pragma once

#include <duet/call/trouble.hpp>
#include <duet/codec/video_encoder.hpp>
#include <duet/device/video_source.hpp>
#include <duet/net/post_box.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace duet::call {

/// Reads picture after picture, whether somebody wants them or not, so that what is sent is fresh.
class EncoderThread {
 public:
  /// What to make of the pictures.
  struct Target {
    media::Codec codec = media::Codec::Vp8;
    codec::VideoSettings settings;

    friend bool operator==(const Target&, const Target&) = default;
  };

  struct Handler {
    std::function<void(media::EncodedFrame, Instant captured)> encoded;
    Ended ended;  ///< the source has
    /// No picture of such a codec and size can be encoded. Told once for each change of them, and
    /// of each time that they are wanted anew.
    std::function<void(const codec::EncoderError&)> refused = [](const codec::EncoderError&) {};
  };

  /// Counted since the beginning.
  struct Stats {
    std::uint64_t captured = 0;
    std::uint64_t encoded = 0;
    std::uint64_t key_frames = 0;
    std::uint64_t left_out = 0;  ///< the encoder or the loop was too slow
    Duration encode_time{0};
    codec::Size size;  ///< of the last one that was encoded
  };

  /// Starts at once. Handlers are called from the loop.
  /// @param box  outlives this
  EncoderThread(net::PostBox& box, std::unique_ptr<device::VideoSource> source, Handler handler);
  /// Interrupts the source and waits for the thread.
  ~EncoderThread();
  EncoderThread(const EncoderThread&) = delete;
  EncoderThread& operator=(const EncoderThread&) = delete;

  /// From the next picture on; nothing: none is encoded.
  void set_target(std::optional<Target> target);
  void request_key_frame();

  codec::Size source_size() const { return source_size_; }

  /// The codec of a source that encodes by itself.
  std::optional<media::Codec> encoded_as() const { return encoded_as_; }

  Stats stats() const;

 private:
  /// Frames that the loop has not taken yet. More are left out: they would only grow old.
  static constexpr int kMaxWaiting = 3;

  struct Plan {
    std::optional<Target> target;
    bool wants_key = false;
    bool begins = false;  // after there was no target
  };

  void run();
  bool is_due(Instant captured, double fps);
  Plan take_plan();
  void handle_capture(device::VideoCapture capture, const Plan& plan);
  bool prepare_encoder(const Target& target);
  void handle_failure(const Target& target, codec::EncoderError why);
  void give(media::EncodedFrame frame, Instant captured);
  void end(std::optional<Trouble> why);

  net::PostBox& box_;
  const std::shared_ptr<const Handler> handler_;
  const std::unique_ptr<device::VideoSource> source_;
  const codec::Size source_size_;
  const std::optional<media::Codec> encoded_as_;

  mutable std::mutex mutex_;  // guards the next two
  Plan plan_;
  Stats stats_;

  // Of the thread.
  std::unique_ptr<codec::VideoEncoder> encoder_;
  std::optional<Target> prepared_;
  bool has_encoded_ = false;       // the encoder, since it was made
  std::optional<Target> refused_;  // what no encoder makes pictures of
  std::optional<Instant> next_due_;
  bool needs_key_ = true;  // of a source that encodes: frames up to a key frame are of no use

  std::shared_ptr<std::atomic<int>> waiting_ = std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // asked on the loop's thread only
  std::thread thread_;
};

/// The codec's clock at a capture: 90,000 ticks a second of the loop's clock (RFC 7741 §4.1).
rtp::Timestamp video_timestamp(Instant captured);

}  // namespace duet::call
