// SPDX-License-Identifier: MIT
// Cameras and microphones that are open only while they are wanted.
#pragma once

#include <duet/base/result.hpp>
#include <duet/base/time.hpp>
#include <duet/device/audio_source.hpp>
#include <duet/device/error.hpp>
#include <duet/device/video_source.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace duet::call {

/// Whether sources are wanted at the moment: while somebody calls. Of any thread.
class Demand {
 public:
  /// @param now  becomes `since`, so that the pictures and the sound of one file begin together
  void set(bool is_wanted, Instant now);

 private:
  template <class Source>
  friend class OnDemand;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_wanted_ = false;
  Instant since_{};
  int times_ = 0;  // that it was wanted
};

/// Opens a source on the thread that reads it, once it is wanted, and closes it when it no longer
/// is: a light beside a camera tells the truth, and a device that waits for months is idle. What
/// can't be opened, or ends, is tried again while it is wanted.
template <class Source>
class OnDemand {
 public:
  using Open = std::function<Result<std::unique_ptr<Source>, device::Error>(Instant start)>;
  /// Why there is none, once while it is wanted. On the reader's thread.
  using Missing = std::function<void(const device::Error& why)>;

  OnDemand(std::shared_ptr<Demand> demand, Open open, Missing missing)
      : demand_{std::move(demand)}, open_{std::move(open)}, missing_{std::move(missing)} {}

  /// Waits until there is one. nullptr: interrupted.
  Source* wait();
  /// The one that wait() gave has ended.
  void handle_end();
  void interrupt();

 private:
  static constexpr auto kRetry = std::chrono::seconds{5};

  void tell_and_rest(std::unique_lock<std::mutex>& lock, const std::optional<device::Error>& why);

  const std::shared_ptr<Demand> demand_;
  const Open open_;
  const Missing missing_;
  std::unique_ptr<Source> source_;  // exchanged by the reader, with the demand's mutex
  bool is_over_ = false;            // with that mutex
  int told_ = 0;                    // in which time
};

class VideoOnDemand final : public device::VideoSource {
 public:
  /// @param probe  opened once to see what it is; closed here
  VideoOnDemand(std::shared_ptr<Demand> demand, OnDemand<device::VideoSource>::Open open,
                OnDemand<device::VideoSource>::Missing missing,
                std::unique_ptr<device::VideoSource> probe)
      : source_{std::move(demand), std::move(open), std::move(missing)},
        size_{probe->size()},
        encoded_as_{probe->encoded_as()} {}

  std::optional<device::VideoCapture> read() override;

  void interrupt() override { source_.interrupt(); }

  std::optional<device::Error> error() const override { return {}; }

  codec::Size size() const override { return size_; }

  std::optional<media::Codec> encoded_as() const override { return encoded_as_; }

  void request_key_frame() override {
    if (current_ != nullptr) current_->request_key_frame();
  }

 private:
  OnDemand<device::VideoSource> source_;
  device::VideoSource* current_ = nullptr;
  const codec::Size size_;
  const std::optional<media::Codec> encoded_as_;
};

class AudioOnDemand final : public device::AudioSource {
 public:
  /// @param probe  as VideoOnDemand's
  AudioOnDemand(std::shared_ptr<Demand> demand, OnDemand<device::AudioSource>::Open open,
                OnDemand<device::AudioSource>::Missing missing,
                std::unique_ptr<device::AudioSource> probe)
      : source_{std::move(demand), std::move(open), std::move(missing)},
        channels_{probe->channels()} {}

  int channels() const override { return channels_; }

  bool read(device::AudioCapture& capture) override;

  void interrupt() override { source_.interrupt(); }

  std::optional<device::Error> error() const override { return {}; }

 private:
  OnDemand<device::AudioSource> source_;
  const int channels_;
};

}  // namespace duet::call
