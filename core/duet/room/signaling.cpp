// SPDX-License-Identifier: MIT
// The room protocol: events of sockets in, events to sockets out.
#include <duet/base/json_string.hpp>
#include <duet/room/signaling.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace duet::room {
namespace {

using socketio::Event;
using socketio::SocketId;

/// What every `log` begins with, as teaching servers write it.
constexpr std::string_view kLogBegin = R"(["log",[">>> Message from server: ",)";
constexpr std::string_view kLogEnd = "]]";

struct Words {
  std::string_view code;
  std::string_view reason;  // for a person; plain ASCII without quotes
};

Words words_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::Full:
      return {"full", "Two people are in this room already."};
    case Refusal::BadRoom:
      return {"bad-room", "The name of a room is a text of 1 to 256 bytes."};
    case Refusal::Draining:
      return {"draining", "This server is about to stop. Try again in a minute."};
    case Refusal::Limit:
      return {"limit", "This server has no place for another room. Try again later."};
    case Refusal::Moved:
      return {"moved", "This seat has moved to a newer connection."};
  }
  return {};
}

std::string_view name_of(Role role) { return role == Role::Created ? "created" : "joined"; }

/// "code":"full","reason":"..."
void append_words(std::string& out, Words words) {
  out += R"("code":")";
  out += words.code;
  out += R"(","reason":")";
  out += words.reason;
  out += '"';
}

}  // namespace

Signaling::Signaling(Seats& seats, Random& random, IceConfig ice)
    : seats_{seats}, random_{random}, ice_servers_{std::move(ice), random} {}

void Signaling::handle_event(Instant now, const Event& event) {
  if (event.type == Event::Type::Connected) return handle_connected(event);
  if (event.type == Event::Type::Disconnected) return handle_disconnected(now, event.socket);
  Member* member = find(event.socket);
  if (member == nullptr) return;
  if (event.name == "message") return handle_message(*member, event);
  if (event.name == "create or join") return handle_join(now, *member, event);
  if (event.name == "leave") return handle_leave(*member, event);
}

void Signaling::handle_connected(const Event& event) {
  members_.try_emplace(event.socket, Member{.source = event.source, .authority = event.authority});
  if (draining_) outbox_.begin(event.socket) += R"(["draining"])";
}

void Signaling::handle_disconnected(Instant now, SocketId socket) {
  const auto found = members_.find(socket);
  if (found == members_.end()) return;
  const Member member = std::move(found->second);
  members_.erase(found);
  if (!member.is_seated()) return;
  const std::string room{seats_.room_of(member.seat)};
  if (const auto vacancy = seats_.hold(now, member.seat, member.source)) return announce(*vacancy);
  ++counters_.holds;
  report(SeatNews::What::Away, room);
  if (member.mate) set_mate(*member.mate, std::nullopt);
}

void Signaling::handle_message(Member& member, const Event& event) {
  const std::string_view separator = event.arguments.empty() ? "" : ",";
  std::string& echo = outbox_.begin(event.socket, std::nullopt, event.attachments);
  echo += kLogBegin;
  echo += R"("Got message:")";
  echo += separator;
  echo += event.arguments;
  echo += kLogEnd;

  if (member.mate) {
    ++counters_.messages;
    std::string& relayed = outbox_.begin(*member.mate, std::nullopt, event.attachments);
    relayed += R"(["message")";
    relayed += separator;
    relayed += event.arguments;
    relayed += ']';
  } else {
    ++counters_.messages_unheard;
  }
  if (!event.ack) return;
  std::string& answer = outbox_.begin(event.socket, event.ack);
  if (member.mate) {
    answer += R"([{"ok":true}])";
  } else {
    answer += R"([{"ok":false,)";
    append_words(answer, {"nobody", member.is_seated() ? "Nobody else is in the room now."
                                                       : "You are not in a room."});
    answer += "}]";
  }
}

void Signaling::handle_leave(Member& member, const Event& event) {
  stand_up(member, event.socket);
  if (event.ack) outbox_.begin(event.socket, event.ack) += R"([{"ok":true}])";
}

void Signaling::handle_join(Instant now, Member& member, const Event& event) {
  const auto request = JoinRequest::parse(event.arguments);
  if (!request) {
    ++counters_.refused_bad_room;
    return refuse(event, Refusal::BadRoom);
  }
  const std::string_view room = request->room;
  if (member.is_seated() && seats_.room_of(member.seat) == room) {
    return repeat_answer(now, member, event);
  }
  if (const auto seating = seats_.resume(room, request->token, event.socket)) {
    stand_up(member, event.socket);
    ++counters_.resumed;
    report(SeatNews::What::Resumed, room);
    return sit_down(now, member, event, room, *seating);
  }
  if (draining_) {
    ++counters_.refused_draining;
    log_request(event.socket, room, seats_.taken(room));
    return refuse(event, Refusal::Draining);
  }
  stand_up(member, event.socket);
  const auto seating = seats_.take(room, event.socket, event.ack ? Token::Wanted : Token::Unwanted);
  if (seating) {
    const bool created = seating->role == Role::Created;
    ++(created ? counters_.created : counters_.joined);
    report(created ? SeatNews::What::Created : SeatNews::What::Joined, room);
    return sit_down(now, member, event, room, *seating);
  }
  log_request(event.socket, room, seats_.taken(room));
  if (seating.error() == SeatError::Full) {
    ++counters_.refused_full;
    report(SeatNews::What::Full, room);
    return refuse(event, Refusal::Full, room);
  }
  ++counters_.refused_limit;
  refuse(event, Refusal::Limit);
}

void Signaling::repeat_answer(Instant now, Member& member, const Event& event) {
  ++counters_.repeated;
  const std::string_view room = seats_.room_of(member.seat);
  log_request(event.socket, room, seats_.taken(room) - 1);
  welcome(now, member, event.socket, room);
  if (event.ack) acknowledge_seat(event, member.role, seats_.token_of(member.seat));
}

void Signaling::sit_down(Instant now, Member& member, const Event& event, std::string_view room,
                         const Seating& seating) {
  if (seating.evicted) evict(*seating.evicted);
  member.seat = seating.seat;
  member.role = seating.role;
  member.mate = seating.mate;
  log_request(event.socket, room, seating.taken_before);
  if (seating.mate) {
    set_mate(*seating.mate, event.socket);
    append_room_event(*seating.mate, "join", room);
  }
  review_flow(member, event.socket);
  welcome(now, member, event.socket, room);

  const std::string id = random_name(random_);
  const auto append_named = [&](SocketId to, std::string_view begin) {
    std::string& out = outbox_.begin(to);
    out += begin;
    out += id;
    out += " joined room ";
    append_json_escaped(out, room);
    out += "\"]";
  };
  append_named(event.socket, R"(["emit(): client )");
  if (seating.mate) append_named(*seating.mate, R"(["broadcast(): client )");
  if (event.ack) acknowledge_seat(event, seating.role, seating.token);
}

/// Whose seat a token took away: it stays connected and sits nowhere.
void Signaling::evict(SocketId socket) {
  Member* member = find(socket);
  if (member == nullptr) return;
  ++counters_.moved;
  member->seat = {};
  member->mate.reset();
  review_flow(*member, socket);
  std::string& out = outbox_.begin(socket);
  out += R"(["refused",{)";
  append_words(out, words_of(Refusal::Moved));
  out += "}]";
}

/// Frees the member's seat, if it has one.
void Signaling::stand_up(Member& member, SocketId socket) {
  if (!member.is_seated()) return;
  const Vacancy vacancy = seats_.free(member.seat);
  member.seat = {};
  member.mate.reset();
  review_flow(member, socket);
  announce(vacancy);
}

void Signaling::announce(const Vacancy& vacancy) {
  ++counters_.leaves;
  report(SeatNews::What::Left, vacancy.room);
  if (!vacancy.mate) return;
  set_mate(*vacancy.mate, std::nullopt);
  append_room_event(*vacancy.mate, "leave", vacancy.room);
}

void Signaling::set_mate(SocketId socket, std::optional<SocketId> mate) {
  Member* member = find(socket);
  if (member == nullptr) return;
  member->mate = mate;
  review_flow(*member, socket);
}

void Signaling::handle_timeout(Instant now) {
  while (const auto vacancy = seats_.poll_expired(now)) {
    ++counters_.holds_expired;
    announce(*vacancy);
  }
  while (const auto socket = renewals_.pop(now)) renew(now, *socket);
}

std::optional<Instant> Signaling::next_timeout() const {
  const auto seats = seats_.next_timeout();
  const auto renewal = renewals_.next();
  if (!seats || !renewal) return seats ? seats : renewal;
  return std::min(*seats, *renewal);
}

void Signaling::drain() {
  if (draining_) return;
  draining_ = true;
  for (const auto& [socket, member] : members_) outbox_.begin(socket) += R"(["draining"])";
}

void Signaling::log_request(SocketId socket, std::string_view room, int taken) {
  std::string& count = outbox_.begin(socket);
  count += kLogBegin;
  count += "\"Room ";
  append_json_escaped(count, room);
  count += " has ";
  count += std::to_string(taken);
  count += " client(s)\"";
  count += kLogEnd;

  std::string& request = outbox_.begin(socket);
  request += kLogBegin;
  request += "\"Request to create or join room ";
  append_json_escaped(request, room);
  request += '"';
  request += kLogEnd;
}

/// What a seat's new holder needs to know comes before the event that makes it act.
void Signaling::welcome(Instant now, Member& member, SocketId socket, std::string_view room) {
  tell_ice_servers(now, member, socket);
  append_room_event(socket, name_of(member.role), room);
}

void Signaling::tell_ice_servers(Instant now, Member& member, SocketId socket) {
  const Authority* own = member.authority.get();
  if (!ice_servers_.any(own)) return;
  std::string& out = outbox_.begin(socket);
  out += R"(["ice servers",)";
  ice_servers_.append_json(out, now, member.seat, own);
  out += ']';
  member.renew_at = now + ice_servers_.renewal();
  queue_renewal(member, socket);
}

/// An entry that is there already is due earlier, and is queued anew when it comes up.
void Signaling::queue_renewal(Member& member, SocketId socket) {
  if (member.renewal_queued) return;
  member.renewal_queued = true;
  renewals_.push(member.renew_at, socket,
                 [this](SocketId queued) { return members_.contains(queued); });
}

void Signaling::renew(Instant now, SocketId socket) {
  Member* member = find(socket);
  if (member == nullptr) return;
  member->renewal_queued = false;
  if (!member->is_seated()) return;
  if (now < member->renew_at) return queue_renewal(*member, socket);
  tell_ice_servers(now, *member, socket);
}

void Signaling::acknowledge_seat(const Event& event, Role role, std::string_view token) {
  std::string& out = outbox_.begin(event.socket, event.ack);
  out += R"([{"ok":true,"role":")";
  out += name_of(role);
  out += R"(","token":)";
  append_json_string(out, token);
  out += "}]";
}

/// @param room  of Full, which is told by an event of its own, acknowledgement or not
void Signaling::refuse(const Event& event, Refusal refusal, std::string_view room) {
  if (refusal == Refusal::Full) append_room_event(event.socket, "full", room);
  if (refusal == Refusal::Full && !event.ack) return;
  std::string& out = outbox_.begin(event.socket, event.ack);
  out += event.ack ? R"([{"ok":false,)" : R"(["refused",{)";
  append_words(out, words_of(refusal));
  out += "}]";
}

void Signaling::append_room_event(SocketId to, std::string_view name, std::string_view room) {
  std::string& out = outbox_.begin(to);
  out += "[\"";
  out += name;
  out += "\",";
  append_json_string(out, room);
  out += ']';
}

void Signaling::set_congested(SocketId socket, bool congested) {
  Member* member = find(socket);
  if (member == nullptr || member->congested == congested) return;
  member->congested = congested;
  review_flow(*member, socket);
  if (!member->mate) return;
  if (Member* mate = find(*member->mate)) review_flow(*mate, *member->mate);
}

bool Signaling::is_congested(SocketId socket) const {
  const auto found = members_.find(socket);
  return found != members_.end() && found->second.congested;
}

/// A socket feeds itself (the echo of its messages) and its mate.
void Signaling::review_flow(Member& member, SocketId socket) {
  const bool paused = member.congested || (member.mate && is_congested(*member.mate));
  if (paused == member.paused) return;
  member.paused = paused;
  flows_.push_back({.socket = socket, .paused = paused});
}

std::optional<Flow> Signaling::poll_flow() {
  if (next_flow_ == flows_.size()) {
    flows_.clear();
    next_flow_ = 0;
    return std::nullopt;
  }
  return flows_[next_flow_++];
}

void Signaling::report(SeatNews::What what, std::string_view room) {
  if (news_.size() < kMaxNews) news_.push_back({.what = what, .room = std::string{room}});
}

std::optional<SeatNews> Signaling::poll_news() {
  if (news_.empty()) return std::nullopt;
  SeatNews next = std::move(news_.front());
  news_.pop_front();
  return next;
}

Counters Signaling::counters() const {
  Counters counters = counters_;
  counters.rooms = seats_.room_count();
  counters.held = seats_.held_count();
  counters.sockets = members_.size();
  return counters;
}

Signaling::Member* Signaling::find(SocketId socket) {
  const auto found = members_.find(socket);
  return found == members_.end() ? nullptr : &found->second;
}

}  // namespace duet::room
