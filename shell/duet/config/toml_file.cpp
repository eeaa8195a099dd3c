// SPDX-License-Identifier: MIT
// A TOML file as a flat list of keys, texts and line numbers.
#include <duet/config/toml_file.hpp>

#include <toml++/toml.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace duet::config {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEF";

std::optional<std::string> text_of_scalar(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  return std::nullopt;
}

int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

Setting value_of(std::string key, int line, const toml::node& node) {
  Setting setting{.key = std::move(key), .line = line};
  const toml::array* array = node.as_array();
  setting.is_array = array != nullptr;
  if (array == nullptr) {
    auto text = text_of_scalar(node);
    if (!text)
      setting.kind = Setting::Kind::Unusable;
    else
      setting.texts.push_back(*std::move(text));
    return setting;
  }
  for (const toml::node& element : *array) {
    auto text = text_of_scalar(element);
    if (!text)
      setting.kind = Setting::Kind::Unusable;
    else
      setting.texts.push_back(*std::move(text));
  }
  return setting;
}

void collect(const toml::table& table, const std::string& prefix, std::vector<Setting>& out) {
  for (const auto& [key, node] : table) {
    std::string name =
        prefix.empty() ? std::string{key.str()} : prefix + "." + std::string{key.str()};
    const toml::table* inner = node.as_table();
    const int line = static_cast<int>(key.source().begin.line);
    if (inner == nullptr) {
      out.push_back(value_of(std::move(name), line > 0 ? line : line_of(node), node));
    } else if (inner->empty()) {
      out.push_back({.key = std::move(name), .line = line, .kind = Setting::Kind::Table});
    } else {
      collect(*inner, name, out);
    }
  }
}

struct Descriptor {
  explicit Descriptor(int opened) : number{opened} {}

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  ~Descriptor() {
    if (number >= 0) close(number);
  }

  int number;
};

FileProblem cannot_read() {
  return {Sentence{Say::CannotRead, {std::generic_category().message(errno)}}};
}

}  // namespace

Result<std::vector<Setting>, FileProblem> parse_toml(std::string_view text) {
  try {
    const toml::table table = toml::parse(text);
    std::vector<Setting> out;
    collect(table, "", out);
    std::stable_sort(out.begin(), out.end(),
                     [](const Setting& a, const Setting& b) { return a.line < b.line; });
    return out;
  } catch (const toml::parse_error& error) {
    return fail(FileProblem{Sentence{Say::NotToml, {std::string{error.description()}}},
                            static_cast<int>(error.source().begin.line)});
  }
}

Result<std::string, FileProblem> read_file(const std::filesystem::path& path) {
  // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.number < 0) return fail(cannot_read());
  std::string out;
  std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t size = read(file.number, buffer.data(), buffer.size());
    if (size < 0) return fail(cannot_read());
    if (size == 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(size));
    if (out.size() > kMaxFileBytes) return fail(FileProblem{Sentence{Say::FileTooLong, {"1MB"}}});
  }
}

std::string toml_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 0xF];
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace duet::config
