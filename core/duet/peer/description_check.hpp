// SPDX-License-Identifier: MIT
// Whether a peer's description can be applied: all that is to refuse is refused before anything
// changes.
#pragma once

#include <duet/peer/error.hpp>
#include <duet/peer/transport_parameters.hpp>
#include <duet/sdp/description.hpp>

namespace duet::peer {

/// What a new description must agree with.
struct DescriptionContext {
  /// The pair in force, or nullptr.
  const sdp::Description* current_local = nullptr;
  const sdp::Description* current_remote = nullptr;
  /// The peer's offer that this one replaces, or nullptr.
  const sdp::Description* replaced = nullptr;
  const TransportParameters* transport = nullptr;
};

/// RFC 9429 §5.8.3, §5.10; InvalidAccessError says what is wrong with the content
/// (W3C webrtc #set-the-rtcsessiondescription).
Result<void, Error> check_offer(const sdp::Description& offer, const DescriptionContext& context);

/// An answer, provisional or not, to our `offer`.
Result<void, Error> check_answer(const sdp::Description& answer, const sdp::Description& offer,
                                 const DescriptionContext& context);

}  // namespace duet::peer
