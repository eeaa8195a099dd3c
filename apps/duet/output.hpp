// SPDX-License-Identifier: MIT
// What a command prints, and whether that could be written.
#pragma once

#include <duet/config/sentences.hpp>

#include <array>
#include <optional>
#include <ostream>
#include <streambuf>
#include <system_error>

namespace duet::apps {

/// Text to a descriptor, that remembers what went wrong. What comes after is dropped.
class Output : private std::streambuf {
 public:
  /// @param descriptor  of who owns it; stays open
  explicit Output(int descriptor);
  ~Output() override;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  std::ostream& stream() { return stream_; }

  /// After a last flush: why something could not be written. A reader that has gone has read
  /// enough.
  std::optional<std::errc> failure();

  /// At the end of the program: tells of a failure, and makes of `code`, if that is 0, one that
  /// does.
  int conclude(int code, std::ostream& error, config::Language language);

 private:
  int_type overflow(int_type letter) override;
  int sync() override;

  int descriptor_;
  std::array<char, 4096> waiting_{};
  std::optional<std::errc> failure_;
  std::ostream stream_;
};

/// At the beginning of a program. In place of a standard descriptor that is closed comes one that
/// can't be used either: otherwise the next file or socket took its number, and was written to. And
/// a file that can't grow is an error of write(), not the program's end.
void prepare_descriptors();

}  // namespace duet::apps
