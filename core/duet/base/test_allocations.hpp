// SPDX-License-Identifier: MIT
// For tests: counts what the program allocates. Replaces the operators, or hooks a sanitizer's, so
// one file of a test program includes it, and no other.
#pragma once

#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#ifdef __has_feature  // clang's; with GCC's sanitizers, operators are replaced as without
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DUET_SANITIZED_ALLOCATIONS
#include <sanitizer/allocator_interface.h>
#endif
#endif

namespace {

std::uint64_t allocations = 0;
[[maybe_unused]] std::int64_t live_bytes = 0;  // as the allocator rounds them

}  // namespace

#ifdef DUET_SANITIZED_ALLOCATIONS

// A sanitizer has operators of its own: a second definition does not link with ThreadSanitizer's,
// and would blind AddressSanitizer to what is freed in another way than it was allocated. So its
// allocator is asked, which tells of malloc too: that is stricter than what a release counts, and
// nothing allocated is still nothing.
[[maybe_unused]] const int hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t size) {
      ++allocations;
      live_bytes += static_cast<std::int64_t>(size);
    },
    [](const volatile void* bytes) {
      live_bytes -= static_cast<std::int64_t>(__sanitizer_get_allocated_size(bytes));
    });

#else

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

#endif
