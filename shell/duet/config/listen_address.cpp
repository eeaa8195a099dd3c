// SPDX-License-Identifier: MIT
// Where a server listens, as people write it.
#include <duet/config/listen_address.hpp>
#include <duet/config/units.hpp>

namespace duet::config {

Result<ListenAddress, Sentence> ListenAddress::parse(std::string_view text) {
  const Sentence no_place{Say::NotAListenAddress, {std::string{text}}};
  const std::size_t colon = text.rfind(':');
  const bool has_host = colon != std::string_view::npos;
  std::string_view host = has_host ? text.substr(0, colon) : std::string_view{};
  const std::string_view port_text = has_host ? text.substr(colon + 1) : text;

  const auto port = parse_count(port_text);
  if (!port) return fail(no_place);
  ListenAddress out;
  if (!host.empty()) {
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    out.address = IpAddress::parse(host);
    if (!out.address || out.address->is_v4() == bracketed) return fail(no_place);
    if (!out.address->is_v4() && out.address->is_unspecified()) out.address.reset();
  }
  if (*port > 65535) return fail(Sentence{Say::NotAPort, {std::string{port_text}}});
  out.port = static_cast<std::uint16_t>(*port);
  return out;
}

std::string ListenAddress::to_string() const {
  if (!address) return "[::]:" + std::to_string(port);
  return Endpoint{*address, port}.to_string();
}

}  // namespace duet::config
