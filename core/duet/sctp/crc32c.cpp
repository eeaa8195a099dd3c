// SPDX-License-Identifier: MIT
// CRC32c, by instruction or by table.
#include <duet/sctp/crc32c.hpp>

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

namespace duet::sctp {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // reflected

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? kPolynomial : 0);
    table[i] = value;
  }
  return table;
}

constexpr auto kTable = make_table();

#if defined(__x86_64__)

constexpr std::size_t kLane = 256;  // bytes

/// What `kLane` zero bytes make of a register in which only byte `position` is not zero: the sum is
/// linear, so four look-ups move any register over a lane.
constexpr std::array<std::array<std::uint32_t, 256>, 4> make_shift() {
  std::array<std::array<std::uint32_t, 256>, 4> shift{};
  for (std::size_t position = 0; position < 4; ++position) {
    // One bit at a time; other values are sums of those.
    for (std::uint32_t bit = 0; bit < 8; ++bit) {
      std::uint32_t value = 1U << (8 * position + bit);
      for (std::size_t i = 0; i < kLane; ++i) value = value >> 8 ^ kTable[value & 0xFF];
      for (std::uint32_t low = 0; low < 1U << bit; ++low) {
        shift[position][1U << bit | low] = shift[position][low] ^ value;
      }
    }
  }
  return shift;
}

constexpr auto kShift = make_shift();

std::uint64_t shift(std::uint64_t value) {
  return kShift[0][value & 0xFF] ^ kShift[1][value >> 8 & 0xFF] ^ kShift[2][value >> 16 & 0xFF] ^
         kShift[3][value >> 24 & 0xFF];
}

std::uint64_t load(const std::byte* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// The instruction takes three cycles and one can start in each: three lanes keep it busy.
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::span<const std::byte> bytes,
                                                               std::uint32_t previous) {
  std::uint64_t sum = ~previous & 0xFFFFFFFF;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 3 * kLane; left -= 3 * kLane, at += 3 * kLane) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < kLane; i += 8) {
      sum = _mm_crc32_u64(sum, load(at + i));
      second = _mm_crc32_u64(second, load(at + kLane + i));
      third = _mm_crc32_u64(third, load(at + 2 * kLane + i));
    }
    sum = shift(shift(sum) ^ second) ^ third;
  }
  for (; left >= 8; left -= 8, at += 8) sum = _mm_crc32_u64(sum, load(at));
  auto rest = static_cast<std::uint32_t>(sum);
  for (; left > 0; --left, ++at) rest = _mm_crc32_u8(rest, std::to_integer<std::uint8_t>(*at));
  return ~rest;
}

bool has_instruction() { return __builtin_cpu_supports("sse4.2") != 0; }

#elif defined(__aarch64__) && defined(__linux__)

__attribute__((target("+crc"))) std::uint32_t by_instruction(std::span<const std::byte> bytes,
                                                             std::uint32_t previous) {
  std::uint32_t sum = ~previous;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, sizeof value);
    sum = __crc32cd(sum, value);
  }
  for (; left > 0; --left, ++at) sum = __crc32cb(sum, std::to_integer<std::uint8_t>(*at));
  return ~sum;
}

bool has_instruction() {
  constexpr unsigned long kHasCrc32 = 1UL << 7;  // HWCAP_CRC32 of <asm/hwcap.h>
  return (getauxval(AT_HWCAP) & kHasCrc32) != 0;
}

#else

std::uint32_t by_instruction(std::span<const std::byte> bytes, std::uint32_t previous) {
  return crc32c_by_table(bytes, previous);
}

bool has_instruction() { return false; }

#endif

}  // namespace

std::uint32_t crc32c_by_table(std::span<const std::byte> bytes, std::uint32_t previous) {
  std::uint32_t sum = ~previous;
  for (const std::byte b : bytes) {
    sum = sum >> 8 ^ kTable[(sum ^ std::to_integer<std::uint32_t>(b)) & 0xFF];
  }
  return ~sum;
}

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous) {
  return has_instruction() ? by_instruction(bytes, previous) : crc32c_by_table(bytes, previous);
}

}  // namespace duet::sctp
