// SPDX-License-Identifier: MIT
// Names to addresses, without waiting.
#include <duet/net/resolver.hpp>

#include <utility>

namespace duet::net {

void Resolver::resolve(const std::string& name, std::function<void(std::vector<IpAddress>)> done) {
  resolver_.async_resolve(
      name, "", [done = std::move(done)](boost::system::error_code error, const auto& results) {
        if (error == boost::asio::error::operation_aborted) return;
        std::vector<IpAddress> addresses;
        for (const auto& result : results) {
          const auto address = IpAddress::parse(result.endpoint().address().to_string());
          if (address) addresses.push_back(address->unmapped());
        }
        done(std::move(addresses));
      });
}

}  // namespace duet::net
