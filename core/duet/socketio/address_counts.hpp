// SPDX-License-Identifier: MIT
// How many sessions each address holds.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/hash.hpp>
#include <duet/base/random.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace duet::socketio {

/// Counts by address. Of IPv6 the first 64 bits count: whoever has one address there has them all
/// (RFC 6177 §2).
class AddressCounts {
 public:
  explicit AddressCounts(Random& random)
      : counts_{0, Hash{KeyedHash{random.u64(), random.u64()}}} {}

  std::size_t of(const IpAddress& address) const {
    const auto found = counts_.find(key(address));
    return found == counts_.end() ? 0 : found->second;
  }

  void add(const IpAddress& address) { ++counts_[key(address)]; }

  void remove(const IpAddress& address) {
    const auto found = counts_.find(key(address));
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }

 private:
  using Key = std::array<char, 9>;

  struct Hash {
    KeyedHash hash;

    std::size_t operator()(const Key& key) const noexcept {
      return hash(std::string_view{key.data(), key.size()});
    }
  };

  static Key key(const IpAddress& address) {
    const IpAddress plain = address.unmapped();
    Key out{};
    out[8] = plain.is_v4() ? 4 : 6;
    for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<char>(plain.bytes()[i]);
    return out;
  }

  std::unordered_map<Key, std::uint32_t, Hash> counts_;
};

}  // namespace duet::socketio
