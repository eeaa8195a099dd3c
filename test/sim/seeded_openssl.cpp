// SPDX-License-Identifier: MIT
// The randomness that OpenSSL sees in tests.
#define OPENSSL_SUPPRESS_DEPRECATED  // RAND_METHOD: a provider would be two hundred lines for this
#include "seeded_openssl.hpp"

#include <duet/base/check.hpp>

#include <openssl/rand.h>

#include <cstddef>
#include <span>

namespace duet::sim {
namespace {

thread_local Random* the_random = nullptr;

int fill(unsigned char* out, int size) {
  if (the_random == nullptr) return RAND_OpenSSL()->bytes(out, size);
  the_random->fill(std::as_writable_bytes(std::span{out, static_cast<std::size_t>(size)}));
  return 1;
}

int is_ready() { return 1; }

const RAND_METHOD kMethod{.seed = nullptr,
                          .bytes = fill,
                          .cleanup = nullptr,
                          .add = nullptr,
                          .pseudorand = fill,
                          .status = is_ready};

}  // namespace

SeededOpenssl::SeededOpenssl(std::uint64_t seed) : random_{seed}, outer_{the_random} {
  DUET_CHECK(RAND_set_rand_method(&kMethod) == 1);
  the_random = &random_;
}

SeededOpenssl::~SeededOpenssl() { the_random = outer_; }

}  // namespace duet::sim
