// SPDX-License-Identifier: MIT
// Drives one peer::Connection from sockets and the loop.
#include <duet/base/bytes.hpp>
#include <duet/net/socket_address.hpp>
#include <duet/rtc/session.hpp>
#include <duet/turn/indication.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <system_error>
#include <utility>

namespace duet::rtc {

namespace {

/// Takes the capabilities out: some kilobytes that nobody else needs.
peer::ConnectionConfig machine_config(Runtime& runtime, Configuration& configuration) {
  return {.transport = {.identity = configuration.certificate ? configuration.certificate
                                                              : runtime.identity(),
                        .policy = configuration.ice_transport_policy,
                        .allows_loopback = true,  // those that call_addresses() gives are wanted
                        .hides_addresses = configuration.hides_addresses,
                        .servers = {},
                        .srtp_profiles = configuration.srtp_profiles},
          .capabilities = std::move(configuration.capabilities),
          .clock = runtime.clock(),
          .max_message_size = configuration.max_message_size,
          .max_mtu = net::UdpSocket::kMaxUnfragmented};
}

/// Bytes: the peer's bursts while this thread is elsewhere, 80 ms of 100 Mbit/s. The system counts
/// what is in it, so an idle socket costs none.
constexpr int kReceiveBuffer = 1024 * 1024;

constexpr std::size_t kPacketMemory =
    std::max(peer::Connection::kMinMemory,
             net::UdpSocket::kMaxUnfragmented + dtls::Transport::kMaxOverhead) +
    turn::kMaxIndicationHead;

/// When to wake for what is due at `due`: what is far off has time, and waits for the next tick of
/// a clock that all connections share, so that idle ones wake the thread together.
Instant together(Instant now, Instant due) {
  constexpr Duration kFar = 1s;  // consent, heartbeats, reports: all of seconds
  constexpr Duration kTick = 100ms;
  if (due < now + kFar) return due;
  const Duration past = due.time_since_epoch() % kTick;
  return past == Duration{} ? due : due + (kTick - past);
}

}  // namespace

Session::Session(Runtime& runtime, Configuration configuration, Handlers handlers)
    : runtime_{runtime},
      configuration_{std::move(configuration)},
      handlers_{std::make_shared<const Handlers>(std::move(handlers))},
      machine_{runtime.random(), machine_config(runtime, configuration_)},
      watch_{runtime.addresses().subscribe([this] { update_addresses(); })},
      servers_{runtime.loop(),
               [this] {
                 machine_.set_servers(now(), servers_.servers());
                 update_addresses();
               }},
      timer_{runtime.loop(), [this] {
               machine_.handle_timeout(now());
               run();
             }} {}

Session::~Session() {
  if (is_over_) return;  // the runtime may be gone before a call that the loop still held
  machine_.close(now());
  transmit();
  runtime_.flush();
  for (const std::string& name : names_) runtime_.mdns().remove(name);
}

void Session::start() { servers_.set(configuration_.ice_servers); }

void Session::schedule() {
  if (std::exchange(is_scheduled_, true)) return;
  runtime_.loop().defer([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->run();
  });
}

std::shared_ptr<DataChannel> Session::channel(data_channel::ChannelId id) {
  auto& channel = channels_[id];
  if (!channel) channel = std::make_shared<DataChannel>(weak_from_this(), id);
  return channel;
}

void Session::set_ice_servers(std::vector<IceServer> servers) {
  // A handler may be asking, in the middle of a socket's datagrams: sockets change between turns.
  runtime_.loop().defer([weak = weak_from_this(), servers = std::move(servers)] {
    const auto self = weak.lock();
    if (self && !self->is_over_) self->servers_.set(servers);
  });
}

void Session::close() {
  if (std::exchange(is_over_, true)) return;
  machine_.close(now());
  transmit();
  runtime_.flush();
  let_go();
}

void Session::let_go() {
  timer_.cancel();
  for (const std::string& name : std::exchange(names_, {})) runtime_.mdns().remove(name);
  listeners_.clear();
  // They may be the ones that are telling us something.
  runtime_.loop().defer([self = shared_from_this()] {
    self->sockets_.clear();
    self->streams_.clear();
  });
  schedule();  // channels that have closed are told so
}

void Session::update_addresses() {
  if (is_over_) return;
  const auto addresses = runtime_.addresses().addresses(configuration_.loopback);
  if (!addresses) return;  // the system doesn't tell: they are what they were
  std::erase_if(sockets_, [&](const auto& entry) {
    if (std::ranges::find(*addresses, entry.first) != addresses->end()) return false;
    machine_.remove_local_address(now(), entry.second->local());
    machine_.remove_local_address(now(), {entry.first, 0});  // of TCP
    return true;
  });
  std::erase_if(listeners_, [&](const auto& entry) {
    if (sockets_.contains(entry.first)) return false;
    machine_.remove_local_address(now(), entry.second->endpoint());
    return true;
  });
  for (const IpAddress& address : *addresses) {
    if (!sockets_.contains(address)) open_socket(address);
  }
  if (servers_.is_resolved()) machine_.end_of_local_addresses(now());
  schedule();
}

void Session::open_socket(const IpAddress& address) {
  try {
    auto socket = std::make_unique<net::UdpSocket>(
        runtime_.loop(), Endpoint{address, 0},
        [this, address] { handle_readable(*sockets_.at(address)); },
        net::UdpSocket::Fragmentation::Never);
    socket->set_receive_buffer(kReceiveBuffer);
    machine_.add_local_address(now(), socket->local());
    if (configuration_.accepts_tcp) open_listener(address);
    machine_.add_local_tcp_address(now(), {address, 0});
    sockets_.emplace(address, std::move(socket));
  } catch (const std::system_error&) {
    // An address that is going, or one not ready yet: the watch tells again
  }
}

void Session::open_listener(const IpAddress& address) {
  try {
    auto listener = std::make_unique<net::Listener>(
        runtime_.loop(), Endpoint{address, 0},
        [this, address](int descriptor) {
          handle_accepted(listeners_.at(address)->endpoint(), descriptor);
        },
        [] {});
    machine_.add_local_tcp_address(now(), listener->endpoint());
    listeners_.emplace(address, std::move(listener));
  } catch (const std::system_error&) {
    // UDP and what we connect to ourselves go on without it
  }
}

void Session::handle_accepted(const Endpoint& local, int descriptor) {
  net::SocketAddress remote;
  const bool is_there = ::getpeername(descriptor, remote.data(), &remote.size) == 0;
  const auto stream = is_there
                          ? machine_.handle_stream_accepted(now(), local, net::to_endpoint(remote))
                          : std::nullopt;
  if (!stream) {
    ::close(descriptor);
    return;
  }
  streams_[*stream] = std::make_unique<IceStream>(*this, runtime_.loop(), *stream, descriptor);
  schedule();
}

void Session::handle_readable(net::UdpSocket& socket) {
  const auto self = shared_from_this();  // a handler may drop what owns us
  const Instant at = now();
  for (const net::Datagram& datagram : runtime_.receiver().receive(socket)) {
    machine_.handle_datagram(at, socket.local(), datagram.from, datagram.bytes);
    tell_events();
    if (is_over_) break;
  }
  runtime_.receiver().release();
  run();
}

void Session::handle_frame(ice::StreamId stream, std::span<std::byte> frame) {
  const auto self = shared_from_this();
  machine_.handle_frame(now(), stream, frame);
  tell_events();
  schedule();
}

void Session::handle_stream_connected(ice::StreamId stream) {
  machine_.handle_stream_connected(now(), stream);
  schedule();
}

void Session::handle_stream_closed(ice::StreamId stream) {
  machine_.handle_stream_closed(now(), stream);
  // It is in the middle of telling us.
  runtime_.loop().defer([weak = weak_from_this(), stream] {
    if (const auto self = weak.lock()) self->streams_.erase(stream);
  });
  schedule();
}

void Session::run() {
  const auto self = shared_from_this();
  is_scheduled_ = false;
  tell_events();
  if (is_over_) return;
  transmit();
  tell_events();  // a buffer that has become low
  runtime_.flush();
  if (is_over_) return;
  if (const auto next = machine_.next_timeout()) {
    timer_.set(together(now(), *next));
  } else {
    timer_.cancel();
  }
}

void Session::tell_events() {
  while (const auto event = machine_.poll_event()) tell(*event);
}

void Session::transmit() {
  while (transmit_one()) {
  }
}

bool Session::transmit_one() {
  auto memory = runtime_.reserve(kPacketMemory);
  if (memory.empty()) {
    runtime_.flush();
    memory = runtime_.reserve(kPacketMemory);
  }
  const auto packet = machine_.poll_transmit(now(), memory.subspan(turn::kMaxIndicationHead));
  if (!packet) return false;
  if (packet->route.stream != ice::StreamId{}) {
    const auto stream = streams_.find(packet->route.stream);
    if (stream != streams_.end()) stream->second->send(*packet);
    return true;
  }
  const auto socket = sockets_.find(packet->route.local.address);
  if (socket == sockets_.end()) return true;
  const auto head = memory.first(packet->head_size);
  std::memcpy(head.data(), packet->head.data(), head.size());
  auto body = packet->payload;
  const bool is_ours = body.data() >= memory.data() && body.data() < memory.data() + memory.size();
  if (!is_ours) {  // a machine's own, which changes with the next call
    const auto room = memory.subspan(turn::kMaxIndicationHead, body.size());
    std::memcpy(room.data(), body.data(), body.size());
    body = room;
  }
  if (packet->may_be_fragmented) {  // rare: what was on its way when the path became narrower
    std::vector<std::byte> whole{head.begin(), head.end()};
    whole.insert(whole.end(), body.begin(), body.end());
    whole.resize(packet->size());
    runtime_.flush();  // in turn
    socket->second->send_fragmented(packet->route.remote, whole);
    return true;
  }
  runtime_.keep(turn::kMaxIndicationHead + body.size());
  runtime_.sender().add(*socket->second, packet->route.local.address, packet->route.remote,
                        {.head = head, .body = body, .padding = packet->padding});
  return true;
}

void Session::tell(const peer::Event& event) {
  const auto call = [](const auto& handler, auto&&... arguments) {
    if (handler) handler(std::forward<decltype(arguments)>(arguments)...);
  };
  const auto handlers = handlers_;  // which may be silenced by one of them
  call(handlers->event, event);
  if (is_silent_) return;  // that one has destroyed the connection, and perhaps what the others use
  if (const auto* found = std::get_if<peer::IceCandidateFound>(&event)) {
    call(handlers->ice_candidate, found->candidate);
  } else if (const auto* media = std::get_if<peer::MediaReceived>(&event)) {
    call(handlers->media, *media);
  } else if (const auto* data = std::get_if<data_channel::Event>(&event)) {
    tell(*data);
  } else if (const auto* order = std::get_if<ice::Event>(&event)) {
    obey(*order);
  } else if (const auto* state = std::get_if<peer::ConnectionStateChanged>(&event)) {
    call(handlers->connection_state, state->state);
  } else if (const auto* signaling = std::get_if<peer::SignalingStateChanged>(&event)) {
    call(handlers->signaling_state, signaling->state);
  } else if (std::holds_alternative<peer::NegotiationNeeded>(event)) {
    call(handlers->negotiation_needed);
  } else if (const auto* track = std::get_if<peer::TrackAdded>(&event)) {
    call(handlers->track, track->id);
  } else if (const auto* wanted = std::get_if<peer::KeyFrameWanted>(&event)) {
    call(handlers->key_frame_wanted, wanted->transceiver);
  }
}

void Session::tell(const data_channel::Event& event) {
  // A copy of the handler runs, since it may put another one in its place.
  const auto call = [this](auto handler, auto&&... arguments) {
    if (handler && !is_silent_) handler(std::forward<decltype(arguments)>(arguments)...);
  };
  if (const auto* announced = std::get_if<data_channel::Announced>(&event)) {
    const auto made = channel(announced->channel);
    call(handlers_->data_channel, made);
    // It is open already (W3C webrtc #announce-open); what was said on it follows.
    if (made->state() == DataChannel::State::Open) call(made->on_open);
  } else if (const auto* opened = std::get_if<data_channel::Opened>(&event)) {
    const auto made = channel(opened->channel);
    call(made->on_open);
  } else if (const auto* message = std::get_if<data_channel::MessageReceived>(&event)) {
    const auto at = channel(message->channel);
    if (message->kind == data_channel::MessageReceived::Kind::String) {
      call(at->on_text, as_text(message->bytes));
    } else {
      call(at->on_binary, std::span<const std::byte>{message->bytes});
    }
  } else if (const auto* low = std::get_if<data_channel::BufferedAmountLow>(&event)) {
    const auto at = channel(low->channel);
    call(at->on_buffered_amount_low);
  } else if (const auto* gone = std::get_if<data_channel::ChannelClosed>(&event)) {
    const auto closed = channel(gone->channel);
    channels_.erase(gone->channel);
    closed->is_closed_ = true;
    call(closed->on_close, gone->error);
  }
}

void Session::obey(const ice::Event& event) {
  if (const auto* wanted = std::get_if<ice::StreamWanted>(&event)) {
    std::optional<net::OutgoingStream::Tls> tls;
    if (wanted->carrier == ice::Carrier::Tls) {
      tls = net::OutgoingStream::Tls{configuration_.tls ? configuration_.tls : runtime_.tls(),
                                     wanted->host};
    }
    streams_[wanted->stream] =
        std::make_unique<IceStream>(*this, runtime_.loop(), *wanted, std::move(tls));
  } else if (const auto* unwanted = std::get_if<ice::StreamUnwanted>(&event)) {
    runtime_.loop().defer([weak = weak_from_this(), stream = unwanted->stream] {
      if (const auto self = weak.lock()) self->streams_.erase(stream);
    });
  } else if (const auto* name = std::get_if<ice::ResolveWanted>(&event)) {
    resolve(name->name);
  } else if (const auto* made = std::get_if<ice::NameMade>(&event)) {
    if (runtime_.mdns().add(made->name, made->address)) names_.push_back(made->name);
  }
}

void Session::resolve(const std::string& name) {
  runtime_.mdns().resolve(name,
                          [weak = weak_from_this(), name](const std::optional<IpAddress>& address) {
                            const auto self = weak.lock();
                            if (!self || self->is_over_) return;
                            self->machine_.handle_resolved(self->now(), name, address);
                            self->schedule();
                          });
}

}  // namespace duet::rtc
