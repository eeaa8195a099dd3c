// SPDX-License-Identifier: MIT
// Many descriptors behind the one that the loop waits for.
#pragma once

#include <duet/base/slot_map.hpp>
#include <duet/base/strong.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <cstdint>
#include <functional>

namespace duet::net {

using WatchId = Strong<struct WatchIdTag, std::uint64_t>;

/// Calls back for as long as there is something to read.
///
/// Asio arms what it waits for by a system call after every event: of relay sockets with a packet
/// each, that is one more a packet. Here it arms the set, once for all that are ready at a time.
class WatchSet {
 public:
  explicit WatchSet(boost::asio::io_context& context);

  /// @param readable  called from the loop; must stay where it is until remove(), which it may call
  WatchId add(int descriptor, std::function<void()>& readable);

  /// Its descriptor is to be closed next.
  void remove(WatchId id) { readable_.erase(id); }

 private:
  void wait();
  void call_ready();

  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> poll_;
  SlotMap<WatchId, std::function<void()>*> readable_;
};

}  // namespace duet::net
