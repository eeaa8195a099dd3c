// SPDX-License-Identifier: MIT
// The numbers of RTP: those that wrap, and time as RTCP tells it.
#pragma once

#include <duet/base/rtp_ids.hpp>
#include <duet/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace duet::rtp {

/// An unsigned number that wraps. There is no operator<, since its highest value comes before 0;
/// ask for the signed distance instead (RFC 1982 §3.2).
template <class Tag, class T>
class Wrapping {
 public:
  using Value = T;
  using Distance = std::make_signed_t<T>;

  constexpr Wrapping() = default;

  constexpr explicit Wrapping(T value) : value_{value} {}

  constexpr T value() const { return value_; }

  /// The number `steps` later, or earlier if negative.
  friend constexpr Wrapping operator+(Wrapping number, std::int64_t steps) {
    return Wrapping{static_cast<T>(number.value_ + static_cast<T>(steps))};
  }

  /// Steps from `from` to `to`, in half the range either way; negative if `to` is older.
  friend constexpr Distance distance(Wrapping from, Wrapping to) {
    return static_cast<Distance>(static_cast<T>(to.value_ - from.value_));
  }

  friend constexpr bool operator==(Wrapping, Wrapping) = default;

 private:
  T value_{};
};

/// RFC 3550 §5.1: one more for each packet.
using SequenceNumber = Wrapping<struct SequenceNumberTag, std::uint16_t>;
static_assert(distance(SequenceNumber{65535}, SequenceNumber{2}) == 3);

/// RFC 3550 §5.1: the sampling instant of a packet's first octet, in ticks of the codec's clock.
using Timestamp = Wrapping<struct TimestampTag, std::uint32_t>;

/// Wrapping numbers as one line of 64 bits. Each number is taken for the one nearest to the last.
template <class Number>
class Unwrapper {
 public:
  /// The first number stands for itself; an older one after it may become negative.
  std::int64_t unwrap(Number number) {
    last_ = peek(number);
    return last_;
  }

  /// The same, without remembering it.
  std::int64_t peek(Number number) const {
    if (!started()) return number.value();
    return last_ + distance(Number{static_cast<typename Number::Value>(last_)}, number);
  }

  bool started() const { return last_ != kNone; }

 private:
  static constexpr std::int64_t kNone = INT64_MIN;
  std::int64_t last_ = kNone;
};

/// Seconds since 1900 as 32.32 bits (RFC 3550 §4).
class NtpTime {
 public:
  constexpr NtpTime() = default;

  constexpr explicit NtpTime(std::uint64_t value) : value_{value} {}

  /// @param since_1970  what the wall clock says, UTC
  static constexpr NtpTime from_unix(std::chrono::microseconds since_1970) {
    return NtpTime{kUnixEpoch << 32} + since_1970;
  }

  constexpr std::uint64_t value() const { return value_; }

  /// The middle 32 bits, in units of 1/65536 s (RFC 3550 §4), as LSR and LRR have it.
  constexpr std::uint32_t compact() const { return static_cast<std::uint32_t>(value_ >> 16); }

  constexpr std::chrono::microseconds since_unix() const {
    const auto seconds = static_cast<std::int64_t>(value_ >> 32) - std::int64_t{kUnixEpoch};
    const std::uint64_t micros = ((value_ & 0xFFFFFFFF) * 1'000'000 + (1u << 31)) >> 32;
    return std::chrono::microseconds{seconds * 1'000'000 + static_cast<std::int64_t>(micros)};
  }

  /// Wraps in 2036, as NTP does.
  friend constexpr NtpTime operator+(NtpTime time, Duration span) {
    const std::int64_t micros = span.count();
    const std::int64_t seconds = micros / 1'000'000 - (micros % 1'000'000 < 0 ? 1 : 0);
    const auto rest = static_cast<std::uint64_t>(micros - seconds * 1'000'000);
    return NtpTime{time.value_ + (static_cast<std::uint64_t>(seconds) << 32) +
                   ((rest << 32) + 500'000) / 1'000'000};
  }

  friend constexpr bool operator==(NtpTime, NtpTime) = default;

 private:
  static constexpr std::uint64_t kUnixEpoch = 2'208'988'800;  // seconds from 1900 to 1970
  std::uint64_t value_ = 0;
};

/// Units of 1/65536 s, as DLSR and DLRR have them; at most 18 hours (RFC 3550 §6.4.1).
constexpr std::uint32_t to_compact(Duration span) {
  if (span.count() <= 0) return 0;
  const std::uint64_t units =
      (static_cast<std::uint64_t>(span.count()) * 65536 + 500'000) / 1'000'000;
  return units > UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(units);
}

constexpr Duration from_compact(std::uint32_t units) {
  return Duration{static_cast<std::int64_t>((std::uint64_t{units} * 1'000'000 + 32'768) >> 16)};
}

/// Ties the core's time line to the wall clock. One is made for each connection, so that the
/// reports of all its streams agree even if somebody sets the clock.
class NtpClock {
 public:
  constexpr NtpClock(Instant instant, NtpTime ntp) : instant_{instant}, ntp_{ntp} {}

  constexpr NtpTime at(Instant now) const { return ntp_ + (now - instant_); }

 private:
  Instant instant_;
  NtpTime ntp_;
};

/// The round trip that an echo of ours reveals (RFC 3550 §6.4.1, figure 2): A - LSR - DLSR.
/// @param last   LSR or LRR of the peer's block, 0 if it had nothing to echo
/// @param delay  DLSR or DLRR: how long the peer kept it
/// @return nothing without an echo, or where the numbers cannot be true; at least a microsecond
constexpr std::optional<Duration> round_trip(NtpTime now, std::uint32_t last, std::uint32_t delay) {
  if (last == 0) return std::nullopt;
  const std::uint32_t units = now.compact() - last - delay;
  // A peer whose clock ticks a little faster may claim to have kept it longer than it was away.
  constexpr std::uint32_t kSlack = 65536 / 10;
  if (units > UINT32_MAX - kSlack || units == 0) return Duration{1};
  constexpr std::uint32_t kLongest = 60 * 65536;  // nothing true takes a minute
  if (units > kLongest) return std::nullopt;
  return from_compact(units);
}

}  // namespace duet::rtp
