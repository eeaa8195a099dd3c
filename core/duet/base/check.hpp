// SPDX-License-Identifier: MIT
// DUET_CHECK: an invariant of our own code, checked in every build.
#pragma once

#include <cstdio>
#include <cstdlib>

/// Stops the program when an invariant of Duet's own is false. Nothing that a peer sends may reach
/// one: what a peer can break is answered with a Result.
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): only a macro knows the text and the line.
#define DUET_CHECK(condition)                                                                \
  do {                                                                                       \
    if (!(condition)) [[unlikely]] {                                                         \
      std::fprintf(stderr, "%s:%d: invariant broken: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
