// SPDX-License-Identifier: MIT
// Bytes of a stream become one HTTP answer.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duet::http {

/// The client's side of HTTP/1.1: one answer, with its body in memory.
class Answer {
 public:
  static constexpr std::size_t kMaxHead = 16'384;
  static constexpr std::size_t kMaxBody = 4'194'304;

  enum class Body : bool {
    None,  ///< what follows the head is another protocol's, or nobody's
    Awaited
  };

  explicit Answer(Body body);
  ~Answer();

  /// Takes bytes from the front of `input`. False if they are no HTTP, or more than the bounds.
  bool read(std::span<std::byte>& input);
  /// The stream has ended, which may be the end of the body.
  void finish();

  bool is_done() const;
  int status() const;
  /// The first header of that name, without regard to case; empty if there is none.
  std::string_view header(std::string_view name) const;
  const std::string& body() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace duet::http
