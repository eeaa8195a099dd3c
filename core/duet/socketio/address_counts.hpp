// SPDX-License-Identifier: MIT
// How many sessions each address holds.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/hash.hpp>
#include <duet/base/random.hpp>

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace duet::socketio {

/// Counts by IpAddress::subscriber().
class AddressCounts {
 public:
  explicit AddressCounts(Random& random)
      : counts_{0, Hash{KeyedHash{random.u64(), random.u64()}}} {}

  std::size_t of(const IpAddress& address) const {
    const auto found = counts_.find(address.subscriber());
    return found == counts_.end() ? 0 : found->second;
  }

  void add(const IpAddress& address) { ++counts_[address.subscriber()]; }

  void remove(const IpAddress& address) {
    const auto found = counts_.find(address.subscriber());
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }

 private:
  struct Hash {
    KeyedHash hash;

    std::size_t operator()(const IpAddress& address) const noexcept {
      const auto& bytes = address.bytes();
      return hash({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
  };

  std::unordered_map<IpAddress, std::uint32_t, Hash> counts_;
};

}  // namespace duet::socketio
