// SPDX-License-Identifier: MIT
// The options of `duet call`: how their values are written, and what goes together.
#include "call_options.hpp"

#include "every_command.hpp"
#include <duet/base/utf8.hpp>
#include <duet/room/peer_message.hpp>
#include <duet/tls/client_context.hpp>

#include <charconv>

namespace duet::config {
Result<crypto::Sha256, Sentence> Codec<crypto::Sha256>::parse(std::string_view text) {
  const auto pin = tls::parse_pin(text);
  if (!pin) return fail(Sentence{Say::NotAPin, {std::string{text}}});
  return *pin;
}

std::string Codec<crypto::Sha256>::format(const crypto::Sha256& value) {
  return crypto::fingerprint(value);
}

}  // namespace duet::config

namespace duet::apps {
namespace {

using config::Say;
using config::Sentence;

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const char* const digits = text.data() + i + 1;
    const auto [stop, error] = std::from_chars(digits, digits + 2, value, 16);
    if (error != std::errc{} || stop != digits + 2) return std::nullopt;
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

Result<std::string, Sentence> room_named(std::string name) {
  constexpr std::size_t kMaxRoom = 256;  // bytes (docs/signaling.md)
  if (name.empty() || name.size() > kMaxRoom || !is_utf8(name))
    return fail(Sentence{Say::NotARoom});
  return name;
}

/// One that the other end takes in. A server ends the connection of whoever sends it other bytes.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= room::kMaxPeerName && is_utf8(name);
}

}  // namespace

Result<Destination, Sentence> parse_destination(std::string_view where, std::string_view server) {
  if (where.empty()) return fail(Sentence{Say::NoDestination});
  if (where.find("://") == std::string_view::npos) {
    const auto url = host::ServerUrl::parse(server);
    if (!url) return fail(Sentence{Say::NotAServer, {std::string{server}}});
    auto room = room_named(std::string{where});
    if (!room) return fail(room.error());
    return Destination{*url, *std::move(room)};
  }
  const Sentence no{Say::NotACallUrl, {std::string{where}}};
  const auto url = host::ServerUrl::parse(where);
  constexpr std::string_view kRooms = "/r/";
  if (!url || !url->path.starts_with(kRooms)) return fail(no);
  std::string_view path = url->path;
  path = path.substr(kRooms.size(), path.find_first_of("?#") - kRooms.size());
  const auto decoded = percent_decoded(path);
  if (!decoded) return fail(no);
  auto room = room_named(*decoded);
  if (!room) return fail(room.error());
  return Destination{*url, *std::move(room)};
}

config::Loaded load_call_options(CallOptions& options, std::span<const std::string> words,
                                 const config::Environment& environment,
                                 std::span<const std::filesystem::path> files) {
  const EveryCommand every;
  config::Loaded loaded = config::load(options, words, environment, files, every.but(options));
  options.language = language_of(*options.lang, environment);
  if (loaded.help || !loaded.problems.empty()) return loaded;
  auto destination = parse_destination(options.where->value_or(""), *options.server);
  if (destination) {
    options.destination = *std::move(destination);
  } else {
    const bool is_server = destination.error().say == Say::NotAServer;
    loaded.problems.push_back(
        {is_server ? config::flag_of(options.server) : "duet call", destination.error()});
  }
  if (*options.name && !is_name(**options.name)) {
    loaded.problems.push_back(
        {config::flag_of(options.name), {Say::NotAName, {std::to_string(room::kMaxPeerName)}}});
  }
  if (*options.pin && destination && !destination->server.is_secure) {
    loaded.problems.push_back({config::flag_of(options.pin),
                               {Say::PinWithoutTls, {options.destination.server.authority()}}});
  }
  if (*options.record && !is_recording_name(**options.record)) {
    loaded.problems.push_back(
        {config::flag_of(options.record), {Say::NotARecording, {(*options.record)->string()}}});
  }
  return loaded;
}

}  // namespace duet::apps
