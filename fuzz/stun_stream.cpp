// SPDX-License-Identifier: MIT
// Framing of streams: the frames of a stream are the same however its bytes arrive, what is framed
// as STUN has the length that its header says, and what is framed as ChannelData is one, with the
// padding that a sender would give it.
#include <duet/base/check.hpp>
#include <duet/stun/message.hpp>
#include <duet/stun/stream.hpp>
#include <duet/turn/channel_data.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace {

using namespace duet::stun;
using duet::turn::ChannelData;

std::vector<Frame> frames(std::span<const std::byte> stream, std::size_t step) {
  std::vector<Frame> out;
  std::size_t begin = 0;
  for (std::size_t end = 0; end <= stream.size();) {
    const Frame frame = next_frame(stream.subspan(begin, end - begin));
    if (frame.kind == Frame::Kind::NeedMore) {
      DUET_CHECK(frame.size > end - begin && frame.size <= kMaxFrameSize);
      if (end == stream.size()) break;
      end = std::min(end + step, stream.size());
      continue;
    }
    out.push_back(frame);
    if (frame.kind == Frame::Kind::Bad) break;
    DUET_CHECK(frame.size >= 4 && frame.size <= end - begin && frame.size % 4 == 0);
    if (frame.kind == Frame::Kind::Stun) {
      const auto message = Message::parse(stream.subspan(begin, frame.size));
      DUET_CHECK(message || message.error() == ParseError::BadAttribute ||
                 message.error() == ParseError::WrongFingerprint);
    }
    if (frame.kind == Frame::Kind::ChannelData) {
      const auto data = ChannelData::parse(stream.subspan(begin, frame.size));
      DUET_CHECK(data && frame.size == duet::turn::kChannelHeaderSize + data->payload.size() +
                                           duet::turn::padding_of(data->payload.size()));
    }
    begin += frame.size;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto stream = std::as_bytes(std::span{data, size});
  const auto whole = frames(stream, size + 1);
  DUET_CHECK(frames(stream, 1) == whole);
  DUET_CHECK(frames(stream, 7) == whole);
  return 0;
}
