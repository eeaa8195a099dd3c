// SPDX-License-Identifier: MIT
// libusrsctp behind one class.
#include "peer.hpp"

#include <duet/base/check.hpp>

#include <usrsctp.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace duet::usrsctp {

struct Callbacks {
  static int output(void* address, void* buffer, std::size_t length, std::uint8_t, std::uint8_t) {
    const auto* bytes = static_cast<const std::byte*>(buffer);
    static_cast<Peer*>(address)->out_.emplace_back(bytes, bytes + length);
    return 0;
  }

  static int receive(struct ::socket*, union sctp_sockstore, void* data, std::size_t length,
                     struct sctp_rcvinfo info, int flags, void* context) {
    if (data == nullptr) return 1;
    Peer& peer = *static_cast<Peer*>(context);
    const auto* bytes = static_cast<const std::byte*>(data);
    if ((flags & MSG_NOTIFICATION) != 0) {
      notify(peer, *static_cast<const union sctp_notification*>(data));
    } else {
      peer.partial_.insert(peer.partial_.end(), bytes, bytes + length);
      if ((flags & MSG_EOR) != 0) {
        const std::uint32_t ppid = info.rcv_ppid;  // in network order
        const auto* p = reinterpret_cast<const std::uint8_t*>(&ppid);
        peer.messages.push_back({info.rcv_sid,
                                 static_cast<std::uint32_t>(p[0]) << 24 |
                                     static_cast<std::uint32_t>(p[1]) << 16 |
                                     static_cast<std::uint32_t>(p[2]) << 8 | p[3],
                                 std::move(peer.partial_)});
        peer.partial_.clear();
      }
    }
    std::free(data);
    return 1;
  }

  static void notify(Peer& peer, const union sctp_notification& what) {
    switch (what.sn_header.sn_type) {
      case SCTP_ASSOC_CHANGE:
        if (what.sn_assoc_change.sac_state == SCTP_COMM_UP) peer.is_up_ = true;
        if (what.sn_assoc_change.sac_state == SCTP_COMM_LOST ||
            what.sn_assoc_change.sac_state == SCTP_SHUTDOWN_COMP) {
          peer.is_closed_ = true;
        }
        break;
      case SCTP_STREAM_RESET_EVENT: {
        const auto& event = what.sn_strreset_event;
        const std::size_t count = (event.strreset_length - sizeof event) / sizeof(std::uint16_t);
        auto& list = (event.strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN) != 0
                         ? peer.incoming_resets
                         : peer.outgoing_resets;
        for (std::size_t i = 0; i < count; ++i) list.push_back(event.strreset_stream_list[i]);
        break;
      }
      default:
        break;
    }
  }
};

namespace {

constexpr std::uint16_t kPort = 5000;
/// SCTP_INTERLEAVING_SUPPORTED, which libusrsctp has and its public header leaves out.
constexpr int kInterleavingSupported = 0x1206;

struct sockaddr_conn address_of(Peer* peer) {
  struct sockaddr_conn address {};

  address.sconn_family = AF_CONN;
  address.sconn_port = htons(kPort);
  address.sconn_addr = peer;
  return address;
}

template <class T>
void set(struct ::socket* socket, int option, const T& value) {
  DUET_CHECK(usrsctp_setsockopt(socket, IPPROTO_SCTP, option, &value, sizeof value) == 0);
}

}  // namespace

Peer::Peer(Options options) {
  usrsctp_init_nothreads(0, &Callbacks::output, nullptr);
  usrsctp_sysctl_set_sctp_blackhole(2);
  usrsctp_sysctl_set_sctp_ecn_enable(0);
  usrsctp_sysctl_set_sctp_pr_enable(1);
  usrsctp_sysctl_set_sctp_default_frag_interleave(options.interleaving ? 2 : 0);
  usrsctp_register_address(this);
  socket_ =
      usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, &Callbacks::receive, nullptr, 0, this);
  DUET_CHECK(socket_ != nullptr);
  usrsctp_set_non_blocking(socket_, 1);
  const int size = 4 << 20;
  usrsctp_setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  usrsctp_setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);

  struct linger linger {
    1, 0
  };

  usrsctp_setsockopt(socket_, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  set(socket_, SCTP_ENABLE_STREAM_RESET,
      sctp_assoc_value{SCTP_ALL_ASSOC,
                       SCTP_ENABLE_RESET_STREAM_REQ | SCTP_ENABLE_CHANGE_ASSOC_REQ});
  // Its 1 s to 60 s would only make the tests longer.
  set(socket_, SCTP_RTOINFO,
      sctp_rtoinfo{
          .srto_assoc_id = SCTP_ALL_ASSOC, .srto_initial = 200, .srto_max = 1000, .srto_min = 100});
  set(socket_, SCTP_NODELAY, 1);
  set(socket_, SCTP_EXPLICIT_EOR, 0);
  if (options.interleaving) {
    set(socket_, SCTP_FRAGMENT_INTERLEAVE, 2);
    set(socket_, kInterleavingSupported, sctp_assoc_value{SCTP_FUTURE_ASSOC, 1});
  }
  for (const int type : {SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT}) {
    struct sctp_event event {};

    event.se_assoc_id = SCTP_ALL_ASSOC;
    event.se_on = 1;
    event.se_type = static_cast<std::uint16_t>(type);
    set(socket_, SCTP_EVENT, event);
  }

  struct sctp_initmsg init {};

  init.sinit_num_ostreams = options.streams;
  init.sinit_max_instreams = options.streams;
  set(socket_, SCTP_INITMSG, init);
  auto address = address_of(this);
  DUET_CHECK(usrsctp_bind(socket_, reinterpret_cast<struct sockaddr*>(&address), sizeof address) ==
             0);
}

Peer::~Peer() {
  usrsctp_close(socket_);
  usrsctp_deregister_address(this);
  for (int i = 0; i < 100 && usrsctp_finish() != 0; ++i) usrsctp_handle_timers(10);
}

void Peer::connect() {
  auto address = address_of(this);
  const int status =
      usrsctp_connect(socket_, reinterpret_cast<struct sockaddr*>(&address), sizeof address);
  DUET_CHECK(status == 0 || errno == EINPROGRESS);

  // The path is DTLS: what its longest packet is, is known (kBaseMtu).
  struct sctp_paddrparams parameters {};

  std::memcpy(&parameters.spp_address, &address, sizeof address);
  parameters.spp_flags = SPP_PMTUD_DISABLE;
  parameters.spp_pathmtu = 1192;
  set(socket_, SCTP_PEER_ADDR_PARAMS, parameters);
}

void Peer::handle_packet(std::span<const std::byte> bytes) {
  usrsctp_conninput(this, bytes.data(), bytes.size(), 0);
}

void Peer::handle_time(std::uint32_t elapsed_ms) { usrsctp_handle_timers(elapsed_ms); }

std::optional<std::vector<std::byte>> Peer::poll_transmit() {
  if (out_.empty()) return std::nullopt;
  auto packet = std::move(out_.front());
  out_.pop_front();
  return packet;
}

bool Peer::send(std::uint16_t stream, std::uint32_t ppid, std::span<const std::byte> bytes,
                How how) {
  struct sctp_sendv_spa spa {};

  spa.sendv_flags = SCTP_SEND_SNDINFO_VALID;
  spa.sendv_sndinfo.snd_sid = stream;
  spa.sendv_sndinfo.snd_ppid = htonl(ppid);
  spa.sendv_sndinfo.snd_flags = SCTP_EOR;
  if (how.is_unordered) spa.sendv_sndinfo.snd_flags |= SCTP_UNORDERED;
  if (how.max_retransmits) {
    spa.sendv_flags |= SCTP_SEND_PRINFO_VALID;
    spa.sendv_prinfo.pr_policy = SCTP_PR_SCTP_RTX;
    spa.sendv_prinfo.pr_value = *how.max_retransmits;
  }
  const auto sent = usrsctp_sendv(socket_, bytes.data(), bytes.size(), nullptr, 0, &spa, sizeof spa,
                                  SCTP_SENDV_SPA, 0);
  return sent == static_cast<ssize_t>(bytes.size());
}

bool Peer::reset_stream(std::uint16_t stream) {
  alignas(sctp_reset_streams) std::byte memory[sizeof(sctp_reset_streams) + 2]{};
  auto* reset = reinterpret_cast<sctp_reset_streams*>(memory);
  reset->srs_assoc_id = SCTP_ALL_ASSOC;
  reset->srs_flags = SCTP_STREAM_RESET_OUTGOING;
  reset->srs_number_streams = 1;
  reset->srs_stream_list[0] = stream;
  return usrsctp_setsockopt(socket_, IPPROTO_SCTP, SCTP_RESET_STREAMS, reset, sizeof memory) == 0;
}

bool Peer::add_streams(std::uint16_t outgoing) {
  struct sctp_add_streams add {};

  add.sas_assoc_id = SCTP_ALL_ASSOC;
  add.sas_outstrms = outgoing;
  return usrsctp_setsockopt(socket_, IPPROTO_SCTP, SCTP_ADD_STREAMS, &add, sizeof add) == 0;
}

void Peer::shutdown() { usrsctp_shutdown(socket_, SHUT_WR); }

}  // namespace duet::usrsctp
