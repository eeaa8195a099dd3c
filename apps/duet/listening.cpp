// SPDX-License-Identifier: MIT
// Listens where the options say, or says why it can't.
#include "listening.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace duet::apps {

CannotListen::CannotListen(config::Sentence sentence)
    : std::runtime_error{render(sentence, config::Language::English)},
      sentence_{std::move(sentence)} {}

Endpoint listen(http::Server& server, const config::ListenAddress& address, std::string_view flag) {
  const Endpoint wanted{address.address.value_or(IpAddress::v6({})), address.port};
  try {
    return server.listen(wanted);
  } catch (const std::system_error& error) {
    const int code = error.code().value();
    if (!address.address && code == EAFNOSUPPORT) {  // a machine without IPv6
      return listen(server, {.address = IpAddress{}, .port = address.port}, flag);
    }
    if (code == EADDRINUSE) {
      throw CannotListen{{config::Say::PortTaken, {wanted.to_string(), std::string{flag}}}};
    }
    throw CannotListen{{config::Say::CannotListen, {wanted.to_string(), error.code().message()}}};
  }
}

}  // namespace duet::apps
