// SPDX-License-Identifier: MIT
// Frames in, pictures out.
#include <duet/call/decoder_thread.hpp>
#include <duet/device/clock.hpp>

#include <chrono>
#include <utility>

namespace duet::call {

DecoderThread::DecoderThread(net::PostBox& box, Handler handler)
    : box_{box}, handler_{std::make_shared<const Handler>(std::move(handler))}, thread_{[this] {
        run();
      }} {}

DecoderThread::~DecoderThread() {
  *alive_ = false;
  {
    const std::lock_guard lock{mutex_};
    is_over_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

void DecoderThread::decode(media::EncodedFrame frame, bool is_shown) {
  bool is_slow = false;
  {
    const std::lock_guard lock{mutex_};
    if (queue_.size() >= kMaxQueued) {
      stats_.dropped += queue_.size();
      queue_.clear();
      needs_key_ = true;
      is_slow = true;
    }
    if (needs_key_ && !frame.is_key) {
      ++stats_.dropped;
    } else {
      needs_key_ = false;
      queue_.push_back({std::move(frame), is_shown});
    }
  }
  arrived_.notify_one();
  if (is_slow) handler_->key_frame_wanted();
}

DecoderThread::Stats DecoderThread::stats() const {
  const std::lock_guard lock{mutex_};
  Stats stats = stats_;
  stats.shown = meter_.stats();
  return stats;
}

void DecoderThread::forget_shown() {
  const std::lock_guard lock{mutex_};
  meter_.pause();
}

std::optional<std::vector<std::byte>> DecoderThread::poll_spare() {
  const std::lock_guard lock{mutex_};
  if (spare_.empty()) return std::nullopt;
  auto bytes = std::move(spare_.back());
  spare_.pop_back();
  return bytes;
}

void DecoderThread::recycle(std::vector<std::byte>&& bytes) {
  const std::lock_guard lock{mutex_};
  if (spare_.size() < kMaxSpare) spare_.push_back(std::move(bytes));
}

void DecoderThread::run() {
  while (auto queued = take()) {
    handle(*queued);
    recycle(std::move(queued->frame.bytes));
  }
}

std::optional<DecoderThread::Queued> DecoderThread::take() {
  std::unique_lock lock{mutex_};
  arrived_.wait(lock, [this] { return is_over_ || !queue_.empty(); });
  if (is_over_) return std::nullopt;
  auto queued = std::move(queue_.front());
  queue_.pop_front();
  return queued;
}

void DecoderThread::handle(const Queued& queued) {
  const media::EncodedFrame& frame = queued.frame;
  if (codec_ != frame.codec) {
    auto made = codec::make_video_decoder(frame.codec);
    decoder_ = made ? *std::move(made) : nullptr;
    codec_ = frame.codec;
  }
  if (!decoder_) return;
  const auto began = std::chrono::steady_clock::now();
  const auto result = decoder_->decode(frame);
  const auto took = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
  const bool has_picture = result && *result;
  const bool is_shown = has_picture && queued.is_shown;
  {
    const std::lock_guard lock{mutex_};
    stats_.decode_time += took;
    if (has_picture) {
      ++stats_.decoded;
      if (frame.is_key) ++stats_.key_frames;
      stats_.size = (**result)->size();
      if (is_shown) meter_.handle_rendered(device::now());
    } else if (!result) {
      ++stats_.failed;
      while (!queue_.empty() && !queue_.front().frame.is_key) queue_.pop_front();
      needs_key_ = queue_.empty();
    }
  }
  if (is_shown) handler_->decoded(**result, frame.timestamp);
  if (result) return;
  tell_of(result.error(), frame.codec);
  want_key_frame();
}

void DecoderThread::tell_of(codec::DecoderError error, media::Codec codec) {
  const bool is_of_kind =
      error == codec::DecoderError::WrongFormat || error == codec::DecoderError::TooLarge;
  if (!is_of_kind) return;
  box_.post([handler = handler_, alive = alive_, refused = PicturesRefused{error, codec}] {
    if (*alive && handler->refused) handler->refused(refused);
  });
}

void DecoderThread::want_key_frame() {
  box_.post([handler = handler_, alive = alive_] {
    if (*alive) handler->key_frame_wanted();
  });
}

}  // namespace duet::call
