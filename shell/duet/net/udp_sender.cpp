// SPDX-License-Identifier: MIT
// Sends many datagrams with few system calls.
#include <duet/net/socket_address.hpp>
#include <duet/net/udp_sender.hpp>
#include <duet/net/udp_socket.hpp>

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace duet::net {
namespace {

constexpr std::size_t kMaxMessages = 64;
constexpr std::size_t kPieces = 3;                  // head, body, padding
constexpr std::size_t kMaxSegments = 64;            // UDP_MAX_SEGMENTS
constexpr std::size_t kMaxVectors = 1024;           // UIO_MAXIOV, also of one message
constexpr std::size_t kMaxMessageSize = 65000;      // all segments; IPv4 takes 65,507
constexpr std::size_t kMaxSegmentSize = 1500 - 48;  // longer ones may need to be fragmented
constexpr std::size_t kSendControlSize =
    CMSG_SPACE(sizeof(std::uint16_t)) + CMSG_SPACE(sizeof(in6_pktinfo));

std::array<std::byte, 3> zeros{};

template <class T>
void put_control(msghdr& header, int level, int type, const T& value) {
  auto* const at = reinterpret_cast<cmsghdr*>(static_cast<std::byte*>(header.msg_control) +
                                              header.msg_controllen);
  at->cmsg_level = level;
  at->cmsg_type = type;
  at->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(at), &value, sizeof value);
  header.msg_controllen += CMSG_SPACE(sizeof value);
}

/// Makes the kernel send from this one of the addresses that a wildcard socket has.
void put_source(msghdr& header, const UdpSocket& socket, const IpAddress& from) {
  if (from.is_v4()) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, from.bytes().data(), 4);
    put_control(header, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, from.bytes().data(), 16);
    if (from.is_link_local()) info.ipi6_ifindex = socket.interface_of(from);
    put_control(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

iovec vector_of(std::span<const std::byte> bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

}  // namespace

/// One datagram, or several of a size for the kernel to take apart; the last may be shorter.
struct UdpSender::Message {
  UdpSocket* socket = nullptr;
  IpAddress from;
  Endpoint to;
  std::size_t segment = 0;  // bytes of each
  std::size_t segments = 0;
  std::size_t size = 0;  // bytes of all
  std::size_t vector = 0;
  std::size_t vectors = 0;
  bool is_closed = false;  // a shorter one came last
};

struct UdpSender::Queue {
  std::array<Message, kMaxMessages> messages;
  std::array<mmsghdr, kMaxMessages> headers{};
  std::array<SocketAddress, kMaxMessages> names;
  alignas(cmsghdr) std::array<std::array<std::byte, kSendControlSize>, kMaxMessages> controls{};
  std::array<iovec, kMaxVectors> vectors{};
  std::size_t message_count = 0;
  std::size_t vector_count = 0;
};

UdpSender::UdpSender() : queue_{std::make_unique<Queue>()} {}

UdpSender::~UdpSender() = default;

void UdpSender::add(UdpSocket& socket, const IpAddress& from, const Endpoint& to,
                    const UdpPayload& payload) {
  if (queue_->vector_count + kPieces > kMaxVectors) flush();
  if (!extend(socket, from, to, payload.size())) {
    if (queue_->message_count == kMaxMessages) flush();
    begin(socket, from, to, payload.size());
  }
  append(payload);
}

/// Whether the datagram goes with the message before it.
bool UdpSender::extend(UdpSocket& socket, const IpAddress& from, const Endpoint& to,
                       std::size_t size) {
  if (queue_->message_count == 0) return false;
  Message& last = queue_->messages[queue_->message_count - 1];
  if (last.socket != &socket || last.is_closed || size > last.segment || size == 0) return false;
  if (last.to != to || last.from != from || !socket.can_segment()) return false;
  if (last.segment > kMaxSegmentSize || last.segments == kMaxSegments ||
      last.size + size > kMaxMessageSize) {
    return false;
  }
  ++last.segments;
  last.size += size;
  last.is_closed = size < last.segment;
  return true;
}

void UdpSender::begin(UdpSocket& socket, const IpAddress& from, const Endpoint& to,
                      std::size_t size) {
  Message& message = queue_->messages[queue_->message_count++];
  message = {};
  message.socket = &socket;
  message.from = from;
  message.to = to;
  message.segment = size;
  message.segments = 1;
  message.size = size;
  message.vector = queue_->vector_count;
}

void UdpSender::append(const UdpPayload& payload) {
  Queue& queue = *queue_;
  const std::size_t first = queue.vector_count;
  if (!payload.head.empty()) queue.vectors[queue.vector_count++] = vector_of(payload.head);
  if (!payload.body.empty()) queue.vectors[queue.vector_count++] = vector_of(payload.body);
  if (payload.padding != 0) {
    queue.vectors[queue.vector_count++] = {zeros.data(), payload.padding};
  }
  queue.messages[queue.message_count - 1].vectors += queue.vector_count - first;
}

void UdpSender::flush() {
  Queue& queue = *queue_;
  for (std::size_t i = 0; i < queue.message_count; ++i) {
    const Message& message = queue.messages[i];
    queue.names[i] = to_socket_address(message.to);
    msghdr& header = queue.headers[i].msg_hdr;
    header = {};
    header.msg_name = queue.names[i].data();
    header.msg_namelen = queue.names[i].size;
    header.msg_iov = &queue.vectors[message.vector];
    header.msg_iovlen = message.vectors;
    header.msg_control = queue.controls[i].data();
    if (message.segments > 1) {
      put_control(header, SOL_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(message.segment));
    }
    if (message.socket->local().address.is_unspecified())
      put_source(header, *message.socket, message.from);
  }
  for (std::size_t first = 0; first < queue.message_count;) {
    std::size_t last = first + 1;
    while (last < queue.message_count &&
           queue.messages[last].socket == queue.messages[first].socket) {
      ++last;
    }
    send(first, last);
    first = last;
  }
  queue.message_count = 0;
  queue.vector_count = 0;
}

/// Messages [first, last), all of one socket. sendmmsg() stops at the first that fails: that one is
/// lost, and the rest goes on.
void UdpSender::send(std::size_t first, std::size_t last) {
  Queue& queue = *queue_;
  const UdpSocket& socket = *queue.messages[first].socket;
  const int descriptor = socket.descriptor();
  std::size_t tried_again = last;
  while (first < last) {
    const int sent =
        ::sendmmsg(descriptor, &queue.headers[first], static_cast<unsigned>(last - first), 0);
    for (int i = 0; i < sent; ++i) count(queue.messages[first++], true);
    if (sent > 0) continue;
    // Perhaps of a complaint about another datagram, which fails whatever is called next, once.
    if (errno != EAGAIN && socket.hears_complaints() && tried_again != first) {
      tried_again = first;
      continue;
    }
    const Message& refused = queue.messages[first++];
    // A device that can't segment, or a path narrower than a segment.
    if (refused.segments > 1 && (errno == EIO || errno == EINVAL || errno == EMSGSIZE)) {
      if (errno == EIO) refused.socket->give_up_segmenting();
      send_apart(refused);
    } else {
      count(refused, false);
    }
  }
}

void UdpSender::send_apart(const Message& message) {
  const auto index = static_cast<std::size_t>(&message - queue_->messages.data());
  msghdr header = queue_->headers[index].msg_hdr;
  std::array<std::byte, kSendControlSize> control{};
  header.msg_control = control.data();
  header.msg_controllen = 0;
  if (message.socket->local().address.is_unspecified())
    put_source(header, *message.socket, message.from);
  iovec* const end = header.msg_iov + message.vectors;
  for (iovec* at = header.msg_iov; at != end;) {
    header.msg_iov = at;
    header.msg_iovlen = 0;
    for (std::size_t size = 0; at != end && size < message.segment; ++at) {
      size += at->iov_len;
      ++header.msg_iovlen;
    }
    const bool sent = ::sendmsg(message.socket->descriptor(), &header, 0) >= 0;
    ++(sent ? counters_.sent : counters_.lost);
  }
}

void UdpSender::count(const Message& message, bool sent) {
  (sent ? counters_.sent : counters_.lost) += message.segments;
}

}  // namespace duet::net
