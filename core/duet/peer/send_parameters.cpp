// SPDX-License-Identifier: MIT
// getParameters() and setParameters() of a sender.
#include <duet/peer/negotiation.hpp>
#include <duet/peer/send_parameters.hpp>

#include <algorithm>
#include <utility>

namespace duet::peer {

namespace {

using Name = Error::Name;

SendParameters parameters_of(const Transceiver& transceiver, std::string transaction_id) {
  const RtpParameters& parameters = transceiver.parameters;
  return {.transaction_id = std::move(transaction_id),
          .encodings = {transceiver.encoding},
          .codecs = parameters.send,
          .header_extensions = parameters.extensions,
          .cname = parameters.cname,
          .reduced_size = parameters.reduced_size};
}

}  // namespace

EncodingParameters Transceiver::bounded_encoding() const {
  EncodingParameters out = encoding;
  if (const auto most = parameters.max_bitrate) {
    out.max_bitrate = std::min(*most, out.max_bitrate.value_or(*most));
  }
  return out;
}

Result<EncodingParameters, Error> Negotiation::checked_encoding(MediaKind kind,
                                                                EncodingParameters encoding) {
  if (kind == MediaKind::Audio) {  // W3C: sound has neither, and they are not looked at
    encoding.scale_resolution_down_by.reset();
    encoding.max_framerate.reset();
  }
  // Written so that NaN is refused.
  if (encoding.scale_resolution_down_by && !(*encoding.scale_resolution_down_by >= 1)) {
    return refuse(Name::RangeError, "A picture can't be scaled down by less than 1.");
  }
  if (encoding.max_framerate && !(*encoding.max_framerate >= 0)) {
    return refuse(Name::RangeError, "A frame rate is not below 0.");
  }
  return encoding;
}

// W3C webrtc #dom-rtcrtpsender-getparameters
Result<SendParameters, Error> Negotiation::get_parameters(TransceiverId id) {
  Transceiver* transceiver = find_mutable(id);
  if (transceiver == nullptr) {
    return refuse(Name::InvalidAccessError, "This connection has no such transceiver.");
  }
  if (transceiver->transaction_.empty()) transceiver->transaction_ = random_name(random_);
  return parameters_of(*transceiver, transceiver->transaction_);
}

// W3C webrtc #dom-rtcrtpsender-setparameters
Result<void, Error> Negotiation::set_parameters(TransceiverId id,
                                                const SendParameters& parameters) {
  const auto found = usable(id);
  if (!found) return fail(found.error());
  Transceiver& transceiver = **found;
  if (transceiver.transaction_.empty()) {
    return refuse(Name::InvalidStateError, "Parameters are read before they are set.");
  }
  if (parameters.encodings.size() != 1) {
    return refuse(Name::InvalidModificationError, "A transceiver has one encoding.");
  }
  SendParameters others = parameters;
  others.encodings = {transceiver.encoding};
  if (others != parameters_of(transceiver, transceiver.transaction_)) {
    return refuse(Name::InvalidModificationError,
                  "Only the encoding may be another than it was read.");
  }
  const auto encoding = checked_encoding(transceiver.kind, parameters.encodings.front());
  if (!encoding) return fail(encoding.error());
  transceiver.transaction_.clear();
  if (std::exchange(transceiver.encoding, *encoding) != *encoding) {
    events_.emplace_back(ParametersChanged{id});
  }
  return {};
}

}  // namespace duet::peer
