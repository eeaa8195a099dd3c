// SPDX-License-Identifier: MIT
// Serves a folder of the user's own instead of the page.
#pragma once

#include <duet/http/message.hpp>
#include <duet/web/open_beneath.hpp>
#include <duet/web/web_host.hpp>

#include <filesystem>
#include <memory>

namespace duet::web {

/// A file of up to this size is sent whole; of a larger one, such as a long video, only ranges can
/// be had, which is how browsers read media.
inline constexpr std::uint64_t kLargestWholeFile = 64ULL << 20;  // bytes
/// Of a larger file's range at most this much is sent in one answer, a part as RFC 9110 §15.3.7
/// allows; who wants more asks again.
inline constexpr std::uint64_t kLargestSlice = 4ULL << 20;  // bytes
/// Bytes of files in memory for all answers that are on their way; a file that many are reading is
/// there once. Beyond it: 503.
inline constexpr std::uint64_t kMostBytesInFlight = 256ULL << 20;

/// Answers GET and HEAD for files below a folder, read when they are asked for: index.html for a
/// directory, no listing, nothing outside, nothing hidden. `/socket.io/socket.io.js` and its
/// siblings come from the embedded files. No policy is put upon the user's pages.
///
/// Reading blocks the calling thread, for as long as the disk takes. Any thread may ask.
class DirectoryHost {
 public:
  /// @param scripts  who answers for WebHost::is_client_script()
  /// @throws std::runtime_error with a sentence: the folder is not there or can't be read
  DirectoryHost(std::filesystem::path folder, WebHost scripts,
                Resolver resolver = Resolver::Kernel);
  ~DirectoryHost();

  http::Response handle(const http::Request& request) const;

  /// Bytes of files that answers hold at the moment.
  std::uint64_t bytes_in_flight() const;

 private:
  class Memory;

  http::Response answer(const http::Request& request) const;
  http::Response serve(const http::Request& request, const OpenFile& file,
                       std::string_view name) const;

  std::filesystem::path folder_;
  WebHost scripts_;
  Resolver resolver_;
  std::unique_ptr<Memory> memory_;
};

}  // namespace duet::web
