// SPDX-License-Identifier: MIT
// The table of rooms of one server, in its memory.
#include <duet/base/check.hpp>
#include <duet/room/memory_seats.hpp>

#include <algorithm>

namespace duet::room {
namespace {

constexpr SeatId kFree{};

/// Takes as long whatever `given` is, so that the time tells nothing about `kept`.
template <std::size_t N>
bool same_secret(const std::array<char, N>& kept, std::string_view given) {
  if (given.size() != N) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < N; ++i) difference |= static_cast<unsigned>(kept[i] ^ given[i]);
  return difference == 0;
}

}  // namespace

std::size_t MemorySeats::AddressHash::operator()(const IpAddress& address) const noexcept {
  const auto& bytes = address.bytes();
  return hash({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

MemorySeats::MemorySeats(SeatLimits limits, Random& random)
    : limits_{limits},
      random_{random},
      rooms_{0, KeyedHash{random.u64(), random.u64()}},
      held_by_address_{0, AddressHash{KeyedHash{random.u64(), random.u64()}}} {}

MemorySeats::Seat& MemorySeats::get(SeatId id) {
  Seat* seat = seats_.find(id);
  DUET_CHECK(seat != nullptr);
  return *seat;
}

const MemorySeats::Seat& MemorySeats::get(SeatId id) const {
  return const_cast<MemorySeats*>(this)->get(id);
}

Result<Seating, SeatError> MemorySeats::take(std::string_view room, socketio::SocketId socket,
                                             Token token) {
  auto found = rooms_.find(room);
  if (found == rooms_.end()) {
    if (limits_.rooms && rooms_.size() >= *limits_.rooms) return fail(SeatError::Limit);
    found = rooms_.try_emplace(std::string{room}).first;
  }
  auto& places = found->second.seats;
  const auto place = std::find(places.begin(), places.end(), kFree);
  if (place == places.end()) return fail(SeatError::Full);
  const SeatId id = seats_.insert(Seat{.room = &*found, .socket = socket});
  *place = id;
  if (token == Token::Wanted) give_token(get(id));
  return seated(id);
}

std::optional<Seating> MemorySeats::resume(std::string_view room, std::string_view token,
                                           socketio::SocketId socket) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return std::nullopt;
  for (const SeatId id : found->second.seats) {
    if (id == kFree) continue;
    Seat& seat = get(id);
    if (seat.token == TokenText{} || !same_secret(seat.token, token)) continue;
    const auto evicted = std::exchange(seat.socket, socket);
    end_hold(id);
    Seating seating = seated(id);
    seating.evicted = evicted;
    return seating;
  }
  return std::nullopt;
}

/// What the one who sits on `id` finds.
Seating MemorySeats::seated(SeatId id) const {
  const Seat& seat = get(id);
  Seating seating{.seat = id};
  if (seat.token != TokenText{}) seating.token.assign(seat.token.data(), seat.token.size());
  for (const SeatId other : seat.room->second.seats) {
    if (other == kFree || other == id) continue;
    seating.role = Role::Joined;
    seating.taken_before = 1;
    seating.mate = get(other).socket;
  }
  return seating;
}

void MemorySeats::give_token(Seat& seat) {
  const std::string name = random_name(random_);
  DUET_CHECK(name.size() == seat.token.size());
  std::copy(name.begin(), name.end(), seat.token.begin());
}

std::string MemorySeats::token_of(SeatId id) {
  Seat& seat = get(id);
  if (seat.token == TokenText{}) give_token(seat);
  return {seat.token.data(), seat.token.size()};
}

Vacancy MemorySeats::free(SeatId id) {
  const Seat& seat = get(id);
  Vacancy vacancy{.room = seat.room->first, .mate = seated(id).mate};
  auto& places = seat.room->second.seats;
  std::replace(places.begin(), places.end(), id, kFree);
  if (places == std::array{kFree, kFree}) rooms_.erase(rooms_.find(vacancy.room));
  end_hold(id);
  seats_.erase(id);
  return vacancy;
}

std::optional<Vacancy> MemorySeats::hold(Instant now, SeatId id, const IpAddress& source) {
  Seat& seat = get(id);
  if (seat.token == TokenText{}) return free(id);
  const IpAddress address = source.subscriber();
  const auto held = held_by_address_.find(address);
  const std::size_t count = held == held_by_address_.end() ? 0 : held->second;
  if (limits_.held_per_address && count >= *limits_.held_per_address) return free(id);
  seat.socket.reset();
  const bool is_new = holds_.try_emplace(id, Hold{.until = now + kHold, .source = address}).second;
  DUET_CHECK(is_new);
  ++held_by_address_[address];
  timers_.push(now + kHold, id);
  return std::nullopt;
}

void MemorySeats::end_hold(SeatId id) {
  const auto hold = holds_.find(id);
  if (hold == holds_.end()) return;
  const auto held = held_by_address_.find(hold->second.source);
  if (--held->second == 0) held_by_address_.erase(held);
  holds_.erase(hold);
}

std::optional<Vacancy> MemorySeats::poll_expired(Instant now) {
  while (const auto id = timers_.pop(now)) {
    const auto hold = holds_.find(*id);
    // Who came back, and perhaps went away again, has left an entry behind.
    if (hold == holds_.end() || hold->second.until > now) continue;
    return free(*id);
  }
  return std::nullopt;
}

int MemorySeats::taken(std::string_view room) const {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return 0;
  const auto& places = found->second.seats;
  return static_cast<int>(
      places.size() - static_cast<std::size_t>(std::count(places.begin(), places.end(), kFree)));
}

std::string_view MemorySeats::room_of(SeatId id) const { return get(id).room->first; }

}  // namespace duet::room
