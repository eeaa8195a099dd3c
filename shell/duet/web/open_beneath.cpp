// SPDX-License-Identifier: MIT
// Opens files of a folder, and nothing outside it.
#include <duet/web/open_beneath.hpp>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace duet::web {

namespace {

// O_NONBLOCK: a FIFO must not hold the server until somebody writes to it.
constexpr int kRead = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

int open_with_kernel(int folder, const std::string& path) {
  open_how how{};
  how.flags = kRead;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: something was renamed at that moment, so the kernel isn't sure (openat2(2)).
  for (int attempt = 0;; ++attempt) {
    const long descriptor = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
    if (descriptor >= 0 || errno != EAGAIN || attempt == 3) return static_cast<int>(descriptor);
  }
}

int open_by_walking(const OpenFile& folder, const std::vector<std::string>& names) {
  OpenFile at{::fcntl(folder.descriptor(), F_DUPFD_CLOEXEC, 0)};
  for (std::size_t i = 0; i < names.size() && at.descriptor() >= 0; ++i) {
    const int flags = i + 1 == names.size() ? kRead : O_PATH | O_DIRECTORY | O_CLOEXEC;
    at = OpenFile{::openat(at.descriptor(), names[i].c_str(), flags | O_NOFOLLOW)};
  }
  const int error = errno;
  const int descriptor = at.descriptor() >= 0 ? ::fcntl(at.descriptor(), F_DUPFD_CLOEXEC, 0) : -1;
  if (at.descriptor() < 0) errno = error;
  return descriptor;
}

OpenError reason(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return OpenError::Forbidden;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
      return OpenError::Busy;
    default:  // ENOENT, ENOTDIR, EXDEV, ELOOP, ENAMETOOLONG, ...
      return OpenError::Missing;
  }
}

}  // namespace

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<OpenFile, OpenError> open_beneath(const std::filesystem::path& folder,
                                         const std::vector<std::string>& names, Resolver resolver) {
  const OpenFile root{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (root.descriptor() < 0) return fail(reason(errno));
  std::string path = ".";
  for (const std::string& name : names) path.append("/").append(name);
  int descriptor = -1;
  if (resolver == Resolver::Kernel) {
    descriptor = open_with_kernel(root.descriptor(), path);
    // Sandboxes that don't know openat2 answer EPERM.
    if (descriptor < 0 && (errno == ENOSYS || errno == EPERM)) resolver = Resolver::Walk;
  }
  if (resolver == Resolver::Walk) descriptor = open_by_walking(root, names);
  if (descriptor < 0) return fail(reason(errno));
  return OpenFile{descriptor};
}

}  // namespace duet::web
