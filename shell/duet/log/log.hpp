// SPDX-License-Identifier: MIT
// Log lines: a sentence and its fields, to stderr, at no cost while off.
#pragma once

#include <duet/base/address.hpp>
#include <duet/log/levels.hpp>

#include <array>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace duet::log {

/// Auto: Text on a terminal, Logfmt otherwise.
enum class Format : std::uint8_t { Auto, Text, Logfmt, Json };

/// Whether names of rooms and addresses are told at info.
enum class Privacy : std::uint8_t { Redacted, Told };

struct Settings {
  Levels levels;
  Format format = Format::Auto;
  Privacy privacy = Privacy::Redacted;
  int descriptor = 2;  ///< where the lines go; not closed
};

/// Takes effect for the next line, from any thread. Ignores SIGPIPE from now on, so that a reader
/// who goes away ends nothing. Before the first call lines go to stderr with the default settings.
void configure(const Settings& settings);

/// A room's name; in the line a short hash such as #5f03a1c9, the same for the same room while the
/// process lives, unless privacy is Told.
struct Room {
  std::string_view name;
};

/// An address; in lines above debug a short hash such as @5f03a1c9, unless privacy is Told.
struct Address {
  IpAddress address;
};

inline Room room(std::string_view name) { return {name}; }

inline Address address(const IpAddress& value) { return {value}; }

inline Address address(const Endpoint& value) { return {value.address}; }

/// One key=value. Lives as long as the statement that logs it.
struct Field {
  using Value =
      std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool, Room, Address>;

  Field(std::string_view field_key, std::string_view text) : key{field_key}, value{text} {}

  Field(std::string_view field_key, const char* text)
      : key{field_key}, value{std::string_view{text}} {}

  Field(std::string_view field_key, bool truth) : key{field_key}, value{truth} {}

  Field(std::string_view field_key, Room name) : key{field_key}, value{name} {}

  Field(std::string_view field_key, Address where) : key{field_key}, value{where} {}

  template <std::signed_integral T>
  Field(std::string_view field_key, T number)
      : key{field_key}, value{static_cast<std::int64_t>(number)} {}

  template <std::unsigned_integral T>

  requires(!std::same_as<T, bool>) Field(std::string_view field_key, T number)
      : key{field_key}, value{static_cast<std::uint64_t>(number)} {}

  template <std::floating_point T>
  Field(std::string_view field_key, T number)
      : key{field_key}, value{static_cast<double>(number)} {}

  std::string_view key;
  Value value;
};

namespace detail {
/// The level of each module, as numbers.
extern std::array<std::atomic<std::uint8_t>, kModuleNames.size()> levels;
}  // namespace detail

inline bool is_on(Module module, Level level) {
  return static_cast<std::uint8_t>(level) <=
         detail::levels[static_cast<std::size_t>(module)].load(std::memory_order_relaxed);
}

/// Writes one line, whether the level is on or not; the macros below ask first. Strings longer than
/// 512 bytes and lines longer than 4,000 are cut; control characters are escaped.
void write(Module module, Level level, std::string_view sentence,
           std::initializer_list<Field> fields);

}  // namespace duet::log

/// DUET_INFO(Http, "certificate reloaded", {"names", names}, {"days_left", 42});
/// The fields are evaluated only if the line is written.
#define DUET_LOG(LEVEL, MODULE, SENTENCE, ...)                                             \
  do {                                                                                     \
    if (::duet::log::is_on(::duet::log::Module::MODULE, ::duet::log::Level::LEVEL))        \
      ::duet::log::write(::duet::log::Module::MODULE, ::duet::log::Level::LEVEL, SENTENCE, \
                         {__VA_ARGS__});                                                   \
  } while (false)
#define DUET_ERROR(...) DUET_LOG(Error, __VA_ARGS__)
#define DUET_WARN(...) DUET_LOG(Warn, __VA_ARGS__)
#define DUET_INFO(...) DUET_LOG(Info, __VA_ARGS__)
#define DUET_DEBUG(...) DUET_LOG(Debug, __VA_ARGS__)
#define DUET_TRACE(...) DUET_LOG(Trace, __VA_ARGS__)
