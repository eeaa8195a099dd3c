// SPDX-License-Identifier: MIT
// Frames in, pictures out.
#include <duet/call/decoder_thread.hpp>

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

void DecoderThread::decode(media::EncodedFrame frame) {
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
      queue_.push_back(std::move(frame));
    }
  }
  arrived_.notify_one();
  if (is_slow) handler_->key_frame_wanted();
}

DecoderThread::Stats DecoderThread::stats() const {
  const std::lock_guard lock{mutex_};
  return stats_;
}

void DecoderThread::run() {
  while (const auto frame = take()) handle(*frame);
}

std::optional<media::EncodedFrame> DecoderThread::take() {
  std::unique_lock lock{mutex_};
  arrived_.wait(lock, [this] { return is_over_ || !queue_.empty(); });
  if (is_over_) return std::nullopt;
  auto frame = std::move(queue_.front());
  queue_.pop_front();
  return frame;
}

void DecoderThread::handle(const media::EncodedFrame& frame) {
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
  {
    const std::lock_guard lock{mutex_};
    stats_.decode_time += took;
    if (has_picture) {
      ++stats_.decoded;
      if (frame.is_key) ++stats_.key_frames;
      stats_.size = (**result)->size();
    } else if (!result) {
      ++stats_.failed;
      while (!queue_.empty() && !queue_.front().is_key) queue_.pop_front();
      needs_key_ = queue_.empty();
    }
  }
  if (has_picture) handler_->decoded(**result, frame.timestamp);
  if (!result) want_key_frame();
}

void DecoderThread::want_key_frame() {
  box_.post([handler = handler_, alive = alive_] {
    if (*alive) handler->key_frame_wanted();
  });
}

}  // namespace duet::call
