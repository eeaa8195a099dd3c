// SPDX-License-Identifier: MIT
// Names to addresses, without waiting.
#include <duet/net/resolver.hpp>
#include <duet/net/socket_address.hpp>

#include <netdb.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <deque>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace duet::net {
namespace {

/// Whether no name server is asked for it: an address, or what the system's own files know.
bool is_of_this_machine(std::string_view name) {
  return name == "localhost" || IpAddress::parse(name);
}

/// Signals are the loop's, which reads them from a descriptor: a thread that took one would end the
/// process by it.
class WithoutSignals {
 public:
  WithoutSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }

  ~WithoutSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  WithoutSignals(const WithoutSignals&) = delete;
  WithoutSignals& operator=(const WithoutSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

/// Belongs to who asks and to the thread that looks it up, and goes with the later of them.
struct Resolver::Question {
  const std::string name;
  const Lookup look_up;
  Desk& desk;
  Resolver* asker;  // null once it waits no more; guarded by the desk's mutex
};

/// Takes questions, and has threads as long as there are some.
///
/// The threads are detached, since nobody can call one back from getaddrinfo(). One may therefore
/// outlive everything, even main(): it touches its question, which it owns a share of, the desk,
/// which is never destroyed, and an asker only if that is still there, under the mutex that an
/// asker takes to end.
class Resolver::Desk {
 public:
  static Desk& for_name(std::string_view name) {
    static Desk& names = *new Desk{kMaxThreads};
    static Desk& of_this_machine = *new Desk{1};
    return is_of_this_machine(name) ? of_this_machine : names;
  }

  /// @return whether it will be looked up
  bool take(const std::shared_ptr<Question>& question) {
    const std::lock_guard lock{mutex_};
    if (threads_ < max_threads_ && start_thread(question)) return true;
    if (threads_ == 0 || waiting_.size() == kMaxWaiting) return false;
    waiting_.push_back(question);
    return true;
  }

  /// When it returns, no thread knows the asker any more.
  void forget(const std::shared_ptr<Question>& question) {
    const std::lock_guard lock{mutex_};
    question->asker = nullptr;
    std::erase(waiting_, question);
  }

 private:
  explicit Desk(std::size_t max_threads) : max_threads_{max_threads} {}

  bool start_thread(const std::shared_ptr<Question>& question) {
    const WithoutSignals inherited;
    try {
      std::thread{[this, question] { work(question); }}.detach();
    } catch (const std::system_error&) {
      return false;  // the system has none left
    }
    ++threads_;
    return true;
  }

  void work(std::shared_ptr<Question> question) {
    while (question) {
      auto addresses = question->look_up(question->name);
      const std::lock_guard lock{mutex_};
      if (Resolver* const asker = question->asker) {
        asker->box_->post([asker, addresses = std::move(addresses)]() mutable {
          asker->handle_answer(std::move(addresses));
        });
      }
      question = next();
    }
  }

  /// Nothing, and one thread less, if nothing waits.
  std::shared_ptr<Question> next() {
    if (waiting_.empty()) {
      --threads_;
      return nullptr;
    }
    auto question = std::move(waiting_.front());
    waiting_.pop_front();
    return question;
  }

  const std::size_t max_threads_;
  std::mutex mutex_;  // guards the rest, and the askers of questions
  std::size_t threads_ = 0;
  std::deque<std::shared_ptr<Question>> waiting_;
};

Resolver::Resolver(EventLoop& loop, std::function<void(std::vector<IpAddress>)> done,
                   Lookup look_up)
    : loop_{loop}, done_{std::move(done)}, look_up_{std::move(look_up)} {}

Resolver::~Resolver() { forget_question(); }

void Resolver::ask(const std::string& name) {
  if (question_ || refused_.when() != Instant::max()) return;
  try {
    box_ = std::make_unique<PostBox>(loop_);
  } catch (const std::system_error&) {
    return refused_.set(loop_.now());  // no descriptor is left
  }
  Desk& desk = Desk::for_name(name);
  question_ = std::make_shared<Question>(Question{name, look_up_, desk, this});
  if (!desk.take(question_)) refused_.set(loop_.now());
}

void Resolver::handle_answer(std::vector<IpAddress> addresses) {
  forget_question();
  const auto done = done_;  // outlives this, if it destroys it
  done(std::move(addresses));
}

void Resolver::forget_question() {
  if (!question_) return;
  question_->desk.forget(question_);
  question_.reset();
  box_.reset();
}

std::vector<IpAddress> Resolver::ask_system(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;  // else each address comes once for each kind
  addrinfo* list = nullptr;
  if (::getaddrinfo(name.c_str(), nullptr, &hints, &list) != 0) return {};
  std::vector<IpAddress> addresses;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    SocketAddress address;
    std::memcpy(address.data(), at->ai_addr, at->ai_addrlen);
    addresses.push_back(to_endpoint(address).address);
  }
  ::freeaddrinfo(list);
  return addresses;
}

}  // namespace duet::net
