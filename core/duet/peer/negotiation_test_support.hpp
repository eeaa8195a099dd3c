// SPDX-License-Identifier: MIT
// Two ends that negotiate by hand, and the events that they hear. For tests.
#pragma once

#include <duet/base/check.hpp>
#include <duet/base/random.hpp>
#include <duet/peer/negotiation.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace duet::peer {

inline NegotiationSettings test_settings(char digit) {
  std::string fingerprint;
  for (int i = 0; i < 32; ++i) {
    if (i > 0) fingerprint += ':';
    fingerprint += digit;
    fingerprint += digit;
  }
  return {.capabilities = default_capabilities(),
          .fingerprints = {{.algorithm = "sha-256", .value = fingerprint}}};
}

/// One end with a randomness of its own.
struct End {
  explicit End(std::uint64_t seed, NegotiationSettings settings)
      : random{seed}, negotiation{std::move(settings), random} {}

  explicit End(std::uint64_t seed) : End{seed, test_settings(seed % 2 == 0 ? 'A' : 'B')} {}

  Negotiation* operator->() { return &negotiation; }

  const Negotiation* operator->() const { return &negotiation; }

  std::vector<NegotiationEvent> events() {
    std::vector<NegotiationEvent> out;
    while (auto event = negotiation.poll_event()) out.push_back(*std::move(event));
    return out;
  }

  template <class E>
  std::size_t count_events() {
    std::size_t count = 0;
    for (const NegotiationEvent& event : events())
      count += std::holds_alternative<E>(event) ? 1 : 0;
    return count;
  }

  /// The sections of the description that it gave last.
  sdp::Description local() const {
    const auto description = negotiation.local_description();
    DUET_CHECK(description.has_value());
    auto parsed = sdp::Description::parse(description->sdp);
    DUET_CHECK(parsed.has_value());
    return *std::move(parsed);
  }

  SeededRandom random;
  Negotiation negotiation;
};

/// A whole negotiation. False if a step was refused.
inline bool negotiate(End& offerer, End& answerer) {
  if (!offerer->set_local_description()) return false;
  if (!answerer->set_remote_description(*offerer->local_description())) return false;
  if (!answerer->set_local_description()) return false;
  return offerer->set_remote_description(*answerer->local_description()).has_value();
}

inline std::optional<Error::Name> name_of(const Result<void, Error>& result) {
  return result ? std::nullopt : std::optional{result.error().name};
}

inline SessionDescription offer_of(End& end) { return *end->create_offer(); }

}  // namespace duet::peer
