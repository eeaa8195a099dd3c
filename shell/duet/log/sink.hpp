// SPDX-License-Identifier: MIT
// The end of a line's way: a descriptor that is never waited for. Private to this folder.
#pragma once

#include <duet/log/line.hpp>

#include <spdlog/sinks/base_sink.h>

#include <cstdint>
#include <mutex>
#include <string_view>

namespace duet::log {

/// Writes each line by one system call if the descriptor takes it at once. If it doesn't (a reader
/// that stalls, or is gone), the line is dropped and counted, and the next line that gets through
/// is preceded by a line that tells how many were lost.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  enum class Colour : std::uint8_t { None, Ansi };

  /// @param style  in which the lost lines are told
  DescriptorSink(int descriptor, Colour colour, LineStyle style);

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;

  void flush_() override {}  // nothing is kept back

 private:
  bool tell_lost(const spdlog::details::log_msg& message);
  bool put(std::string_view bytes) const;

  int descriptor_;
  bool is_socket_;
  Colour colour_;
  LineStyle style_;
  std::uint64_t lost_ = 0;
};

}  // namespace duet::log
