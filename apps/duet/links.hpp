// SPDX-License-Identifier: MIT
// Under which addresses people can open the page.
#pragma once

#include "banner.hpp"
#include "serve_options.hpp"
#include <duet/base/address.hpp>
#include <duet/tls/context.hpp>

#include <span>
#include <vector>

namespace duet::apps {

/// @param endpoints  where the server listens
/// @param tls        null where there is none
std::vector<Link> links_to(std::span<const Endpoint> endpoints, const ServeOptions& options,
                           const tls::TlsContext* tls);

}  // namespace duet::apps
