// SPDX-License-Identifier: MIT
// An authority for the tests of this folder.
#pragma once

#include <duet/crypto/issue.hpp>

namespace duet::crypto {

inline constexpr UnixTime kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};

/// Signs for .lan, the host "dev" and 10.0.0.0/8, for ten days around kNow.
struct TestAuthority {
  PrivateKey key = PrivateKey::generate_p256();
  Certificate certificate =
      make_authority({.common_name = "Test",
                      .not_before = kNow - std::chrono::days{5},
                      .not_after = kNow + std::chrono::days{5},
                      .domains = {"lan"},
                      .hosts = {"dev"},
                      .address_blocks = {IpPrefix{IpAddress::v4({10, 0, 0, 0}), 8}}},
                     key);

  Certificate issue(SubjectNames names) const {
    return issue_server({.names = std::move(names),
                         .not_before = kNow - std::chrono::days{1},
                         .not_after = kNow + std::chrono::days{1}},
                        PrivateKey::generate_p256(), certificate, key);
  }
};

}  // namespace duet::crypto
