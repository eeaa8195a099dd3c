// SPDX-License-Identifier: MIT
// The end of a line's way: a descriptor that is never waited for.
#include <duet/log/sink.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace duet::log {
namespace {

std::string_view colour_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::err:
      return "\x1b[31m";
    case spdlog::level::warn:
      return "\x1b[33m";
    default:
      return "";
  }
}

}  // namespace

DescriptorSink::DescriptorSink(int descriptor, Colour colour, LineStyle style)
    : descriptor_{descriptor}, colour_{colour}, style_{style} {
  struct stat status {};

  is_socket_ = fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

void DescriptorSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  std::string bytes{line.data(), line.size()};
  if (colour_ == Colour::Ansi && message.color_range_end > message.color_range_start) {
    const std::string_view colour = colour_of(message.level);
    if (!colour.empty()) {
      bytes.insert(message.color_range_end, "\x1b[0m");
      bytes.insert(message.color_range_start, colour);
    }
  }
  if ((lost_ > 0 && !tell_lost(message)) || !put(bytes)) ++lost_;
}

bool DescriptorSink::tell_lost(const spdlog::details::log_msg& message) {
  const std::string text =
      format_line(style_, Level::Warn, "log lines were lost", {{"lines", lost_}});
  const spdlog::details::log_msg notice{message.time, spdlog::source_loc{}, message.logger_name,
                                        spdlog::level::warn, text};
  spdlog::memory_buf_t line;
  formatter_->format(notice, line);
  if (!put({line.data(), line.size()})) return false;
  lost_ = 0;
  return true;
}

bool DescriptorSink::put(std::string_view bytes) const {
  if (is_socket_) {
    const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent == static_cast<ssize_t>(bytes.size());
  }
  // Not O_NONBLOCK: that would change the terminal or pipe for every other process that shares it.
  // A pipe that polls as writable takes PIPE_BUF bytes at once (pipe(7)), and no line is longer.
  pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
  if (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return false;
  return ::write(descriptor_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
}

}  // namespace duet::log
