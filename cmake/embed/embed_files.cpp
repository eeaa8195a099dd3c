// SPDX-License-Identifier: MIT
// Writes a folder's files as one block of bytes and a C++ table of them: embed_files DIR OUT_DIR.
#include <duet/crypto/digest.hpp>
#include <duet/web/media_type.hpp>

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

/// More than a page for a small machine should ever have, so a wrong folder is noticed.
constexpr std::size_t kMostFiles = 2000;

/// Files smaller than this fit into one packet either way.
constexpr std::size_t kSmallestToCompress = 256;  // bytes

struct File {
  std::string path;
  std::string content;
  std::string gzip;  // empty where it doesn't help
};

std::string read(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::string content{std::istreambuf_iterator<char>{in}, {}};
  if (!in) throw std::runtime_error(file.string() + " can't be read");
  return content;
}

void write(const fs::path& file, std::string_view content) {
  std::ofstream out{file, std::ios::binary};
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) throw std::runtime_error(file.string() + " can't be written");
}

std::string gzip(std::string_view content) {
  z_stream stream{};
  constexpr int kGzip = 16;  // zlib.h: "Add 16 to windowBits to write a simple gzip header"
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzip, 9,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib can't start");
  }
  std::string packed(deflateBound(&stream, static_cast<uLong>(content.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int result = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("zlib can't compress");
  return packed;
}

bool is_hidden(const fs::path& path) {
  return std::any_of(path.begin(), path.end(),
                     [](const fs::path& name) { return name.string().starts_with('.'); });
}

std::vector<File> read_folder(const fs::path& folder) {
  std::vector<File> files;
  for (const auto& entry : fs::recursive_directory_iterator{folder}) {
    const fs::path path = entry.path().lexically_relative(folder);
    if (!entry.is_regular_file() || is_hidden(path)) continue;
    if (files.size() == kMostFiles) throw std::runtime_error("there are too many files");
    File file{.path = path.generic_string(), .content = read(entry.path()), .gzip = {}};
    if (file.content.size() >= kSmallestToCompress &&
        duet::web::is_compressible(duet::web::media_type(file.path))) {
      file.gzip = gzip(file.content);
      // A twentieth saved is not worth a second form.
      if (file.gzip.size() * 20 > file.content.size() * 19) file.gzip.clear();
    }
    files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(),
            [](const File& a, const File& b) { return a.path < b.path; });
  return files;
}

/// A C++ string literal. Bytes beyond ASCII are written in octal, which ends after three digits.
std::string cpp_literal(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      literal.append("\\").append(1, c);
    } else if (byte >= 0x20 && byte < 0x7F) {
      literal += c;
    } else {
      for (const unsigned shift : {6U, 3U, 0U}) {
        if (shift == 6U) literal += '\\';
        literal += static_cast<char>('0' + (byte >> shift & 7U));
      }
    }
  }
  return literal + '"';
}

std::string append(std::string& block, std::string_view content) {
  if (content.empty()) return "{}";
  const std::string view =
      "{kBlock + " + std::to_string(block.size()) + ", " + std::to_string(content.size()) + "}";
  block += content;
  return view;
}

constexpr std::string_view kHead = R"(// SPDX-License-Identifier: MIT
// The embedded files. Written by the build; don't edit.
#include <duet/web/page.hpp>

#include <array>

)";

void embed(const fs::path& folder, const fs::path& out) {
  const std::vector<File> files = read_folder(folder);
  std::string block;
  std::string table;
  for (const File& file : files) {
    // 128 bits of SHA-256: enough that no two contents under one URL ever share a tag.
    const std::string hash = duet::crypto::hex(duet::crypto::sha256(file.content)).substr(0, 32);
    table += "    EmbeddedFile{" + cpp_literal(file.path) + ", " +
             cpp_literal(duet::web::media_type(file.path)) + ", " + cpp_literal(hash) + ",\n" +
             "                 " + append(block, file.content);
    table += ", " + append(block, file.gzip) + "},\n";
  }
  if (block.empty()) throw std::runtime_error("there is nothing in it");
  const fs::path block_file = fs::absolute(out / "page.bin");
  std::string code{kHead};
  code +=
      "asm(\".section .rodata\\n\"\n"
      "    \".globl duet_page_block\\n\"\n"
      "    \".hidden duet_page_block\\n\"\n"
      "    \"duet_page_block:\\n\"\n"
      "    \".incbin \\\"\" " +
      cpp_literal(block_file.string()) +
      " \"\\\"\\n\"\n"
      "    \".byte 0\\n\"\n"
      "    \".text\\n\");\n\n";
  const std::string size = std::to_string(block.size());
  code += "extern \"C\" __attribute__((visibility(\"hidden\"))) const char duet_page_block[" +
          size + "];\n\n";
  code +=
      "namespace duet::web {\n\nnamespace {\n\nconstexpr const char* kBlock = duet_page_block;\n\n";
  code += "constexpr std::array<EmbeddedFile, " + std::to_string(files.size()) + "> kFiles = {\n" +
          table + "};\n\n}  // namespace\n\n";
  code +=
      "std::span<const EmbeddedFile> page_files() { return kFiles; }\n\n}  // namespace "
      "duet::web\n";
  write(block_file, block);
  write(out / "page.cpp", code);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: embed_files DIR OUT_DIR\n";
    return 2;
  }
  try {
    embed(argv[1], argv[2]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "embed_files: " << argv[1] << ": " << error.what() << "\n";
    return 1;
  }
}
