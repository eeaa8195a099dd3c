// SPDX-License-Identifier: MIT
// A source of sound and its encoder, on a thread of their own.
#pragma once

#include <duet/call/trouble.hpp>
#include <duet/codec/audio_codec.hpp>
#include <duet/device/audio_source.hpp>
#include <duet/net/post_box.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace duet::call {

class SoundThread {
 public:
  struct Target {
    media::Codec codec = media::Codec::Opus;
    codec::AudioSettings settings;
    bool is_muted = false;  ///< silence is sent, so that the other end notices no gap

    friend bool operator==(const Target&, const Target&) = default;
  };

  /// 20 ms of sound.
  struct Packet {
    media::Codec codec;
    std::int64_t position = 0;     ///< of its first sample, counted at kSampleRate; gaps count
    Instant captured;              ///< that sample, by the loop's clock
    std::vector<std::byte> bytes;  ///< empty if it need not be sent (DTX)
  };

  struct Handler {
    std::function<void(const Packet&)> encoded;
    Ended ended;  ///< the last call
  };

  /// What is done to each block before it is encoded, on this thread: taking the echo away.
  using Filter = std::function<void(std::span<media::Sample>, int channels)>;

  /// Starts at once. Handlers are called from the loop.
  /// @param box  outlives this
  SoundThread(net::PostBox& box, std::unique_ptr<device::AudioSource> source, Filter filter,
              Handler handler);
  ~SoundThread();
  SoundThread(const SoundThread&) = delete;
  SoundThread& operator=(const SoundThread&) = delete;

  /// Nothing: nothing is encoded.
  void set_target(std::optional<Target> target);

  int channels() const { return channels_; }

 private:
  /// Packets that the loop has not taken yet: 200 ms.
  static constexpr int kMaxWaiting = 10;
  /// Samples that come so much later than the count of those before says: there was a gap.
  static constexpr Duration kGap = 100ms;
  /// A device's clock is not ours. Its count may stray as far as it will, and is followed so
  /// slowly: by a part of the difference with each packet.
  static constexpr int kSlowness = 50;

  void run();
  void handle_block(const device::AudioCapture& capture);
  void place(Instant captured);
  void encode(const Target& target);
  void end(std::optional<Trouble> why);

  net::PostBox& box_;
  const std::shared_ptr<const Handler> handler_;
  const std::unique_ptr<device::AudioSource> source_;
  const Filter filter_;
  const int channels_;

  std::mutex mutex_;
  std::optional<Target> target_;

  // Of the thread.
  std::unique_ptr<codec::AudioEncoder> encoder_;
  std::optional<Target> prepared_;
  std::vector<media::Sample> samples_;    // of the packet that is being filled
  std::optional<std::int64_t> position_;  // of its first
  Duration stray_{0};                     // of the loop's clock from that count
  std::vector<std::byte> bytes_;

  std::shared_ptr<std::atomic<int>> waiting_ = std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // asked on the loop's thread only
  std::thread thread_;
};

}  // namespace duet::call
