// SPDX-License-Identifier: MIT
// The server's events, the other end's messages and the connection's states, tied together.
#include <duet/call/call.hpp>
#include <duet/sdp/identity.hpp>

#include <algorithm>
#include <utility>

namespace duet::call {
namespace {

constexpr std::string_view kChat = "chat";

std::string_view type_of(const room::PeerMessage& message) {
  if (const auto* description = std::get_if<room::PeerDescription>(&message)) {
    return description->type == room::PeerDescription::Type::Offer ? "offer" : "answer";
  }
  if (std::holds_alternative<room::PeerCandidate>(message)) return "candidate";
  return std::holds_alternative<room::PeerMedia>(message) ? "media" : "bye";
}

/// Of the layers that can, one says that the other end closes the connection: close_notify, or an
/// ABORT (RFC 8446 §6.1, RFC 9260 §9.1). Browsers send one or both.
bool says_goodbye(const peer::Event& event) {
  if (const auto* dtls = std::get_if<peer::DtlsStateChanged>(&event)) {
    return dtls->state == peer::DtlsState::Closed;
  }
  const auto* data = std::get_if<data_channel::Event>(&event);
  if (data == nullptr) return false;
  const auto* closed = std::get_if<data_channel::TransportClosed>(data);
  return closed != nullptr && closed->reason == sctp::Closed::Reason::PeerAborted;
}

}  // namespace

Call::Call(rtc::Runtime& runtime, net::PostBox& box, CallOptions options, Equipment equipment,
           CallHandler handler)
    : runtime_{runtime},
      options_{std::move(options)},
      handler_{std::move(handler)},
      recovery_{options_.patience},
      recovery_timer_{runtime.loop(), [this] { handle_recovery(); }},
      closed_timer_{runtime.loop(), [this] { handle_no_return(); }},
      return_timer_{runtime.loop(), [this] { ask_again(); }},
      studio_{std::make_unique<Studio>(runtime.loop(), box, std::move(equipment), handler_.studio)},
      negotiation_{
          runtime,
          {.configuration = [this] { return configuration(); },
           .handlers = [this] { return connection_handlers(); },
           .say = [this](const room::PeerMessage& message) { say(message); },
           .attach =
               [this](PeerConnection& connection, Negotiation::Handler::Making making) {
                 if (making == Negotiation::Handler::Making::Answer) {
                   return studio_->prepare_answer();
                 }
                 studio_->prepare_offer();
                 if (chat_) return;
                 if (auto made = connection.create_data_channel({.label = std::string{kChat}})) {
                   chat_ = *std::move(made);
                 }
               },
           .made = [this](PeerConnection& connection,
                          bool has_replaced) { handle_made(connection, has_replaced); },
           .described =
               [this](const char* name, const peer::SessionDescription& description) {
                 tell(Described{name, description});
               }}},
      guest_{options_.room, options_.name},
      server_{runtime.loop(),
              options_.server,
              options_.tls,
              runtime.random(),
              {},
              {.event = [this](const socketio::ClientEvent& event) { handle_server_event(event); },
               .failed = [this](const net::OutgoingStream::End& end) { tell(ServerFailed{end}); }}},
      address_watch_{runtime.addresses().subscribe([this] { server_.handle_network_change(); })} {}

Call::~Call() { studio_->connect(nullptr); }

void Call::hang_up() {
  if (is_over_) return;
  last_report_ = report();
  is_over_ = true;
  guest_.say(room::PeerBye{});
  guest_.leave();
  flush();
  server_.close();
  studio_->connect(nullptr);
  // Not reset: it may be what is calling.
  if (auto* connection = negotiation_.connection()) connection->close();
  chat_.reset();
  recovery_timer_.cancel();
  closed_timer_.cancel();
  return_timer_.cancel();
}

void Call::ask_again() {
  if (is_over_) return;
  guest_.ask();
  flush();
}

void Call::set_muted(bool muted) {
  studio_->set_muted(muted);
  say_media();
}

void Call::set_camera_on(bool on) {
  studio_->set_camera_on(on);
  say_media();
}

std::optional<peer::SafetyNumber> Call::safety_number() const {
  const PeerConnection* connection = negotiation_.connection();
  if (connection == nullptr) return std::nullopt;
  const auto ours = connection->local_description();
  const auto theirs = connection->remote_description();
  if (!ours || !theirs) return std::nullopt;
  const auto one = sdp::fingerprint_of(ours->sdp);
  const auto other = sdp::fingerprint_of(theirs->sdp);
  if (one.empty() || other.empty()) return std::nullopt;
  return peer::safety_number(one, other);
}

std::optional<peer::StatsReport> Call::report() const {
  const PeerConnection* connection = negotiation_.connection();
  if (is_over_ || connection == nullptr) return last_report_;
  return connection->get_stats(studio_->supplement());
}

// ------------------------------------------------------------------ the server

void Call::handle_server_event(const socketio::ClientEvent& event) {
  if (is_over_) return;
  guest_.handle_event(event);
  if (std::holds_alternative<socketio::ClientConnected>(event)) {
    was_reached_ = true;
    if (std::exchange(is_server_lost_, false)) tell(ServerBack{});
  } else if (std::holds_alternative<socketio::ClientDisconnected>(event)) {
    recovery_.handle_signaling_down();
    if (!std::exchange(is_server_lost_, true)) tell(ServerLost{was_reached_});
  }
  while (const auto what = guest_.poll_event()) {
    handle_guest_event(*what);
    if (is_over_) return;
  }
  flush();
}

void Call::handle_guest_event(const room::GuestEvent& event) {
  if (const auto* servers = std::get_if<room::IceServersChanged>(&event)) {
    // What stands goes on with what it has; what is gathered later takes these.
    ice_servers_.clear();
    for (const room::IceServer& one : servers->servers) {
      ice_servers_.push_back({one.uri, one.username, one.credential});
    }
  } else if (const auto* seat = std::get_if<room::SeatTaken>(&event)) {
    const bool there = seat->other == room::SeatTaken::Other::There;
    const bool has_relay = std::ranges::any_of(ice_servers_, [](const rtc::IceServer& one) {
      using enum stun::Uri::Scheme;
      return one.uri.scheme == Turn || one.uri.scheme == Turns;
    });
    tell(Seated{there, has_relay});
    if (is_over_) return;
    if (there) handle_other_there(Role::Polite);
    // It left while the server was out of reach; a path that works says otherwise.
    if (!there && both_there_since_ && (!has_connected_ || is_interrupted_ || is_closed_))
      end(why_gone());
  } else if (std::holds_alternative<room::OtherCame>(event)) {
    tell(Signaled{false, "join", {}});
    if (is_over_) return;
    handle_other_there(Role::Impolite);
  } else if (std::holds_alternative<room::OtherLeft>(event)) {
    // Media is untouched by what the server says; it ends when the path does.
    if (has_connected_ && !is_interrupted_ && !is_closed_) {
      has_left_ = true;
    } else if (both_there_since_) {
      end(why_gone());
    }
  } else if (const auto* said = std::get_if<room::OtherSaid>(&event)) {
    handle_message(said->message);
  } else if (const auto* refused = std::get_if<room::SeatRefused>(&event)) {
    tell(SeatLost{*refused});
  }
}

void Call::handle_message(const room::PeerMessage& message) {
  tell(Signaled{false, "message", std::string{type_of(message)}});
  // Without a call there is nothing to agree on: camera and microphone are for who was announced.
  if (!both_there_since_ || is_over_) return;
  arrive();
  if (is_over_) return;
  if (const auto* description = std::get_if<room::PeerDescription>(&message)) {
    negotiation_.handle_description(*description);
  } else if (const auto* candidate = std::get_if<room::PeerCandidate>(&message)) {
    tell(RemoteCandidate{{candidate->candidate, candidate->sdp_mid, candidate->sdp_mline_index,
                          candidate->username_fragment}});
    negotiation_.handle_candidate(*candidate);
  } else if (const auto* media = std::get_if<room::PeerMedia>(&message)) {
    tell(OtherShows{*media});
  } else {
    end(Over::Why::OtherHungUp);
  }
}

/// For the first time, or after one of both came back.
void Call::handle_other_there(Role role) {
  recovery_.handle_signaling_up(now());
  has_left_ = false;
  if (role == Role::Impolite) {  // it is here now, whatever it had closed
    is_closed_ = false;
    closed_timer_.cancel();
  }
  // Of a seat that was only held, the time before counts for nothing.
  if (!both_there_since_ || (role == Role::Impolite && !has_arrived_)) {
    both_there_since_ = now();
    recovery_.handle_start(now());
  }
  if (role == Role::Impolite) arrive();
  if (is_over_) return;
  negotiation_.start(role);
  say_media();
  handle_recovery();
}

void Call::arrive() {
  if (!std::exchange(has_arrived_, true)) tell(OtherArrived{*both_there_since_});
}

void Call::say(const room::PeerMessage& message) {
  if (is_over_) return;
  tell(Signaled{true, "message", std::string{type_of(message)}});
  guest_.say(message);
  flush();
}

void Call::say_media() {
  if (!both_there_since_) return;
  say(room::PeerMedia{.audio = studio_->has_audio() && !studio_->is_muted(),
                      .video = studio_->is_camera_on(),
                      .screen = false,
                      .name = options_.name});
}

void Call::flush() {
  while (const auto emit = guest_.poll_emit()) {
    if (emit->wants_ack) {
      (void)server_.emit_with_ack(emit->payload);
    } else {
      (void)server_.emit(emit->payload);
    }
  }
}

// ------------------------------------------------------------------ the connection

rtc::Configuration Call::configuration() const {
  return {.ice_servers = ice_servers_,
          .ice_transport_policy = options_.relay_only ? ice::Policy::Relay : ice::Policy::All,
          .loopback = options_.loopback,
          .tls = options_.tls};  // who is believed as a server is believed as its relay
}

rtc::Handlers Call::connection_handlers() {
  return {
      .connection_state = [this](peer::ConnectionState state) { handle_connection_state(state); },
      .data_channel =
          [this](std::shared_ptr<rtc::DataChannel> channel) {
            if (channel->label() == kChat) chat_ = std::move(channel);
          },
      .event =
          [this](const peer::Event& event) {
            const PeerConnection* connection = negotiation_.connection();
            if (connection == nullptr) return;
            handler_.connection_event(connection->machine(), event);
            studio_->handle_event(event);
            if (says_goodbye(event)) handle_closed();
          }};
}

void Call::handle_made(PeerConnection& connection, bool has_replaced) {
  chat_.reset();
  studio_->connect(&connection);
  if (!has_replaced) return;
  recovery_.handle_replaced(now());
  interrupt();
  if (const auto next = recovery_.next_timeout()) recovery_timer_.set(*next);
}

void Call::handle_connection_state(peer::ConnectionState state) {
  if (is_over_ || !both_there_since_) return;
  recovery_.handle_connection(now(), state);
  if (state == peer::ConnectionState::Connected) {
    const bool is_again = std::exchange(has_connected_, true);
    pause_ = kFirstPause;
    is_closed_ = false;
    closed_timer_.cancel();
    if (!is_again || std::exchange(is_interrupted_, false)) {
      is_interrupted_ = false;
      tell(Connected{is_again, now() - *both_there_since_});
    }
  } else if (state == peer::ConnectionState::Disconnected ||
             state == peer::ConnectionState::Failed) {
    if (has_left_) return end(Over::Why::OtherLeft);
    interrupt();
  }
  handle_recovery();
}

/// The other end has closed the connection, which says nothing of whether it makes another one.
void Call::handle_closed() {
  if (is_over_ || !both_there_since_ || std::exchange(is_closed_, true)) return;
  if (has_left_) return end(Over::Why::OtherLeft);
  if (!has_connected_) return;
  closed_timer_.set(now() + (is_interrupted_ ? options_.return_within : kByeWithin));
}

void Call::handle_no_return() {
  if (is_over_ || !is_closed_) return;
  if (!is_interrupted_) {
    closed_timer_.set(now() + options_.return_within);
    return interrupt();
  }
  // Where we don't reach the server ourselves, nobody could have come back by it.
  if (is_server_lost_) return;
  // It has closed its data channels and nothing else.
  const PeerConnection* connection = negotiation_.connection();
  if (connection != nullptr && connection->machine().transport().is_connected() &&
      connection->connection_state() == peer::ConnectionState::Connected) {
    return handle_connection_state(peer::ConnectionState::Connected);
  }
  end(Over::Why::OtherLeft);
}

void Call::interrupt() {
  if (!has_connected_ || std::exchange(is_interrupted_, true)) return;
  tell(is_closed_ ? Interrupted{Interrupted::Why::Closed, options_.return_within}
                  : Interrupted{Interrupted::Why::NoPath, options_.patience});
}

/// Who has no seat any more: it went in good order, or the path had died before.
Over::Why Call::why_gone() const {
  return has_connected_ && !is_closed_ ? Over::Why::Lost : Over::Why::OtherLeft;
}

void Call::handle_recovery() {
  if (is_over_) return;
  const auto action = recovery_.poll_action(now());
  if (action == peer::Recovery::Action::GiveUp) {
    return step_out(has_connected_ ? why_gone() : Over::Why::NoPath);
  }
  if (action == peer::Recovery::Action::Restart) negotiation_.restart();
  if (const auto next = recovery_.next_timeout()) {
    recovery_timer_.set(*next);
  } else {
    recovery_timer_.cancel();
  }
}

void Call::end(Over::Why why) {
  last_report_ = report();
  studio_->connect(nullptr);
  negotiation_.reset();
  chat_.reset();
  recovery_.handle_end();
  recovery_timer_.cancel();
  closed_timer_.cancel();
  both_there_since_.reset();
  has_left_ = false;
  is_closed_ = false;
  has_connected_ = false;
  is_interrupted_ = false;
  if (std::exchange(has_arrived_, false)) tell(Over{why});
}

/// Where both ends kept their seats, neither would ever hear that the other one came.
void Call::step_out(Over::Why why) {
  say(room::PeerBye{});
  guest_.leave();
  flush();
  return_timer_.set(now() + pause_);
  pause_ = std::min(2 * pause_, kLongestPause);
  end(why);
}

}  // namespace duet::call
