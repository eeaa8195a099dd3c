// SPDX-License-Identifier: MIT
// Names to addresses, without waiting.
#include <duet/net/resolver.hpp>
#include <duet/net/socket_address.hpp>

#include <netdb.h>

#include <array>
#include <cstring>
#include <utility>

namespace duet::net {
namespace {

constexpr Duration kLookAgain = 5ms;

std::vector<IpAddress> addresses_in(const addrinfo* list) {
  std::vector<IpAddress> addresses;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    SocketAddress address;
    std::memcpy(address.data(), at->ai_addr, at->ai_addrlen);
    addresses.push_back(to_endpoint(address).address);
  }
  return addresses;
}

}  // namespace

struct Resolver::Question {
  explicit Question(std::string text) : name{std::move(text)} {
    hints.ai_socktype = SOCK_DGRAM;  // else each address comes once for each kind
    request.ar_name = name.c_str();
    request.ar_request = &hints;
  }

  ~Question() {
    if (request.ar_result != nullptr) ::freeaddrinfo(request.ar_result);
  }

  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  std::string name;
  addrinfo hints{};
  gaicb request{};
};

Resolver::Resolver(EventLoop& loop, std::function<void(std::vector<IpAddress>)> done)
    : loop_{loop}, done_{std::move(done)}, timer_{loop, [this] { look(); }} {}

Resolver::~Resolver() {
  // What the library works on can't be taken back: then its memory stays.
  if (question_ && ::gai_cancel(&question_->request) == EAI_NOTCANCELED) (void)question_.release();
}

void Resolver::ask(const std::string& name) {
  if (question_) return;
  question_ = std::make_unique<Question>(name);
  std::array<gaicb*, 1> list{&question_->request};
  if (::getaddrinfo_a(GAI_NOWAIT, list.data(), 1, nullptr) != 0) {
    question_.reset();
    return done_({});
  }
  timer_.set(loop_.now() + kLookAgain);
}

void Resolver::look() {
  const int state = ::gai_error(&question_->request);
  if (state == EAI_INPROGRESS) return timer_.set(loop_.now() + kLookAgain);
  const auto answered = std::exchange(question_, nullptr);
  done_(state == 0 ? addresses_in(answered->request.ar_result) : std::vector<IpAddress>{});
}

}  // namespace duet::net
