// SPDX-License-Identifier: MIT
// The first lines of `duet serve`: what to open.
#include "banner.hpp"

#include "qr.hpp"
#include <duet/config/columns.hpp>

#include <algorithm>
#include <optional>

namespace duet::apps {
namespace {

using config::columns;
using config::Say;

constexpr std::string_view kIndent = "  ";
constexpr std::size_t kGap = 3;  // columns between the longest label and the links

std::string_view label(LinkKind kind, config::Language language) {
  switch (kind) {
    case LinkKind::ThisMachine:
      return text_of(Say::BannerThisMachine, language);
    case LinkKind::Network:
      return text_of(Say::BannerNetwork, language);
    case LinkKind::Internet:
      return text_of(Say::BannerInternet, language);
    case LinkKind::Public:
      return text_of(Say::BannerPublic, language);
    case LinkKind::Fixture:
      break;
  }
  return text_of(Say::BannerFixture, language);
}

/// What a link needs to have said about it; empty for most.
std::string_view note(const Greeting& greeting, LinkKind kind) {
  if (greeting.certificate == CertificateKind::OwnAuthority && kind == LinkKind::Network)
    return text_of(Say::BannerOwnCertificate, greeting.language);
  if (kind == LinkKind::Internet) return text_of(Say::BannerUncertified, greeting.language);
  const bool for_proxy = kind == LinkKind::Network || kind == LinkKind::ThisMachine;
  if (greeting.certificate == CertificateKind::None && for_proxy)
    return text_of(Say::BannerProxy, greeting.language);
  return {};
}

}  // namespace

bool is_outer(const Link& link) {
  return link.kind == LinkKind::Network || link.kind == LinkKind::Internet;
}

std::string banner(const Greeting& greeting) {
  std::size_t width = 0;
  for (const Link& link : greeting.links)
    width = std::max(width, columns(label(link.kind, greeting.language)));
  const std::string_view relay = text_of(Say::BannerRelay, greeting.language);
  const std::string_view compare = text_of(Say::BannerFingerprint, greeting.language);
  if (!greeting.relay.empty()) width = std::max(width, columns(relay));
  if (!greeting.fingerprint.empty()) width = std::max(width, columns(compare));
  std::string out = "duet " + std::string{greeting.version} + "\n";
  std::optional<LinkKind> last;
  for (const Link& link : greeting.links) {
    // Of links of one kind only the first is introduced, and only it carries the note.
    const bool first = link.kind != last;
    last = link.kind;
    const std::string_view said = first ? label(link.kind, greeting.language) : "";
    out += kIndent;
    out += said;
    out.append(width + kGap - columns(said), ' ');
    out += link.url;
    const std::string_view remark = first ? note(greeting, link.kind) : "";
    if (!remark.empty()) out += "   " + std::string{remark};
    out += '\n';
  }
  if (!greeting.relay.empty()) {
    out += kIndent;
    out += relay;
    out.append(width + kGap - columns(relay), ' ');
    out += greeting.relay + '\n';
  }
  for (const std::string& warning : greeting.warnings) out += std::string{kIndent} + warning + '\n';
  if (!greeting.fingerprint.empty()) {
    out += kIndent;
    out += compare;
    out.append(width + kGap - columns(compare), ' ');
    out += "SHA-256 " + greeting.fingerprint + '\n';
  }
  if (!greeting.with_qr_code) return out;
  const auto outer = std::find_if(greeting.links.begin(), greeting.links.end(), is_outer);
  if (outer != greeting.links.end()) out += terminal_qr(outer->url, kIndent);
  return out;
}

}  // namespace duet::apps
