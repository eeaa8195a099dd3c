// SPDX-License-Identifier: MIT
// A window by SDL: one thread draws and hears events.
#include <duet/device/sdl.hpp>
#include <duet/device/window.hpp>
#include <duet/device/wish.hpp>

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

namespace duet::device {
namespace {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};

using WindowPtr = std::unique_ptr<SDL_Window, FreeWith<SDL_DestroyWindow>>;
using RendererPtr = std::unique_ptr<SDL_Renderer, FreeWith<SDL_DestroyRenderer>>;
using TexturePtr = std::unique_ptr<SDL_Texture, FreeWith<SDL_DestroyTexture>>;

/// Drivers of SDL that show nothing to anybody.
bool is_blind(std::string_view driver) { return driver == "offscreen" || driver == "evdev"; }

/// What is there without a picture: a dark grey, so that it is no black picture.
constexpr SDL_Color kGround{36, 40, 46, SDL_ALPHA_OPAQUE};

/// That area in the shape of a picture.
codec::Size shaped(codec::Size picture, codec::Size area) {
  const double scale = std::sqrt(double{1} * area.width * area.height /
                                 (double{1} * picture.width * picture.height));
  return {std::max(2, static_cast<int>(std::lround(picture.width * scale))),
          std::max(2, static_cast<int>(std::lround(picture.height * scale)))};
}

/// The window and what is drawn in it: the thread's alone.
class Canvas {
 public:
  /// @return why it can't be
  std::optional<WindowError> open(const std::string& title, codec::Size size) {
    using Kind = WindowError::Kind;
    const auto refused = [](std::string why) {
      return WindowError{Kind::NotOpened, std::move(why)};
    };
    if (!part_.ok()) return refused(part_.error());
    if (const char* driver = SDL_GetCurrentVideoDriver(); driver != nullptr && is_blind(driver)) {
      for (const char* const variable : {"WAYLAND_DISPLAY", "DISPLAY"}) {
        if (const char* const display = std::getenv(variable))
          return WindowError{Kind::NoServer, display};
      }
      return WindowError{Kind::NoDisplay, {}};
    }
    SDL_Rect room{};
    if (SDL_GetDisplayUsableBounds(0, &room) == 0)
      size = fitted(size, {room.w * 9 / 10, room.h * 9 / 10});
    window_.reset(SDL_CreateWindow(title.c_str(), SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
                                   size.width, size.height,
                                   SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI));
    if (!window_) return refused(SDL_GetError());
    given_ = size;
    renderer_.reset(SDL_CreateRenderer(window_.get(), -1, 0));
    if (!renderer_) renderer_.reset(SDL_CreateRenderer(window_.get(), -1, SDL_RENDERER_SOFTWARE));
    if (!renderer_) return refused(SDL_GetError());
    SDL_EnableScreenSaver();
    draw();
    return std::nullopt;
  }

  void set_title(const std::string& title) { SDL_SetWindowTitle(window_.get(), title.c_str()); }

  void take(const codec::Picture& picture) {
    using enum codec::Picture::Plane;
    const codec::Size size = picture.size();
    if (!texture_ || size != size_) {
      // As for pictures: BT.601 up to 576 lines, BT.709 above.
      SDL_SetYUVConversionMode(size.height > 576 ? SDL_YUV_CONVERSION_BT709
                                                 : SDL_YUV_CONVERSION_BT601);
      texture_.reset(SDL_CreateTexture(renderer_.get(), SDL_PIXELFORMAT_IYUV,
                                       SDL_TEXTUREACCESS_STREAMING, size.width, size.height));
      if (!std::exchange(has_size_, true)) adopt(size);
      size_ = size;
    }
    if (!texture_) return;
    SDL_UpdateYUVTexture(texture_.get(), nullptr, picture.data(Y), picture.stride(Y),
                         picture.data(U), picture.stride(U), picture.data(V), picture.stride(V));
    draw();
  }

  /// No picture; the next one may have another shape.
  void clear() {
    texture_.reset();
    has_size_ = false;
    draw();
  }

  void draw() {
    const SDL_Color ground = texture_ ? SDL_Color{0, 0, 0, SDL_ALPHA_OPAQUE} : kGround;
    SDL_SetRenderDrawColor(renderer_.get(), ground.r, ground.g, ground.b, ground.a);
    SDL_RenderClear(renderer_.get());
    if (texture_) {
      const SDL_Rect place = placed();
      SDL_RenderCopy(renderer_.get(), texture_.get(), nullptr, &place);
    }
    SDL_RenderPresent(renderer_.get());
  }

  void toggle_fullscreen() {
    const bool is_full = (SDL_GetWindowFlags(window_.get()) & SDL_WINDOW_FULLSCREEN_DESKTOP) ==
                         SDL_WINDOW_FULLSCREEN_DESKTOP;
    SDL_SetWindowFullscreen(window_.get(), is_full ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
  }

  /// The window has got that size, and not by us unless it is the one that we gave it.
  void handle_resized(codec::Size size) {
    if (!is_full_size() && size != given_) is_by_hand_ = true;
  }

 private:
  bool is_full_size() const {
    constexpr std::uint32_t kFull = SDL_WINDOW_FULLSCREEN_DESKTOP | SDL_WINDOW_MAXIMIZED;
    return (SDL_GetWindowFlags(window_.get()) & kFull) != 0;
  }

  /// The first picture's size, or for one after others its shape, if the screen has room for it.
  void adopt(codec::Size size) {
    const bool is_first = !std::exchange(has_adopted_, true);
    if (is_by_hand_ || is_full_size()) return;
    SDL_Rect room{};
    if (SDL_GetDisplayUsableBounds(SDL_GetWindowDisplayIndex(window_.get()), &room) != 0) return;
    codec::Size now;
    SDL_GetWindowSize(window_.get(), &now.width, &now.height);
    given_ = fitted(is_first ? size : shaped(size, now), {room.w * 9 / 10, room.h * 9 / 10});
    SDL_SetWindowSize(window_.get(), given_.width, given_.height);
  }

  /// Where the picture goes: as large as it can be in its shape, in the middle.
  SDL_Rect placed() const {
    int width = 0;
    int height = 0;
    SDL_GetRendererOutputSize(renderer_.get(), &width, &height);
    const double scale =
        std::min(double{1} * width / size_.width, double{1} * height / size_.height);
    const int w = static_cast<int>(size_.width * scale + 0.5);
    const int h = static_cast<int>(size_.height * scale + 0.5);
    return {(width - w) / 2, (height - h) / 2, w, h};
  }

  SdlPart part_{SDL_INIT_VIDEO};
  WindowPtr window_;
  RendererPtr renderer_;
  TexturePtr texture_;
  codec::Size size_;          // of the picture
  codec::Size given_;         // to the window, by us
  bool has_size_ = false;     // of this caller's picture
  bool has_adopted_ = false;  // one ever
  bool is_by_hand_ = false;   // the window's size
};

/// How the window's thread was done with it; shared, since the window may be destroyed at once.
struct Leaving {
  enum class How : std::uint8_t { InOrder, Stuck };
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<How> how;
};

class SdlWindow;
/// The window whose thread this is.
thread_local SdlWindow* drawn_here = nullptr;

class SdlWindow final : public Window {
 public:
  SdlWindow(const std::string& title, codec::Size size, Handlers handlers)
      : handlers_{std::move(handlers)}, title_{title} {
    auto result = opened_.get_future();
    thread_ = std::thread{[this, size] { run(size); }};
    opening_error_ = result.get();
  }

  ~SdlWindow() override {
    {
      const std::scoped_lock lock{mutex_};
      is_ending_ = true;
    }
    awake_.notify_one();
    std::unique_lock lock{leaving_->mutex};
    leaving_->changed.wait(lock, [this] { return leaving_->how.has_value(); });
    if (leaving_->how == Leaving::How::Stuck)
      thread_.detach();
    else
      thread_.join();
  }

  const std::optional<WindowError>& opening_error() const { return opening_error_; }

  void show(codec::PicturePtr picture) override {
    {
      const std::scoped_lock lock{mutex_};
      next_ = std::move(picture);
    }
    awake_.notify_one();
  }

  void clear() override {
    {
      const std::scoped_lock lock{mutex_};
      next_ = nullptr;
      is_cleared_ = true;
    }
    awake_.notify_one();
  }

  void set_title(const std::string& title) override {
    {
      const std::scoped_lock lock{mutex_};
      title_ = title;
      has_new_title_ = true;
    }
    awake_.notify_one();
  }

  std::uint64_t shown() const override { return shown_; }

 private:
  /// Events are looked for so often. SDL's own waiting is ended by a message to the X server from
  /// the thread that has something to show, and it is that thread then which learns that it is
  /// gone.
  static constexpr Duration kPoll = 20ms;

  void run(codec::Size size) {
    draw_until_the_end(size);
    leave(Leaving::How::InOrder);
  }

  void draw_until_the_end(codec::Size size) {
    survive_x_server();
    Canvas canvas;
    auto error = canvas.open(title_, size);
    const bool is_open = !error;
    has_told_ = true;
    opened_.set_value(std::move(error));
    while (is_open && !is_ending_) {
      SDL_Event event{};
      while (SDL_PollEvent(&event) != 0) handle(event, canvas);
      draw_next(canvas);
      std::unique_lock lock{mutex_};
      awake_.wait_for(lock, kPoll, [this] { return is_ending_ || has_news(); });
    }
  }

  /// Where the X server ends, Xlib ends the process, from within whatever function of SDL meets it,
  /// the first one included. None may return after that: the thread stays in it for ever.
  void survive_x_server() {
    using Handler = int (*)(void*);
    if (std::getenv("DISPLAY") == nullptr) return;
    // As SDL, which loads it by its name. It stays, and the handler with it.
    static void* const library = ::dlopen("libX11.so.6", RTLD_NOW);
    if (library == nullptr) return;
    using SetHandler = Handler (*)(Handler);
    const auto set = reinterpret_cast<SetHandler>(::dlsym(library, "XSetIOErrorHandler"));
    if (set != nullptr) {
      drawn_here = this;
      set([](void*) {
        if (drawn_here == nullptr) return 0;  // another thread's, another display's
        drawn_here->handle_gone();
        for (;;) ::pause();
      });
    }
  }

  void handle_gone() {
    SdlPart::abandon();
    if (!std::exchange(has_told_, true)) {
      opened_.set_value(WindowError{WindowError::Kind::Gone, {}});
    } else if (handlers_.gone) {
      handlers_.gone();
    }
    // At the process' end libGLX would wait for the display that this thread holds.
    ::on_exit(
        [](int status, void*) {
          std::fflush(nullptr);
          ::_exit(status);
        },
        nullptr);
    leave(Leaving::How::Stuck);
  }

  /// The last thing that the thread does with this.
  void leave(Leaving::How how) {
    const std::shared_ptr<Leaving> leaving = leaving_;
    const std::scoped_lock lock{leaving->mutex};
    leaving->how = how;
    leaving->changed.notify_all();
  }

  /// Under the lock.
  bool has_news() const { return next_ || is_cleared_ || has_new_title_; }

  void draw_next(Canvas& canvas) {
    codec::PicturePtr picture;
    std::optional<std::string> title;
    bool is_cleared = false;
    {
      const std::scoped_lock lock{mutex_};
      is_cleared = std::exchange(is_cleared_, false);
      picture = std::exchange(next_, nullptr);
      if (std::exchange(has_new_title_, false)) title = title_;
    }
    if (title) canvas.set_title(*title);
    if (is_cleared) canvas.clear();
    if (!picture) return;
    canvas.take(*picture);
    ++shown_;
  }

  void handle(const SDL_Event& event, Canvas& canvas) {
    switch (event.type) {
      case SDL_QUIT:
        if (handlers_.closed) handlers_.closed();
        break;
      case SDL_WINDOWEVENT:
        if (event.window.event == SDL_WINDOWEVENT_CLOSE && handlers_.closed) handlers_.closed();
        if (event.window.event == SDL_WINDOWEVENT_EXPOSED ||
            event.window.event == SDL_WINDOWEVENT_SIZE_CHANGED)
          canvas.draw();
        if (event.window.event == SDL_WINDOWEVENT_RESIZED)
          canvas.handle_resized({event.window.data1, event.window.data2});
        break;
      case SDL_MOUSEBUTTONDOWN:
        if (event.button.clicks == 2) canvas.toggle_fullscreen();
        break;
      case SDL_KEYDOWN:
        if (event.key.repeat == 0) press(event.key.keysym.sym, canvas);
        break;
      default:
        break;
    }
  }

  void press(SDL_Keycode key, Canvas& canvas) {
    const bool is_letter = key >= 'a' && key <= 'z';
    if (key == 'f') {
      canvas.toggle_fullscreen();
    } else if ((is_letter || (key >= '0' && key <= '9')) && handlers_.key) {
      handlers_.key(static_cast<char>(key));
    }
  }

  Handlers handlers_;
  std::promise<std::optional<WindowError>> opened_;
  bool has_told_ = false;  // of how it was opened; the thread's
  std::optional<WindowError> opening_error_;
  std::shared_ptr<Leaving> leaving_ = std::make_shared<Leaving>();
  std::atomic<bool> is_ending_ = false;
  std::atomic<std::uint64_t> shown_ = 0;
  std::mutex mutex_;
  std::condition_variable awake_;
  codec::PicturePtr next_;
  bool is_cleared_ = false;  // before it
  std::string title_;
  bool has_new_title_ = false;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Window>, WindowError> Window::open(const std::string& title,
                                                          codec::Size size, Handlers handlers) {
  auto window = std::make_unique<SdlWindow>(title, size, std::move(handlers));
  if (window->opening_error()) return fail(*window->opening_error());
  return window;
}

}  // namespace duet::device
