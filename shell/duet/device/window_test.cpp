// SPDX-License-Identifier: MIT
// A window on a screen of Xvfb's, looked at through the screen source.
#include <duet/device/clock.hpp>
#include <duet/device/screen.hpp>
#include <duet/device/sound_device.hpp>
#include <duet/device/window.hpp>
#include <duet/device/x_server_for_test.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <SDL.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace duet::device {
namespace {

using codec::Picture;
using codec::PicturePtr;
using codec::Size;
using enum Picture::Plane;

struct Colour {
  int y, u, v;
};

constexpr Colour kRed{81, 90, 240};
constexpr Colour kBlue{41, 240, 110};
constexpr Colour kGround{51, 130, 126};  // of a window without a picture

PicturePtr filled(Size size, Colour colour) {
  auto picture = Picture::make(size);
  const std::pair<Picture::Plane, int> planes[] = {{Y, colour.y}, {U, colour.u}, {V, colour.v}};
  for (const auto& [plane, value] : planes)
    std::memset(picture->data(plane), value,
                static_cast<std::size_t>(picture->stride(plane)) *
                    static_cast<std::size_t>(picture->size(plane).height));
  return picture;
}

/// How many pixels of the screen have that colour.
int area(Colour colour) {
  auto screen = open_screen("", {.size = {640, 480}});
  if (!screen) return -1;
  const auto capture = (*screen)->read();
  if (!capture) return -1;
  const auto picture = std::get<PicturePtr>(capture->image);
  const auto near = [&](Picture::Plane plane, int x, int y, int wanted) {
    return std::abs(picture->data(plane)[y * picture->stride(plane) + x] - wanted) < 12;
  };
  int count = 0;
  for (int y = 0; y < picture->size().height; ++y)
    for (int x = 0; x < picture->size().width; ++x)
      count += near(Y, x, y, colour.y) && near(U, x / 2, y / 2, colour.u) &&
               near(V, x / 2, y / 2, colour.v);
  return count;
}

/// Looks until the area is about that, or for 5 s. Returns the last.
int settled_area(Colour colour, int wanted) {
  int found = 0;
  for (const Instant end = now() + 5s; now() < end;) {
    found = area(colour);
    if (std::abs(found - wanted) <= wanted / 20) break;
    std::this_thread::sleep_for(50ms);
  }
  return found;
}

bool eventually(const std::function<bool()>& condition) {
  for (const Instant end = now() + 5s; now() < end; std::this_thread::sleep_for(10ms))
    if (condition()) return true;
  return false;
}

TEST(Window, ShowsPicturesInTheirShape) {
  const XServer server;
  {
    auto window = Window::open("green-otter-42", {200, 200}, {});
    ASSERT_TRUE(window) << window.error().reason;
    (*window)->show(filled({320, 180}, kRed));
    EXPECT_TRUE(eventually([&] { return (*window)->shown() == 1; }));
    EXPECT_NEAR(settled_area(kRed, 320 * 180), 320 * 180, 3000) << "takes the picture's size";
    // A phone that is turned: the window stays, with black at both sides.
    (*window)->show(filled({90, 160}, kBlue));
    EXPECT_NEAR(settled_area(kBlue, 101 * 180), 101 * 180, 1500);
    EXPECT_EQ(area(kRed), 0);
  }
}

TEST(Window, OutlivesItsXServer) {
  // In a process of its own, since SDL is of no use after that.
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    std::optional<XServer> server{std::in_place};
    std::atomic<bool> is_gone = false;
    auto window = Window::open("green-otter-42", {200, 200}, {.gone = [&] { is_gone = true; }});
    if (!window) ::_exit(2);
    (*window)->show(filled({320, 180}, kRed));
    if (!eventually([&] { return (*window)->shown() == 1; })) ::_exit(3);
    server.reset();
    eventually([&] {  // whoever shows something is none the worse for it
      (*window)->show(filled({320, 180}, kBlue));
      (*window)->set_title("gone");
      return is_gone.load();
    });
    (*window)->clear();
    window->reset();
    ::_exit(is_gone ? 0 : 4);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

/// Between a window and its X server: after so many bytes of the window's, the server is gone.
class ShortLivedXServer {
 public:
  explicit ShortLivedXServer(const std::string& display, std::size_t bytes)
      : behind_{"/tmp/.X11-unix/X" + display.substr(1)}, left_{bytes} {
    const std::string number = "97" + display.substr(1);
    path_ = "/tmp/.X11-unix/X" + number;
    ::unlink(path_.c_str());
    listener_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const auto at = address(path_);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(listener_, 8) != 0)
      throw std::runtime_error{path_};
    ::setenv("DISPLAY", (":" + number).c_str(), 1);
    std::thread{[this] { carry(); }}.detach();
  }

  void remove() const { ::unlink(path_.c_str()); }

 private:
  static sockaddr_un address(const std::string& path) {
    sockaddr_un out{};
    out.sun_family = AF_UNIX;
    std::strncpy(out.sun_path, path.c_str(), sizeof out.sun_path - 1);
    return out;
  }

  void carry() {
    std::vector<pollfd> ends{{.fd = listener_, .events = POLLIN, .revents = 0}};  // then pairs
    while (left_ > 0) {
      ::poll(ends.data(), ends.size(), -1);
      for (std::size_t i = 1; i < ends.size() && left_ > 0; ++i) {
        if (ends[i].revents == 0) continue;
        std::array<char, 4096> bytes;
        const bool is_windows = i % 2 == 1;
        const auto room = is_windows ? std::min(bytes.size(), left_) : bytes.size();
        const auto got = ::read(ends[i].fd, bytes.data(), room);
        if (got <= 0) {  // the window is done with that connection
          ends[i].fd = -1;
          continue;
        }
        (void)!::write(ends[is_windows ? i + 1 : i - 1].fd, bytes.data(), std::size_t(got));
        if (is_windows) left_ -= std::size_t(got);
      }
      if (ends[0].revents == 0) continue;
      const int client = ::accept(listener_, nullptr, nullptr);
      const int server = ::socket(AF_UNIX, SOCK_STREAM, 0);
      const auto at = address(behind_);
      (void)!::connect(server, reinterpret_cast<const sockaddr*>(&at), sizeof at);
      for (const int end : {client, server})
        ends.push_back({.fd = end, .events = POLLIN, .revents = 0});
    }
    for (const pollfd& end : ends) ::close(end.fd);
  }

  std::string behind_;
  std::string path_;
  std::size_t left_;
  int listener_ = -1;
};

TEST(Window, OutlivesAnXServerThatEndsWhileItOpens) {
  const XServer server;
  for (const std::size_t bytes : {12, 300, 800, 1500, 3000, 6000, 12000}) {
    SCOPED_TRACE(bytes);
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);
      ::setenv("SDL_AUDIODRIVER", "dummy", 1);
      const ShortLivedXServer gone{server.display(), bytes};
      auto window = Window::open("green-otter-42", {200, 200}, {});
      if (window) {
        (*window)->show(filled({320, 180}, kRed));
        window->reset();
      }
      gone.remove();
      ::_exit(open_speaker("") ? 0 : 3);  // what else needs SDL doesn't wait for it
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
}

TEST(Window, IsPlainBetweenCallersAndTakesTheNextOnesShape) {
  const XServer server;
  auto window = Window::open("green-otter-42", {200, 200}, {});
  ASSERT_TRUE(window) << window.error().reason;
  EXPECT_NEAR(settled_area(kGround, 200 * 200), 200 * 200, 2000);
  (*window)->show(filled({320, 180}, kRed));
  EXPECT_NEAR(settled_area(kRed, 320 * 180), 320 * 180, 3000);
  (*window)->clear();
  EXPECT_NEAR(settled_area(kGround, 320 * 180), 320 * 180, 3000);
  EXPECT_EQ(area(kRed), 0);
  // A larger picture of another shape: as much of the screen as before, and no black.
  (*window)->show(filled({360, 640}, kBlue));
  EXPECT_NEAR(settled_area(kBlue, 320 * 180), 320 * 180, 3000);
}

TEST(Window, KeepsTheSizeThatItWasGivenByHand) {
  const XServer server;
  auto window = Window::open("green-otter-42", {300, 300}, {});
  ASSERT_TRUE(window) << window.error().reason;
  SDL_Event event{};
  event.type = SDL_WINDOWEVENT;
  event.window.event = SDL_WINDOWEVENT_RESIZED;
  event.window.data1 = 310;  // as a window manager tells it
  event.window.data2 = 300;
  SDL_PushEvent(&event);
  (*window)->show(filled({300, 150}, kRed));
  EXPECT_NEAR(settled_area(kRed, 300 * 150), 300 * 150, 2250);
  (*window)->clear();
  (*window)->show(filled({150, 300}, kBlue));
  EXPECT_NEAR(settled_area(kBlue, 150 * 300), 150 * 300, 2250);
}

TEST(Window, TellsOfItsCloseButtonAndOfKeys) {
  const XServer server;
  std::atomic<int> closed = 0;
  std::mutex mutex;
  std::string keys;
  {
    auto window = Window::open("room", {320, 180},
                               {.closed = [&] { ++closed; },
                                .key =
                                    [&](char key) {
                                      const std::scoped_lock lock{mutex};
                                      keys += key;
                                    }});
    ASSERT_TRUE(window) << window.error().reason;
    for (const SDL_Keycode key : {SDLK_m, SDLK_v, SDLK_F1, SDLK_e, SDLK_q}) {
      SDL_Event event{};
      event.type = SDL_KEYDOWN;
      event.key.keysym.sym = key;
      SDL_PushEvent(&event);
    }
    SDL_Event event{};
    event.type = SDL_WINDOWEVENT;
    event.window.event = SDL_WINDOWEVENT_CLOSE;
    SDL_PushEvent(&event);
    EXPECT_TRUE(eventually([&] { return closed == 1; }));
    // It is the owner who closes it.
    (*window)->show(filled({320, 180}, kRed));
    (*window)->set_title("another");
    EXPECT_TRUE(eventually([&] { return (*window)->shown() == 1; }));
  }
  EXPECT_EQ(keys, "mveq");
  EXPECT_EQ(area(kRed), 0) << "gone with its object";
}

TEST(Window, NeverWaitsForADrawer) {
  const XServer server;
  auto window = Window::open("fast", {320, 180}, {});
  ASSERT_TRUE(window) << window.error().reason;
  const auto picture = filled({640, 360}, kBlue);
  const Instant start = now();
  for (int i = 0; i < 10'000; ++i) (*window)->show(picture);
  EXPECT_LT(now() - start, 1s);
  EXPECT_TRUE(eventually([&] { return (*window)->shown() >= 1; }));
}

TEST(Window, SaysWhenThereIsNoDisplay) {
  ::setenv("SDL_VIDEODRIVER", "x11", 1);
  const auto window = Window::open("room", {320, 180}, {});
  ::unsetenv("SDL_VIDEODRIVER");
  ASSERT_FALSE(window);
  EXPECT_EQ(window.error().kind, WindowError::Kind::NotOpened);
}

TEST(Window, TellsADisplayThatIsNotThereFromNone) {
  ::setenv("DISPLAY", ":9753", 1);
  const auto window = Window::open("room", {320, 180}, {});
  ::unsetenv("DISPLAY");
  ASSERT_FALSE(window);
  EXPECT_EQ(window.error(), (WindowError{WindowError::Kind::NoServer, ":9753"}));
}

}  // namespace
}  // namespace duet::device
