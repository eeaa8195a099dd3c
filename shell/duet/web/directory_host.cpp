// SPDX-License-Identifier: MIT
// Serves a folder of the user's own instead of the page.
#include <duet/web/directory_host.hpp>
#include <duet/web/media_type.hpp>
#include <duet/web/selection.hpp>
#include <duet/web/sentence.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace duet::web {

namespace {

using FileStatus = struct stat;  // the function of that name would hide it

// What tells one state of a file from another. The time of the inode's change can't be set by hand,
// so a file that is replaced by one of the same size and date is still another one.
using FileState = std::array<std::int64_t, 7>;

FileState state_of(const FileStatus& status) {
  return {static_cast<std::int64_t>(status.st_dev),
          static_cast<std::int64_t>(status.st_ino),
          status.st_size,
          status.st_mtim.tv_sec,
          status.st_mtim.tv_nsec,
          status.st_ctim.tv_sec,
          status.st_ctim.tv_nsec};
}

std::string etag_of(const FileStatus& status) {
  std::array<char, 96> text{};
  const auto modified = static_cast<std::uint64_t>(status.st_mtim.tv_sec) * 1'000'000'000U +
                        static_cast<std::uint64_t>(status.st_mtim.tv_nsec);
  std::snprintf(text.data(), text.size(), "\"%" PRIx64 "-%" PRIx64 "\"",
                static_cast<std::uint64_t>(status.st_size), modified);
  return text.data();
}

// Fills the buffer from `offset` on; false when the file ends early or can't be read.
bool read_all(int descriptor, std::string& buffer, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t size = ::pread(descriptor, buffer.data() + done, buffer.size() - done,
                                 static_cast<off_t>(offset + done));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    done += static_cast<std::size_t>(size);
  }
  return true;
}

http::Response unavailable(int status, std::string_view sentence) {
  http::Response response = http::text_response(status, sentence);
  response.set("Cache-Control", "no-store");
  if (status == 503) response.set("Retry-After", "2");
  return response;
}

http::Response failed_open(OpenError error) {
  switch (error) {
    case OpenError::Missing:
      return not_found();
    case OpenError::Forbidden:
      return unavailable(403, "The server may not read this file. 服务器无权读取这个文件。");
    case OpenError::Busy:
      break;
  }
  return unavailable(503, "The server is busy, try again. 服务器忙，请重试。");
}

}  // namespace

/// Parts of files that answers hold: counted, bounded, and whole files shared between answers.
class DirectoryHost::Memory {
 public:
  /// A whole file, or nothing when there is no room for it or it changed while it was read.
  std::shared_ptr<const std::string> whole(int descriptor, const FileStatus& status) {
    const FileState state = state_of(status);
    {
      const std::lock_guard lock{mutex_};
      if (auto shared = files_[state].lock()) return shared;
    }
    auto bytes = slice(descriptor, 0, static_cast<std::uint64_t>(status.st_size));
    const std::lock_guard lock{mutex_};
    if (bytes) files_[state] = bytes;
    std::erase_if(files_, [](const auto& entry) { return entry.second.expired(); });
    return bytes;
  }

  std::shared_ptr<const std::string> slice(int descriptor, std::uint64_t offset,
                                           std::uint64_t size) {
    if (in_flight_->fetch_add(size) + size > kMostBytesInFlight) {
      in_flight_->fetch_sub(size);
      return nullptr;
    }
    // Counted until the last answer lets go of them. The deleter lives as long as files_ remembers
    // the bytes, so it must not hold this object.
    std::shared_ptr<std::string> bytes{new std::string,
                                       [counter = in_flight_, size](std::string* text) {
                                         delete text;
                                         counter->fetch_sub(size);
                                       }};
    bytes->resize(size);
    if (!read_all(descriptor, *bytes, offset)) return nullptr;
    return bytes;
  }

  std::uint64_t in_flight() const { return in_flight_->load(); }

 private:
  std::mutex mutex_;
  std::map<FileState, std::weak_ptr<const std::string>> files_;  // guarded by mutex_
  std::shared_ptr<std::atomic<std::uint64_t>> in_flight_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);  // bytes
};

DirectoryHost::DirectoryHost(std::filesystem::path folder, WebHost scripts, Resolver resolver)
    : folder_{std::move(folder)},
      scripts_{scripts},
      resolver_{resolver},
      memory_{std::make_unique<Memory>()} {
  const OpenFile root{::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (root.descriptor() < 0) {
    throw std::runtime_error("The folder " + folder_.string() +
                             " can't be served: " + std::generic_category().message(errno) + ".");
  }
}

DirectoryHost::~DirectoryHost() = default;

std::uint64_t DirectoryHost::bytes_in_flight() const { return memory_->in_flight(); }

http::Response DirectoryHost::handle(const http::Request& request) const {
  if (WebHost::is_client_script(request.path)) return scripts_.handle(request);
  http::Response response = answer(request);
  response.set("X-Content-Type-Options", "nosniff");
  return response;
}

http::Response DirectoryHost::answer(const http::Request& request) const {
  if (!is_read(request.method)) return method_not_allowed();
  auto path = RequestPath::parse(request.path);
  if (!path) return path.error() == PathError::Malformed ? malformed_path() : not_found();
  auto file = open_beneath(folder_, path->names, resolver_);
  if (!file) return failed_open(file.error());
  FileStatus status{};
  if (::fstat(file->descriptor(), &status) != 0) return not_found();
  if (!S_ISDIR(status.st_mode)) {
    return path->is_directory ? not_found() : serve(request, *file, path->names.back());
  }
  std::vector<std::string> names = path->names;
  names.emplace_back("index.html");
  file = open_beneath(folder_, names, resolver_);
  if (!file) return failed_open(file.error());
  if (!path->is_directory) return to_directory(*path, request.query);
  return serve(request, *file, names.back());
}

http::Response DirectoryHost::serve(const http::Request& request, const OpenFile& file,
                                    std::string_view name) const {
  FileStatus status{};
  if (::fstat(file.descriptor(), &status) != 0 || !S_ISREG(status.st_mode)) return not_found();
  const Validators validators{
      .etag = etag_of(status),
      .last_modified = std::chrono::sys_seconds{std::chrono::seconds{status.st_mtim.tv_sec}},
      .size = static_cast<std::uint64_t>(status.st_size)};
  Selection selection = select(request, validators);
  const bool is_large = validators.size > kLargestWholeFile;
  if (selection.kind == Selection::Kind::Whole && is_large) {
    return unavailable(
        500, "This file is too large to be sent at once: ask for ranges. 文件过大，请分段请求。");
  }
  if (is_large) selection.size = std::min(selection.size, kLargestSlice);

  http::Response response = begin_response(selection, validators);
  response.set("Cache-Control", "no-cache");
  if (selection.kind == Selection::Kind::NotModified ||
      selection.kind == Selection::Kind::Unsatisfiable) {
    return response;
  }
  const auto bytes = is_large ? memory_->slice(file.descriptor(), selection.first, selection.size)
                              : memory_->whole(file.descriptor(), status);
  if (!bytes) return failed_open(OpenError::Busy);
  response.set("Content-Type", media_type(name));
  response.view = *bytes;
  if (!is_large && selection.kind == Selection::Kind::Part) {
    response.view = response.view.substr(selection.first, selection.size);
  }
  response.keep_alive = bytes;
  return response;
}

}  // namespace duet::web
