// SPDX-License-Identifier: MIT
// A screen that Xvfb has, read.
#include <duet/device/clock.hpp>
#include <duet/device/screen.hpp>
#include <duet/device/x_server_for_test.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace duet::device {
namespace {

using codec::PicturePtr;
using codec::Size;

TEST(Screen, IsReadAtTheWishedRateAndSize) {
  const XServer server;
  const auto all = screens();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].display, server.display());
  EXPECT_EQ(all[0].size, (Size{640, 480}));

  auto screen = open_screen("", {.size = {320, 320}, .fps = 20});
  ASSERT_TRUE(screen);
  EXPECT_EQ((*screen)->size(), (Size{320, 240}));
  const Instant start = now();
  for (int i = 0; i < 11; ++i) {
    const auto capture = (*screen)->read();
    ASSERT_TRUE(capture);
    const auto picture = std::get<PicturePtr>(capture->image);
    EXPECT_EQ(picture->size(), (Size{320, 240}));
    // Xvfb's empty screen is black.
    EXPECT_NEAR(picture->data(codec::Picture::Plane::Y)[5], 16, 2);
    EXPECT_LE(now() - capture->captured, 500ms);
  }
  EXPECT_GE(now() - start, 10 * 50ms - 60ms);
  (*screen)->interrupt();
  EXPECT_FALSE((*screen)->read());
  EXPECT_EQ((*screen)->error(), std::nullopt);
}

TEST(Screen, SaysThatItIsGone) {
  auto server = std::make_unique<XServer>();
  const std::string display = server->display();
  auto screen = open_screen("", {});
  ASSERT_TRUE(screen);
  ASSERT_TRUE((*screen)->read());
  server.reset();
  while ((*screen)->read()) {
  }
  EXPECT_EQ((*screen)->error(), (Error{ScreenError{ScreenError::Kind::Gone, display}}));
}

TEST(Screen, SaysWhyThereIsNone) {
  ::unsetenv("DISPLAY");
  EXPECT_EQ(open_screen("", {}).error(), ScreenError{ScreenError::Kind::NoDisplay});
  EXPECT_EQ(open_screen(":987", {}).error(), (ScreenError{ScreenError::Kind::NotOpened, ":987"}));
  EXPECT_TRUE(screens().empty());
}

}  // namespace
}  // namespace duet::device
