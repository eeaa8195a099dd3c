// SPDX-License-Identifier: MIT
// Sources that are opened and closed as callers come and go.
#include <duet/call/on_demand.hpp>

#include <utility>

namespace duet::call {

void Demand::set(bool is_wanted, Instant now) {
  const std::lock_guard lock{mutex_};
  if (is_wanted && !is_wanted_) {
    since_ = now;
    ++times_;
  }
  is_wanted_ = is_wanted;
  changed_.notify_all();
}

template <class Source>
Source* OnDemand<Source>::wait() {
  std::unique_lock lock{demand_->mutex_};
  for (;;) {
    if (is_over_) return nullptr;
    if (!demand_->is_wanted_) {
      auto closed = std::move(source_);
      lock.unlock();
      closed.reset();  // devices take their time
      lock.lock();
      demand_->changed_.wait(lock, [this] { return is_over_ || demand_->is_wanted_; });
      continue;
    }
    if (source_) return source_.get();
    const Instant start = demand_->since_;
    lock.unlock();
    auto opened = open_(start);
    lock.lock();
    if (opened) {
      source_ = *std::move(opened);
    } else {
      tell_and_rest(lock, opened.error());
    }
  }
}

template <class Source>
void OnDemand<Source>::handle_end() {
  std::unique_lock lock{demand_->mutex_};
  auto ended = std::move(source_);
  lock.unlock();
  const auto why = ended->error();
  ended.reset();
  lock.lock();
  tell_and_rest(lock, why);
}

template <class Source>
void OnDemand<Source>::interrupt() {
  const std::lock_guard lock{demand_->mutex_};
  is_over_ = true;
  if (source_) source_->interrupt();
  demand_->changed_.notify_all();
}

/// What is not there now may be in a while, or for the next one.
template <class Source>
void OnDemand<Source>::tell_and_rest(std::unique_lock<std::mutex>& lock,
                                     const std::optional<device::Error>& why) {
  const int time = demand_->times_;
  const auto is_past = [&] { return is_over_ || !demand_->is_wanted_ || demand_->times_ != time; };
  if (is_past()) return;
  if (std::exchange(told_, time) != time && why) missing_(*why);
  demand_->changed_.wait_for(lock, kRetry, is_past);
}

template class OnDemand<device::VideoSource>;
template class OnDemand<device::AudioSource>;

std::optional<device::VideoCapture> VideoOnDemand::read() {
  while ((current_ = source_.wait()) != nullptr) {
    if (auto capture = current_->read()) return capture;
    source_.handle_end();
  }
  return std::nullopt;
}

bool AudioOnDemand::read(device::AudioCapture& capture) {
  while (auto* source = source_.wait()) {
    // Another microphone at the same place: its samples would be taken for what they are not.
    if (source->channels() == channels_ && source->read(capture)) return true;
    source_.handle_end();
  }
  return false;
}

}  // namespace duet::call
