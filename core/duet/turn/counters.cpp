// SPDX-License-Identifier: MIT
// The names of what a relay counts.
#include <duet/turn/counters.hpp>

namespace duet::turn {

std::string_view to_string(Reason reason) {
  constexpr std::array<std::string_view, kReasons> kNames = {"malformed",
                                                             "rate_limited",
                                                             "no_credential",
                                                             "wrong_credential",
                                                             "stale_nonce",
                                                             "bad_request",
                                                             "unknown_attribute",
                                                             "allocation_mismatch",
                                                             "other_user",
                                                             "unsupported_transport",
                                                             "unsupported_family",
                                                             "family_mismatch",
                                                             "forbidden_peer",
                                                             "user_quota",
                                                             "source_quota",
                                                             "server_full",
                                                             "draining",
                                                             "allocation_full",
                                                             "mobility_forbidden",
                                                             "no_permission",
                                                             "no_channel",
                                                             "no_allocation",
                                                             "too_long"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace duet::turn
