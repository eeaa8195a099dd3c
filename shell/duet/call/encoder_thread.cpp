// SPDX-License-Identifier: MIT
// Capture, encode, hand over.
#include <duet/call/encoder_thread.hpp>

#include <chrono>
#include <utility>

namespace duet::call {
namespace {

/// But for the rates.
bool is_alike(const EncoderThread::Target& one, const EncoderThread::Target& other) {
  return one.codec == other.codec && one.settings.size == other.settings.size;
}

}  // namespace

rtp::Timestamp video_timestamp(Instant captured) {
  const auto ticks = captured.time_since_epoch().count() * 9 / 100;  // microseconds
  return rtp::Timestamp{static_cast<std::uint32_t>(ticks)};
}

EncoderThread::EncoderThread(net::PostBox& box, std::unique_ptr<device::VideoSource> source,
                             Handler handler)
    : box_{box},
      handler_{std::make_shared<const Handler>(std::move(handler))},
      source_{std::move(source)},
      source_size_{source_->size()},
      encoded_as_{source_->encoded_as()},
      thread_{[this] { run(); }} {}

EncoderThread::~EncoderThread() {
  *alive_ = false;
  source_->interrupt();
  thread_.join();
}

void EncoderThread::set_target(std::optional<Target> target) {
  const std::lock_guard lock{mutex_};
  plan_.begins |= !plan_.target;
  plan_.target = std::move(target);
}

void EncoderThread::request_key_frame() {
  const std::lock_guard lock{mutex_};
  plan_.wants_key = true;
}

EncoderThread::Stats EncoderThread::stats() const {
  const std::lock_guard lock{mutex_};
  return stats_;
}

void EncoderThread::run() {
  while (auto capture = source_->read()) {
    const Plan plan = take_plan();
    if (plan.begins) refused_.reset();
    if (!plan.target) {
      needs_key_ = true;
      continue;
    }
    const bool is_wanted = waiting_->load() < kMaxWaiting &&
                           (encoded_as_ || is_due(capture->captured, plan.target->settings.fps));
    if (is_wanted) {
      handle_capture(*std::move(capture), plan);
    } else {
      needs_key_ = true;  // of a source that encodes: what follows needs the one that is left out
      if (plan.wants_key) request_key_frame();  // for one that is wanted
    }
  }
  end(source_->error());
}

EncoderThread::Plan EncoderThread::take_plan() {
  const std::lock_guard lock{mutex_};
  ++stats_.captured;
  if (!plan_.target) return {};
  return {plan_.target, std::exchange(plan_.wants_key, false), std::exchange(plan_.begins, false)};
}

/// Whether a source that gives more than `fps` pictures a second has this one left out. A picture
/// may come a little early: cameras are no clocks.
bool EncoderThread::is_due(Instant captured, double fps) {
  const Duration interval{static_cast<std::int64_t>(1e6 / fps)};
  if (next_due_ && captured + interval / 4 < *next_due_) return false;
  const bool is_late = !next_due_ || captured - *next_due_ > interval;
  next_due_ = (is_late ? captured : *next_due_) + interval;
  return true;
}

void EncoderThread::handle_capture(device::VideoCapture capture, const Plan& plan) {
  if (auto* encoded = std::get_if<media::EncodedFrame>(&capture.image)) {
    const bool is_of_use = encoded->is_key || !needs_key_;
    if (!encoded->is_key && (plan.wants_key || needs_key_)) source_->request_key_frame();
    if (!is_of_use) return;
    needs_key_ = false;
    encoded->timestamp = video_timestamp(capture.captured);
    return give(std::move(*encoded), capture.captured);
  }
  if (!prepare_encoder(*plan.target)) return;
  const auto began = std::chrono::steady_clock::now();
  auto result = encoder_->encode(std::get<codec::PicturePtr>(capture.image),
                                 video_timestamp(capture.captured),
                                 plan.wants_key ? codec::FrameKind::Key : codec::FrameKind::Any);
  const auto took = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
  {
    const std::lock_guard lock{mutex_};
    stats_.encode_time += took;
    stats_.size = prepared_->settings.size;
    if (!result || !*result) ++stats_.left_out;
  }
  if (!result) {
    handle_failure(*plan.target, std::move(result.error()));
  } else if (*result) {
    has_encoded_ = true;
    give(std::move(**result), capture.captured);
  } else if (plan.wants_key) {
    request_key_frame();  // the encoder has left this picture out
  }
}

bool EncoderThread::prepare_encoder(const Target& target) {
  if (prepared_ == target) return true;
  if (refused_ && is_alike(*refused_, target)) return false;
  refused_.reset();
  if (encoder_ && prepared_->codec == target.codec) {
    if (!is_alike(*prepared_, target)) has_encoded_ = false;  // the library makes a new one
    encoder_->configure(target.settings);
  } else {
    auto made = codec::make_video_encoder(target.codec, target.settings);
    if (!made) {
      handle_failure(target, std::move(made.error()));
      return false;
    }
    encoder_ = *std::move(made);
    has_encoded_ = false;
  }
  prepared_ = target;
  return true;
}

/// One that has made pictures is replaced, with the next one. One that has made none yet would fail
/// with each of them.
void EncoderThread::handle_failure(const Target& target, codec::EncoderError why) {
  encoder_.reset();
  prepared_.reset();
  if (std::exchange(has_encoded_, false)) return;
  refused_ = target;
  box_.post([handler = handler_, alive = alive_, why = std::move(why)] {
    if (*alive) handler->refused(why);
  });
}

void EncoderThread::give(media::EncodedFrame frame, Instant captured) {
  {
    const std::lock_guard lock{mutex_};
    ++stats_.encoded;
    if (frame.is_key) ++stats_.key_frames;
  }
  ++*waiting_;
  const auto shared = std::make_shared<media::EncodedFrame>(std::move(frame));
  box_.post([handler = handler_, waiting = waiting_, alive = alive_, shared, captured] {
    --*waiting;
    if (*alive) handler->encoded(std::move(*shared), captured);
  });
}

void EncoderThread::end(std::optional<Trouble> why) {
  box_.post([handler = handler_, alive = alive_, why = std::move(why)] {
    if (*alive) handler->ended(why);
  });
}

}  // namespace duet::call
