// SPDX-License-Identifier: MIT
// Media types by file name.
#include <duet/web/media_type.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

namespace duet::web {

namespace {

struct Entry {
  std::string_view extension;
  std::string_view type;
};

// Sorted by extension; from the IANA registry, and for fonts RFC 8081, for scripts RFC 9239.
constexpr auto kTypes = std::to_array<Entry>({
    {"7z", "application/x-7z-compressed"},
    {"aac", "audio/aac"},
    {"apng", "image/apng"},
    {"appcache", "text/cache-manifest; charset=utf-8"},
    {"atom", "application/atom+xml; charset=utf-8"},
    {"avi", "video/x-msvideo"},
    {"avif", "image/avif"},
    {"bmp", "image/bmp"},
    {"bz2", "application/x-bzip2"},
    {"cjs", "text/javascript; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"eot", "application/vnd.ms-fontobject"},
    {"epub", "application/epub+zip"},
    {"flac", "audio/flac"},
    {"gif", "image/gif"},
    {"glb", "model/gltf-binary"},
    {"gltf", "model/gltf+json; charset=utf-8"},
    {"gz", "application/gzip"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/vnd.microsoft.icon"},
    {"ics", "text/calendar; charset=utf-8"},
    {"jar", "application/java-archive"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"jsonld", "application/ld+json"},
    {"jxl", "image/jxl"},
    {"m3u8", "application/vnd.apple.mpegurl"},
    {"m4a", "audio/mp4"},
    {"m4v", "video/mp4"},
    {"map", "application/json"},
    {"md", "text/markdown; charset=utf-8"},
    {"mid", "audio/midi"},
    {"midi", "audio/midi"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"mka", "audio/x-matroska"},
    {"mkv", "video/x-matroska"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"mpeg", "video/mpeg"},
    {"mpg", "video/mpeg"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"ogv", "video/ogg"},
    {"opus", "audio/ogg"},
    {"otf", "font/otf"},
    {"pdf", "application/pdf"},
    {"pem", "application/x-pem-file"},
    {"png", "image/png"},
    {"rss", "application/rss+xml; charset=utf-8"},
    {"rtf", "application/rtf"},
    {"sdp", "application/sdp"},
    {"svg", "image/svg+xml; charset=utf-8"},
    {"tar", "application/x-tar"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"toml", "application/toml"},
    {"ts", "text/plain; charset=utf-8"},
    {"ttf", "font/ttf"},
    {"txt", "text/plain; charset=utf-8"},
    {"vtt", "text/vtt; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"weba", "audio/webm"},
    {"webm", "video/webm"},
    {"webmanifest", "application/manifest+json"},
    {"webp", "image/webp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xhtml", "application/xhtml+xml; charset=utf-8"},
    {"xml", "application/xml; charset=utf-8"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"zip", "application/zip"},
});

static_assert(std::is_sorted(kTypes.begin(), kTypes.end(), [](const Entry& a, const Entry& b) {
  return a.extension < b.extension;
}));

constexpr std::size_t kLongestExtension = 11;  // webmanifest

}  // namespace

std::string_view media_type(std::string_view file_name) {
  constexpr std::string_view kUnknown = "application/octet-stream";
  const std::size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos || file_name.size() - dot - 1 > kLongestExtension) {
    return kUnknown;
  }
  std::string extension{file_name.substr(dot + 1)};
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const auto* const found = std::lower_bound(
      kTypes.begin(), kTypes.end(), extension,
      [](const Entry& entry, const std::string& wanted) { return entry.extension < wanted; });
  return found != kTypes.end() && found->extension == extension ? found->type : kUnknown;
}

bool is_compressible(std::string_view media_type) {
  constexpr auto kOthers = std::to_array<std::string_view>(
      {"application/json", "application/ld+json", "application/manifest+json", "application/wasm",
       "application/xml", "application/xhtml+xml", "application/rss+xml", "application/atom+xml",
       "application/yaml", "application/toml", "application/sdp", "image/svg+xml", "image/bmp",
       "image/vnd.microsoft.icon", "font/ttf", "font/otf"});
  return media_type.starts_with("text/") ||
         std::any_of(kOthers.begin(), kOthers.end(), [&](std::string_view other) {
           return media_type.substr(0, media_type.find(';')) == other;
         });
}

}  // namespace duet::web
