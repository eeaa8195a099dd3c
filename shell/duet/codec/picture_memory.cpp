// SPDX-License-Identifier: MIT
// The pictures of a call have one size, or a few: what one leaves, the next one takes.
#include <duet/codec/picture_memory.hpp>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace duet::codec {
namespace {

constexpr std::align_val_t kAlignment{64};

struct Free {
  void operator()(std::uint8_t* bytes) const { ::operator delete(bytes, kAlignment); }
};

using Memory = std::unique_ptr<std::uint8_t, Free>;

class Pool {
 public:
  Memory take(std::size_t size) {
    const std::lock_guard lock{mutex_};
    const auto found = std::find_if(kept_.rbegin(), kept_.rend(),
                                    [size](const Block& block) { return block.size == size; });
    if (found == kept_.rend()) return nullptr;
    Memory memory = std::move(found->memory);
    kept_.erase(std::next(found).base());
    total_ -= size;
    return memory;
  }

  void put(Memory memory, std::size_t size) {
    if (size > kMostPictureMemory) return;
    const std::lock_guard lock{mutex_};
    // The oldest go first: they may be of a size that nobody has any more.
    while (total_ + size > kMostPictureMemory) {
      total_ -= kept_.front().size;
      kept_.erase(kept_.begin());
    }
    kept_.push_back({std::move(memory), size});
    total_ += size;
  }

  std::size_t total() {
    const std::lock_guard lock{mutex_};
    return total_;
  }

 private:
  struct Block {
    Memory memory;
    std::size_t size;
  };

  std::mutex mutex_;
  std::vector<Block> kept_;
  std::size_t total_ = 0;
};

/// Shared by its pictures, so that one that outlives the program's end still finds it.
const std::shared_ptr<Pool>& pool() {
  static const auto shared = std::make_shared<Pool>();
  return shared;
}

}  // namespace

std::shared_ptr<std::uint8_t> take_picture_memory(std::size_t size) {
  auto memory = pool()->take(size);
  if (!memory) {
    memory.reset(static_cast<std::uint8_t*>(::operator new(size, kAlignment)));
    std::memset(memory.get(), 0, size);
  }
  return {memory.release(),
          [size, to = pool()](std::uint8_t* bytes) { to->put(Memory{bytes}, size); }};
}

std::size_t kept_picture_memory() { return pool()->total(); }

}  // namespace duet::codec
