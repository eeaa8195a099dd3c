// SPDX-License-Identifier: MIT
// Tells when a descriptor can be read.
#include <duet/net/watch.hpp>

#include <utility>

namespace duet::net {

Watch::Watch(EventLoop& loop, int descriptor, std::function<void()> readable)
    : descriptor_{loop.context(), descriptor}, readable_{std::move(readable)} {
  wait();
}

void Watch::wait() {
  descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         [this, alive = std::weak_ptr{alive_}](boost::system::error_code error) {
                           if (alive.expired() || error) return;
                           readable_();
                           if (!alive.expired()) wait();
                         });
}

}  // namespace duet::net
