// SPDX-License-Identifier: MIT
// Whether a peer's description can be applied: all that is to refuse is refused before anything
// changes.
#include <duet/dtls/fingerprint.hpp>
#include <duet/peer/bundle.hpp>
#include <duet/peer/codec_match.hpp>
#include <duet/peer/description_check.hpp>
#include <duet/peer/negotiated_rtp.hpp>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

namespace duet::peer {
namespace {

using sdp::Description;
using sdp::MediaSection;
using sdp::Setup;
using Checked = Result<void, Error>;

auto refuse_content(std::string message) {
  return refuse(Error::Name::InvalidAccessError, std::move(message));
}

std::string section_name(const Description& description, std::size_t index) {
  const auto& mid = description.sections()[index].mid;
  std::string name = "m-section " + std::to_string(index);
  if (mid) name += " (mid " + *mid + ")";
  return name;
}

/// RFC 9143 §7.2: a mid is in one BUNDLE group at most, and names a section.
Checked check_groups(const Description& description) {
  std::vector<std::string_view> seen;
  for (const sdp::Group& group : description.groups()) {
    if (group.semantics != "BUNDLE") continue;
    for (const std::string& mid : group.mids) {
      if (description.find_mid(mid) == nullptr) {
        return refuse_content("The BUNDLE group names mid " + mid + ", which no m-section has.");
      }
      if (std::find(seen.begin(), seen.end(), mid) != seen.end()) {
        return refuse_content("Mid " + mid + " is in the BUNDLE groups more than once.");
      }
      seen.push_back(mid);
    }
  }
  return {};
}

/// RFC 9143 §9.1: within a bundle one payload type has one meaning, and one extension id too.
Checked check_numbers(const Description& description, const std::vector<bool>& carried) {
  std::map<PayloadType, const sdp::PayloadFormat*> formats;
  std::map<std::uint16_t, std::string_view> extensions;
  for (std::size_t i = 0; i < carried.size(); ++i) {
    if (!carried[i]) continue;
    for (const sdp::PayloadFormat& format : description.sections()[i].payloads) {
      const auto [known, is_new] = formats.emplace(format.payload_type, &format);
      if (is_new || is_same_codec(identity(*known->second), identity(format))) continue;
      return refuse_content("Payload type " + std::to_string(format.payload_type.value()) +
                            " means two codecs in one bundle.");
    }
    for (const sdp::Extmap& extension : description.sections()[i].extensions) {
      if (!is_usable_extension_id(extension.id, true)) continue;
      const auto [known, is_new] = extensions.emplace(extension.id, extension.uri);
      if (is_new || known->second == extension.uri) continue;
      return refuse_content("Header extension " + std::to_string(extension.id) +
                            " means two things in one bundle.");
    }
  }
  return {};
}

/// Each section that is carried has rtcp-mux; the tagged one has what a transport needs
/// (RFC 9429 §5.10, RFC 8839 §5.4, RFC 8842 §5.1).
Checked check_transport(const Description& description, const std::vector<bool>& carried) {
  for (std::size_t i = 0; i < carried.size(); ++i) {
    const MediaSection& section = description.sections()[i];
    if (carried[i] && section.is_rtp() && !section.rtcp_mux) {
      return refuse_content("There is no a=rtcp-mux in " + section_name(description, i) +
                            ", and RTCP has no port of its own here.");
    }
  }
  const auto tag = tagged_section(description);
  if (!tag) return {};
  const sdp::TransportAttributes& transport = description.sections()[*tag].transport;
  const std::string where = section_name(description, *tag) + ".";
  if (!transport.ice_ufrag || !transport.ice_pwd) {
    return refuse_content("There is no a=ice-ufrag with its a=ice-pwd in " + where);
  }
  if (transport.fingerprints.empty())
    return refuse_content("There is no a=fingerprint in " + where);
  const bool has_known = std::any_of(
      transport.fingerprints.begin(), transport.fingerprints.end(), [](const auto& told) {
        return dtls::Fingerprint::parse(told.algorithm, told.value).has_value();
      });
  if (!has_known) {
    return refuse_content("No a=fingerprint is of SHA-256, SHA-384 or SHA-512 in " + where);
  }
  if (transport.setup == Setup::Holdconn) {
    return refuse_content("DTLS can't be set up with a=setup:holdconn in " + where);
  }
  return {};
}

/// The DTLS role stays as long as the association does (RFC 8842 §5.5).
Checked check_role(const MediaSection& tagged, bool is_answer,
                   const TransportParameters& transport) {
  if (!transport.dtls_role ||
      !share_certificate(tagged.transport.fingerprints, transport.remote_fingerprints))
    return {};
  const Setup wanted = *transport.dtls_role == DtlsRole::Client ? Setup::Passive : Setup::Active;
  const Setup said = tagged.transport.setup.value_or(is_answer ? Setup::Active : Setup::Actpass);
  if (said == wanted || (!is_answer && said == Setup::Actpass)) return {};
  return refuse_content("The DTLS role can't change while the association lasts.");
}

Checked check_content(const Description& description, bool is_answer,
                      const DescriptionContext& context) {
  if (auto checked = check_groups(description); !checked) return checked;
  const std::vector<bool> carried = bundled_sections(description);
  if (auto checked = check_numbers(description, carried); !checked) return checked;
  if (auto checked = check_transport(description, carried); !checked) return checked;
  const auto tag = tagged_section(description);
  return tag ? check_role(description.sections()[*tag], is_answer, *context.transport) : Checked{};
}

/// Sections keep their place, kind and mid until they have been rejected (RFC 9429 §5.2.2, §5.10).
Checked check_order(const Description& offer, const Description& before, const Description* also) {
  const auto& sections = offer.sections();
  if (sections.size() < before.sections().size()) {
    return refuse_content("The offer has fewer m-sections than the description before it.");
  }
  for (std::size_t i = 0; i < before.sections().size(); ++i) {
    const MediaSection& old = before.sections()[i];
    const bool is_free =
        old.is_rejected() || (also != nullptr && also->sections()[i].is_rejected());
    if (is_free || sections[i].is_rejected()) continue;
    if (sections[i].media != old.media || sections[i].mid != old.mid) {
      return refuse_content("The order or the mids of the m-sections changed at " +
                            section_name(offer, i) + ".");
    }
  }
  return {};
}

}  // namespace

Checked check_offer(const Description& offer, const DescriptionContext& context) {
  if (context.current_remote != nullptr) {
    auto checked = check_order(offer, *context.current_remote, context.current_local);
    if (!checked) return checked;
  }
  if (context.replaced != nullptr) {
    if (auto checked = check_order(offer, *context.replaced, nullptr); !checked) return checked;
  }
  return check_content(offer, false, context);
}

Checked check_answer(const Description& answer, const Description& offer,
                     const DescriptionContext& context) {
  const auto& answered = answer.sections();
  const auto& offered = offer.sections();
  if (answered.size() != offered.size()) {
    return refuse_content("The answer has " + std::to_string(answered.size()) +
                          " m-sections, and the offer " + std::to_string(offered.size()) + ".");
  }
  const std::vector<bool> carried = bundled_sections(answer);
  for (std::size_t i = 0; i < answered.size(); ++i) {
    const std::string where = section_name(answer, i);
    if (answered[i].media != offered[i].media) {
      return refuse_content("The answer's " + where + " is of another kind than the offer's.");
    }
    if (answered[i].is_rejected()) continue;
    // RFC 8829 §5.10; a peer without mids answers without them.
    if (answered[i].mid && answered[i].mid != offered[i].mid) {
      return refuse_content("The answer's " + where + " has another mid than the offer's.");
    }
    if (offered[i].is_rejected()) {
      return refuse_content("The answer accepts " + where + ", which the offer had given up.");
    }
    if (!carried[i]) {
      return refuse_content("The answer keeps " + where +
                            " out of the bundle, and there is one transport only.");
    }
    if (answered[i].is_rtp() && !has_common_media(offered[i], answered[i])) {
      return refuse_content("The answer's " + where + " has no codec that was offered.");
    }
  }
  const auto tag = tagged_section(answer);
  if (tag && answered[*tag].transport.setup == Setup::Actpass) {
    return refuse_content("An answer chooses a=setup:active or passive, and this one doesn't.");
  }
  return check_content(answer, true, context);
}

}  // namespace duet::peer
