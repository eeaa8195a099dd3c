// SPDX-License-Identifier: MIT
// The search for the longest packet.
#include <duet/sctp/path_mtu.hpp>

#include <algorithm>
#include <array>

namespace duet::sctp {
namespace {

/// What is left to SCTP of common paths: tunnels (1400), Ethernet by IPv6 and IPv4 (1500), jumbo
/// frames (9000), and loopback, where DTLS is the limit.
constexpr std::array<std::size_t, 5> kSizes{1312, 1412, 1432, 8912, kMaxMtu};

}  // namespace

std::size_t PathMtu::next_size() const {
  for (const std::size_t size : kSizes) {
    if (size > current_ && size <= most_) return size;
  }
  // The layer below may know its limit to be between two of these.
  return most_ > current_ ? most_ & ~std::size_t{3} : 0;
}

void PathMtu::start() {
  if (state_ != State::Idle) return;
  probes_ = 0;
  if (next_size() <= current_) {
    state_ = State::Complete;
    deadline_.reset();
    return;
  }
  state_ = State::Due;
  deadline_.reset();
}

std::optional<std::size_t> PathMtu::probe_due() const {
  if (state_ != State::Due) return std::nullopt;
  return next_size();
}

void PathMtu::handle_probe_sent(Instant now, Duration timeout) {
  state_ = State::Waiting;
  ++probes_;
  deadline_ = now + timeout;
}

void PathMtu::handle_probe_acked(std::size_t size) {
  if (size <= current_ || size > most_) return;
  current_ = size;
  state_ = State::Idle;
  start();
}

void PathMtu::handle_timeout(Instant now) {
  if (!deadline_ || now < *deadline_) return;
  switch (state_) {
    case State::Waiting:
      if (probes_ < kMaxProbes) {
        state_ = State::Due;
        deadline_.reset();
        return;
      }
      state_ = State::Complete;
      deadline_ = now + kRaiseTimer;
      return;
    case State::Complete:
      state_ = State::Idle;
      start();
      return;
    case State::Idle:
    case State::Due:
      return;
  }
}

bool PathMtu::handle_black_hole(Instant now, int timeouts) {
  if (timeouts < kBlackHoleTimeouts || current_ == kBaseMtu) return false;
  current_ = kBaseMtu;
  state_ = State::Complete;
  deadline_ = now + kRaiseTimer;
  return true;
}

void PathMtu::reset() {
  current_ = kBaseMtu;
  if (state_ == State::Idle) return;
  state_ = State::Idle;
  start();
}

}  // namespace duet::sctp
