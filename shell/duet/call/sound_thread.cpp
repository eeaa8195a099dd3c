// SPDX-License-Identifier: MIT
// Blocks of 10 ms in, packets of 20 ms out.
#include <duet/call/sound_thread.hpp>

#include <algorithm>
#include <utility>

namespace duet::call {
namespace {

constexpr Duration time_of(std::int64_t samples) { return Duration{samples * 125 / 6}; }

}  // namespace

SoundThread::SoundThread(net::PostBox& box, std::unique_ptr<device::AudioSource> source,
                         Filter filter, Handler handler)
    : box_{box},
      handler_{std::make_shared<const Handler>(std::move(handler))},
      source_{std::move(source)},
      filter_{std::move(filter)},
      channels_{source_->channels()},
      thread_{[this] { run(); }} {}

SoundThread::~SoundThread() {
  *alive_ = false;
  source_->interrupt();
  thread_.join();
}

void SoundThread::set_target(std::optional<Target> target) {
  const std::lock_guard lock{mutex_};
  target_ = std::move(target);
}

void SoundThread::run() {
  device::AudioCapture capture;
  while (source_->read(capture)) handle_block(capture);
  end(source_->error());
}

void SoundThread::handle_block(const device::AudioCapture& capture) {
  const auto block = media::kBlockSamples * static_cast<std::size_t>(channels_);
  if (samples_.empty()) place(capture.captured);
  samples_.insert(samples_.end(), capture.samples.begin(),
                  capture.samples.begin() + static_cast<std::ptrdiff_t>(block));
  if (filter_) filter_(std::span{samples_}.last(block), channels_);
  const auto packet = codec::AudioEncoder::kPacketSamples * static_cast<std::size_t>(channels_);
  if (samples_.size() < packet) return;
  std::optional<Target> target;
  {
    const std::lock_guard lock{mutex_};
    target = target_;
  }
  if (target && waiting_->load() < kMaxWaiting) encode(*target);
  samples_.clear();
  *position_ += codec::AudioEncoder::kPacketSamples;
}

/// Samples are counted: a receiver takes timestamps for the length of the sound between packets.
/// How the count stands to the clock is told by reports.
void SoundThread::place(Instant captured) {
  const Duration by_clock = captured.time_since_epoch();
  if (!position_) position_ = by_clock.count() * 6 / 125;  // 48 in a millisecond
  const Duration late = by_clock - time_of(*position_) - stray_;
  if (late > kGap) {
    *position_ += late.count() * 6 / 125;
  } else {
    // Not taken back where it is ahead: a receiver would hear two sounds of one time.
    stray_ += late < -kGap ? late : late / kSlowness;
  }
}

void SoundThread::encode(const Target& target) {
  if (!encoder_ || prepared_->codec != target.codec) {
    auto made = codec::make_audio_encoder(target.codec, target.settings);
    if (!made) return set_target(std::nullopt);
    encoder_ = *std::move(made);
  } else if (prepared_->settings != target.settings) {
    encoder_->configure(target.settings);
  }
  prepared_ = target;
  if (target.is_muted) std::ranges::fill(samples_, media::Sample{0});
  encoder_->encode(samples_, bytes_);
  const auto packet = std::make_shared<Packet>(
      Packet{target.codec, *position_, Instant{time_of(*position_) + stray_}, bytes_});
  ++*waiting_;
  box_.post([handler = handler_, waiting = waiting_, alive = alive_, packet] {
    --*waiting;
    if (*alive) handler->encoded(*packet);
  });
}

void SoundThread::end(std::optional<Trouble> why) {
  box_.post([handler = handler_, alive = alive_, why = std::move(why)] {
    if (*alive) handler->ended(why);
  });
}

}  // namespace duet::call
