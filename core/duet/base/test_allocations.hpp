// SPDX-License-Identifier: MIT
// For tests: counts what the program allocates. Replaces the operators, so one file of a test
// program includes it, and no other.
#pragma once

#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

std::uint64_t allocations = 0;
[[maybe_unused]] std::int64_t live_bytes = 0;  // as the allocator rounds them

}  // namespace

// Out of line, or GCC 12 sees malloc meet delete and warns.
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* bytes = std::malloc(size);
  if (bytes == nullptr) throw std::bad_alloc{};
  ++allocations;
  live_bytes += static_cast<std::int64_t>(malloc_usable_size(bytes));
  return bytes;
}

[[gnu::noinline]] void operator delete(void* bytes) noexcept {
  live_bytes -= static_cast<std::int64_t>(malloc_usable_size(bytes));
  std::free(bytes);
}

[[gnu::noinline]] void operator delete(void* bytes, std::size_t) noexcept {
  operator delete(bytes);
}
