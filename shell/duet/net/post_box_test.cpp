// SPDX-License-Identifier: MIT
// Work from other threads, in order and on the right one.
#include <duet/net/post_box.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace duet::net {
namespace {

TEST(PostBox, CallsOnTheLoopsThreadInTheOrderOfPosting) {
  EventLoop loop;
  PostBox box{loop};
  std::vector<int> called;
  std::thread::id on;
  std::thread poster{[&] {
    for (int i = 0; i < 1'000; ++i) box.post([&called, i] { called.push_back(i); });
    box.post([&] {
      on = std::this_thread::get_id();
      loop.stop();
    });
  }};
  loop.run();
  poster.join();
  EXPECT_EQ(on, std::this_thread::get_id());
  ASSERT_EQ(called.size(), 1'000u);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(called[static_cast<std::size_t>(i)], i);
}

TEST(PostBox, CallsInALaterTurnWhatATaskPosts) {
  EventLoop loop;
  PostBox box{loop};
  int turns = 0;
  box.post([&] { box.post([&] { turns = 2; }); });
  loop.run_turn(1s);
  EXPECT_EQ(turns, 0);
  loop.run_turn(1s);
  EXPECT_EQ(turns, 2);
}

TEST(PostBox, MayBeDestroyedByATask) {
  EventLoop loop;
  auto box = std::make_unique<PostBox>(loop);
  bool called = false;
  box->post([&] { box.reset(); });
  box->post([&] { called = true; });
  loop.run_turn(1s);
  EXPECT_EQ(box, nullptr);
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace duet::net
