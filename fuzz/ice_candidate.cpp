// SPDX-License-Identifier: MIT
// The candidate attribute: what is read is in its bounds, and what is written reads the same.
#include <duet/base/check.hpp>
#include <duet/ice/candidate.hpp>

#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace duet::ice;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto candidate = Candidate::parse(text);
  if (!candidate) return 0;
  DUET_CHECK(size <= kMaxCandidateSize);
  DUET_CHECK(candidate->priority > 0 && candidate->priority <= 0x7FFFFFFF);
  DUET_CHECK(candidate->component >= 1 && candidate->component <= 256);
  DUET_CHECK(candidate->foundation.size() <= 32 && candidate->name.size() <= 255);
  DUET_CHECK(candidate->tcp_type.has_value() == (candidate->protocol == Protocol::Tcp));
  const auto again = Candidate::parse(candidate->serialize());
  // Only what the shortest forms of numbers and addresses do not shorten can grow over the bound.
  DUET_CHECK(again.has_value() ? *again == *candidate : size > kMaxCandidateSize - 64);
  return 0;
}
