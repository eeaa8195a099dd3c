// SPDX-License-Identifier: MIT
// A data channel of a PeerConnection.
#include <duet/rtc/data_channel.hpp>
#include <duet/rtc/session.hpp>

#include <utility>

namespace duet::rtc {

namespace {

Error gone() { return {Error::Name::InvalidStateError, "The data channel is closed."}; }

}  // namespace

DataChannel::DataChannel(std::weak_ptr<Session> session, data_channel::ChannelId id)
    : session_{std::move(session)}, id_{id} {}

Result<void, Error> DataChannel::send(std::string_view text) {
  const auto session = session_.lock();
  if (!session || is_closed_) return fail(gone());
  auto result = session->machine().send_text(session->now(), id_, text);
  session->schedule();
  return result;
}

Result<void, Error> DataChannel::send(std::vector<std::byte> bytes) {
  const auto session = session_.lock();
  if (!session || is_closed_) return fail(gone());
  auto result = session->machine().send(
      session->now(), id_, data_channel::MessageReceived::Kind::Binary, std::move(bytes));
  session->schedule();
  return result;
}

void DataChannel::close() {
  const auto session = session_.lock();
  if (!session || is_closed_) return;
  session->machine().close_data_channel(session->now(), id_);
  session->schedule();
}

DataChannel::State DataChannel::state() const {
  const auto session = session_.lock();
  if (!session || is_closed_ || session->machine().channels() == nullptr) return State::Closed;
  return session->machine().channels()->state(id_);
}

const DataChannel::Init& DataChannel::init() const {
  if (const auto session = session_.lock(); session && session->machine().channels() != nullptr) {
    if (const Init* now = session->machine().channels()->find(id_)) init_ = *now;
  }
  return init_;
}

std::size_t DataChannel::buffered_amount() const {
  const auto session = session_.lock();
  if (!session || is_closed_ || session->machine().channels() == nullptr) return 0;
  return session->machine().channels()->buffered_amount(id_);
}

void DataChannel::set_buffered_amount_low_threshold(std::size_t bytes) {
  if (const auto session = session_.lock()) {
    session->machine().set_buffered_amount_low_threshold(id_, bytes);
  }
}

}  // namespace duet::rtc
