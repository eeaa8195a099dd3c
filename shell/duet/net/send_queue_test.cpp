// SPDX-License-Identifier: MIT
// Bytes on their way to the kernel: in order, in pieces, and let go of as they leave.
#include <duet/base/bytes.hpp>
#include <duet/net/send_queue.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

namespace duet::net {
namespace {

/// Everything in `queue`, taken off by at most `step` bytes at a time.
std::string drain(SendQueue& queue, std::size_t step) {
  std::string all;
  while (!queue.empty()) {
    const auto front = queue.front().first(std::min(step, queue.front().size()));
    EXPECT_FALSE(front.empty());
    all += as_text(front);
    queue.pop(front.size());
  }
  return all;
}

TEST(NetSendQueue, KeepsTheOrderOfCopiesAndViews) {
  const auto file = std::make_shared<const std::string>(100'000, 'f');
  const std::string large(3 * SendQueue::kBlockSize + 5, 'l');
  for (const std::size_t step : {std::size_t{7}, std::size_t{65536}, std::size_t{1'000'000}}) {
    SendQueue queue;
    queue.push("head");
    queue.push(*file, file);
    queue.push("tail");
    queue.push(large);
    EXPECT_EQ(queue.size(), 4 + 100'000 + 4 + large.size());
    EXPECT_EQ(drain(queue, step), "head" + *file + "tail" + large);
    EXPECT_EQ(queue.size(), 0U);
    EXPECT_TRUE(queue.front().empty());
  }
}

TEST(NetSendQueue, PutsSmallCopiesTogether) {
  SendQueue queue;
  for (int i = 0; i < 100; ++i) queue.push("small");
  EXPECT_EQ(queue.front().size(), 500U);
}

TEST(NetSendQueue, RefersToWhatIsKeptAliveAndLetsGoOfItOnceSent) {
  auto file = std::make_shared<const std::string>("content");
  const std::weak_ptr<const std::string> alive = file;
  SendQueue queue;
  queue.push(*file, file);
  EXPECT_EQ(static_cast<const void*>(queue.front().data()), file->data());
  file.reset();
  queue.pop(6);
  EXPECT_FALSE(alive.expired());
  queue.pop(1);
  EXPECT_TRUE(alive.expired());
}

TEST(NetSendQueue, LetsGoOfBlocksOneByOne) {
  SendQueue queue;
  queue.push(std::string(10 * SendQueue::kBlockSize, 'x'));
  EXPECT_EQ(queue.front().size(), SendQueue::kBlockSize);
  queue.pop(SendQueue::kBlockSize);
  EXPECT_EQ(queue.size(), 9 * SendQueue::kBlockSize);
  EXPECT_EQ(queue.front().size(), SendQueue::kBlockSize);
}

}  // namespace
}  // namespace duet::net
