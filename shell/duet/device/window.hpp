// SPDX-License-Identifier: MIT
// A window that shows pictures.
#pragma once

#include <duet/base/result.hpp>
#include <duet/device/error.hpp>
#include <duet/device/sinks.hpp>

#include <functional>
#include <memory>
#include <string>

namespace duet::device {

/// Has a thread of its own. Pictures keep their shape, with black beside or above them; the key f
/// and a double click make it fill the screen. The first picture, and the first one after each
/// clear(), give it their shape, unless somebody has given it another size by hand: that stays.
/// One window a process.
class Window : public VideoSink {
 public:
  /// Called on the window's thread.
  struct Handlers {
    std::function<void()> closed;   ///< its close button; it stays open until it is destroyed
    std::function<void(char)> key;  ///< a letter or a digit, as small letter; not f
    /// The X server is: nothing is shown any more, by this window or another one of the process.
    std::function<void()> gone = {};
  };

  /// @param title  UTF-8
  /// @param size   until the first picture comes, which brings its own; those after a clear() have
  ///               the area that the window has then
  static Result<std::unique_ptr<Window>, WindowError> open(const std::string& title,
                                                           codec::Size size, Handlers handlers);

  /// From any thread.
  virtual void set_title(const std::string& title) = 0;

  /// How often it has drawn a new picture.
  virtual std::uint64_t shown() const = 0;
};

}  // namespace duet::device
