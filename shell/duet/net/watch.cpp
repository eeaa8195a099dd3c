// SPDX-License-Identifier: MIT
// Tells when a descriptor can be read.
#include <duet/net/watch.hpp>

#include <unistd.h>

#include <utility>

namespace duet::net {

Watch::Watch(EventLoop& loop, int descriptor, std::function<void()> readable)
    : loop_{loop}, descriptor_{descriptor}, readable_{std::move(readable)} {
  try {
    id_ = loop_.watches().add(descriptor_, readable_);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

Watch::~Watch() {
  loop_.watches().remove(id_);
  ::close(descriptor_);
}

}  // namespace duet::net
