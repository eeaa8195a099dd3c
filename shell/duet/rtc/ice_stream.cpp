// SPDX-License-Identifier: MIT
// A TCP or TLS connection of an ICE agent.
#include <duet/base/bytes.hpp>
#include <duet/rtc/ice_stream.hpp>
#include <duet/rtc/session.hpp>

#include <string>
#include <utility>

namespace duet::rtc {

IceStream::IceStream(Session& session, net::EventLoop& loop, const ice::StreamWanted& wanted,
                     std::optional<net::OutgoingStream::Tls> tls)
    : session_{session},
      id_{wanted.stream},
      framing_{wanted.framing},
      stream_{loop,
              wanted.remote,
              std::move(tls),
              {.opened = [this] { session_.handle_stream_connected(id_); },
               .received = [this](std::span<std::byte> bytes) { handle_received(bytes); },
               .ended = [this](const auto&) { session_.handle_stream_closed(id_); }},
              wanted.local.address} {}

IceStream::IceStream(Session& session, net::EventLoop& loop, ice::StreamId id, int descriptor)
    : session_{session},
      id_{id},
      framing_{ice::Framing::Rfc4571},
      stream_{loop,
              descriptor,
              {.opened = [] {},
               .received = [this](std::span<std::byte> bytes) { handle_received(bytes); },
               .ended = [this](const auto&) { session_.handle_stream_closed(id_); }}} {}

void IceStream::send(const ice::Outgoing& packet) {
  if (stream_.unsent() + packet.size() > kMaxUnsent) return;
  std::string whole;  // one write, and so one segment
  whole.reserve(packet.size());
  whole += as_text(packet.head_view());
  whole += as_text(packet.payload);
  whole.append(packet.padding, '\0');
  stream_.send(whole);
}

void IceStream::handle_received(std::span<std::byte> bytes) {
  const auto alive = alive_;
  std::vector<std::byte> joined;
  if (!partial_.empty()) {
    joined = std::exchange(partial_, {});
    joined.insert(joined.end(), bytes.begin(), bytes.end());
    bytes = joined;
  }
  for (;;) {
    const ice::Frame frame = ice::next_frame(framing_, bytes);
    if (frame.kind == ice::Frame::Kind::Bad) return session_.handle_stream_closed(id_);
    if (frame.kind == ice::Frame::Kind::NeedMore) break;
    const auto offset = static_cast<std::size_t>(frame.packet.data() - bytes.data());
    session_.handle_frame(id_, bytes.subspan(offset, frame.packet.size()));
    if (!*alive) return;
    bytes = bytes.subspan(frame.size);
  }
  partial_.assign(bytes.begin(), bytes.end());
}

}  // namespace duet::rtc
