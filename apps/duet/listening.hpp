// SPDX-License-Identifier: MIT
// Listens where the options say, or says why it can't.
#pragma once

#include <duet/base/address.hpp>
#include <duet/config/listen_address.hpp>
#include <duet/config/sentences.hpp>
#include <duet/http/server.hpp>

#include <stdexcept>
#include <string_view>

namespace duet::apps {

/// An address can't be listened on.
class CannotListen : public std::runtime_error {
 public:
  explicit CannotListen(config::Sentence sentence);

  const config::Sentence& sentence() const { return sentence_; }

 private:
  config::Sentence sentence_;
};

/// A port alone is every address, of both families where the machine has both.
/// @param flag  the option that says the address, named where the port is taken
/// @return the endpoint as it is: port 0 has become a real one
/// @throws CannotListen
Endpoint listen(http::Server& server, const config::ListenAddress& address,
                std::string_view flag = "--listen");

}  // namespace duet::apps
