// SPDX-License-Identifier: MIT
// Standard output by the system's calls, since only these tell why something can't be written.
#include "output.hpp"

#include "exit_code.hpp"
#include <duet/config/reasons.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace duet::apps {

Output::Output(int descriptor) : descriptor_{descriptor}, stream_{this} {
  setp(waiting_.data(), waiting_.data() + waiting_.size());
}

Output::~Output() { sync(); }

Output::int_type Output::overflow(int_type letter) {
  if (sync() != 0) return traits_type::eof();
  if (!traits_type::eq_int_type(letter, traits_type::eof())) {
    *pptr() = traits_type::to_char_type(letter);
    pbump(1);
  }
  return traits_type::not_eof(letter);
}

int Output::sync() {
  const char* next = pbase();
  while (!failure_ && next < pptr()) {
    const ssize_t written = ::write(descriptor_, next, static_cast<std::size_t>(pptr() - next));
    if (written > 0) {
      next += written;
    } else if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};  // who shares it set it so
      ::poll(&ready, 1, -1);
    } else if (written < 0 && errno != EINTR) {
      failure_ = static_cast<std::errc>(errno);
    }
  }
  setp(waiting_.data(), waiting_.data() + waiting_.size());
  return failure_ ? -1 : 0;
}

std::optional<std::errc> Output::failure() {
  sync();
  return failure_ == std::errc::broken_pipe ? std::nullopt : failure_;
}

int Output::conclude(int code, std::ostream& error, config::Language language) {
  const auto why = failure();
  if (!why) return code;
  error << "duet: "
        << render(config::Sentence{config::Say::OutputFailed, {config::told(*why, language)}},
                  language)
        << '\n';
  return code == to_int(ExitCode::Finished) ? to_int(ExitCode::Device) : code;
}

void prepare_descriptors() {
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(standard, F_GETFD) >= 0) continue;
    // The lowest free number is the one that is given out.
    (void)::open("/dev/null", standard == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace duet::apps
