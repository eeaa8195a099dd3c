// SPDX-License-Identifier: MIT
// Which STUN and TURN servers a member is told of, and for how long.
#include <duet/base/base64.hpp>
#include <duet/base/check.hpp>
#include <duet/base/json_string.hpp>
#include <duet/crypto/hmac.hpp>
#include <duet/room/ice_servers.hpp>
#include <duet/turn/credentials.hpp>

#include <span>
#include <string_view>
#include <utility>

namespace duet::room {
namespace {

using stun::Uri;

/// Bytes of digest in a name: 144 bits, which don't meet by chance, and 24 characters.
constexpr std::size_t kNameBytes = 18;

void append_url(std::string& urls, const Uri& uri) {
  if (!urls.empty()) urls += ',';
  append_json_string(urls, uri.to_string());
}

/// UDP first: over TCP a relay is a detour for packets that may get lost.
std::string own_urls(const Authority& own, IceConfig::Own how) {
  Uri uri{.scheme = Uri::Scheme::Stun, .host = own.host, .port = own.port};
  std::string urls;
  append_url(urls, uri);
  uri.scheme = Uri::Scheme::Turn;
  append_url(urls, uri);
  uri.transport = Uri::Transport::Tcp;
  append_url(urls, uri);
  if (how == IceConfig::Own::Plain) return urls;
  uri.scheme = Uri::Scheme::Turns;
  append_url(urls, uri);
  return urls;
}

void append_server(std::string& out, std::string_view urls, std::string_view credential) {
  if (out.back() != '[') out += ',';
  out += R"({"urls":[)";
  out += urls;
  out += ']';
  out += credential;
  out += '}';
}

}  // namespace

IceServers::IceServers(IceConfig config, Random& random)
    : config_{std::move(config)}, epoch_{config_.unix_time} {
  DUET_CHECK(config_.lifetime >= 2s);  // a half of it is to come, and names count in seconds
  random.fill(name_key_);
  for (const Uri& uri : config_.others) {
    const bool relays = uri.scheme == Uri::Scheme::Turn || uri.scheme == Uri::Scheme::Turns;
    append_url(relays ? other_turn_ : other_stun_, uri);
  }
}

bool IceServers::any(const Authority* own) const {
  return !config_.others.empty() || (config_.own != IceConfig::Own::None && own != nullptr);
}

void IceServers::append_json(std::string& out, Instant now, SeatId seat,
                             const Authority* own) const {
  const auto expiry =
      std::chrono::floor<std::chrono::seconds>(epoch_ + now.time_since_epoch() + config_.lifetime);
  const turn::Credential made = turn::make_time_limited(config_.secret, name_of(seat), expiry);
  std::string credential = R"(,"username":)";
  append_json_string(credential, made.username);
  credential += R"(,"credential":)";
  append_json_string(credential, made.password);

  out += '[';
  if (config_.own != IceConfig::Own::None && own != nullptr) {
    append_server(out, own_urls(*own, config_.own), credential);
  }
  if (!other_turn_.empty()) append_server(out, other_turn_, credential);
  if (!other_stun_.empty()) append_server(out, other_stun_, {});
  out += ']';
}

void IceServers::set_unix_time(Instant now, std::chrono::sys_seconds unix_time) {
  epoch_ = unix_time - now.time_since_epoch();
}

/// A keyed digest of the seat: nothing has to be kept, and nobody can tell the seat by it.
std::string IceServers::name_of(SeatId seat) const {
  std::array<std::byte, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::byte>(seat.value() >> (8 * i));
  }
  const crypto::Sha256 digest = crypto::hmac_sha256(name_key_, bytes);
  std::string name;
  base64_append(name, std::span{digest}.first(kNameBytes));
  return name;
}

}  // namespace duet::room
