// SPDX-License-Identifier: MIT
// Why a call was refused, in the W3C's names.
#include <duet/peer/error.hpp>

namespace duet::peer {

std::string_view to_string(Error::Name name) {
  switch (name) {
    case Error::Name::InvalidStateError:
      return "InvalidStateError";
    case Error::Name::InvalidAccessError:
      return "InvalidAccessError";
    case Error::Name::InvalidModificationError:
      return "InvalidModificationError";
    case Error::Name::OperationError:
      return "OperationError";
    case Error::Name::TypeError:
      return "TypeError";
    case Error::Name::RangeError:
      return "RangeError";
    case Error::Name::SdpSyntaxError:
      break;
  }
  return "RTCError";
}

}  // namespace duet::peer
