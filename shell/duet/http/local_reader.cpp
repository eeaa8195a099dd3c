// SPDX-License-Identifier: MIT
// What a program on this machine has not read yet of a connection to us.
#include <duet/http/local_reader.hpp>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace duet::http {
namespace {

struct Question {
  nlmsghdr header{};
  inet_diag_req_v2 body{};
};

Question question_about(const Endpoint& peer, const Endpoint& local, std::uint32_t sequence) {
  Question question;
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST;  // this one socket, not a dump
  question.header.nlmsg_seq = sequence;
  question.body.sdiag_family = peer.address.is_v4() ? AF_INET : AF_INET6;
  question.body.sdiag_protocol = IPPROTO_TCP;
  question.body.idiag_states = 1U << TCP_ESTABLISHED;
  inet_diag_sockid& id = question.body.id;
  id.idiag_sport = htons(peer.port);
  id.idiag_dport = htons(local.port);
  const std::size_t size = peer.address.is_v4() ? 4 : 16;
  std::memcpy(id.idiag_src, peer.address.bytes().data(), size);
  std::memcpy(id.idiag_dst, local.address.bytes().data(), size);
  id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return question;
}

}  // namespace

LocalReader::~LocalReader() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool LocalReader::open() {
  if (descriptor_ >= 0) return true;
  if (refused_) return false;
  descriptor_ = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
  refused_ = descriptor_ < 0 && errno != EMFILE && errno != ENFILE;
  return descriptor_ >= 0;
}

std::optional<std::uint32_t> LocalReader::unread(const Endpoint& peer, const Endpoint& local) {
  if (peer.address.is_v4() != local.address.is_v4() || !open()) return std::nullopt;
  const Question question = question_about(peer, local, ++sequence_);
  if (::send(descriptor_, &question, sizeof question, 0) < 0) return std::nullopt;
  // The kernel has answered when send() returns.
  alignas(nlmsghdr) std::array<std::byte, 1024> answer{};
  for (;;) {
    const ssize_t size = ::recv(descriptor_, answer.data(), answer.size(), 0);
    if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(inet_diag_msg)))) return std::nullopt;
    nlmsghdr header{};
    std::memcpy(&header, answer.data(), sizeof header);
    if (header.nlmsg_seq != sequence_) continue;  // to a question whose answer did not come in time
    if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY) return std::nullopt;
    inet_diag_msg found{};
    std::memcpy(&found, answer.data() + NLMSG_HDRLEN, sizeof found);
    // Where nothing is connected, the kernel answers for who listens at that port.
    if (found.idiag_state == TCP_LISTEN || found.id.idiag_dport != question.body.id.idiag_dport) {
      return std::nullopt;
    }
    return found.idiag_rqueue;
  }
}

}  // namespace duet::http
