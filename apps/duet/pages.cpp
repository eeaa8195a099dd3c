// SPDX-License-Identifier: MIT
// What the site shows to people: the page or the user's own folder, and how to trust the server.
#include "pages.hpp"

#include <duet/crypto/digest.hpp>
#include <duet/web/page.hpp>

namespace duet::apps {

Pages::Pages(const ServeOptions& options, const tls::TlsContext* tls, Links links)
    : tls_{tls}, links_{std::move(links)}, page_{web::page_files()}, ca_{[this] {
        return authority();
      }} {
  if (*options.web) folder_.emplace(**options.web, page_);
}

void Pages::show_on(host::Site& site) {
  site.set_pages([this](const http::Request& request, const host::Client&) {
    if (auto answer = ca_.handle(request)) return *std::move(answer);
    return folder_ ? folder_->handle(request) : page_.handle(request);
  });
}

std::optional<web::CaInfo> Pages::authority() const {
  const auto certificate = tls_ != nullptr ? tls_->authority() : std::nullopt;
  if (!certificate) return std::nullopt;
  return web::CaInfo{.name = certificate->common_name(),
                     .fingerprint = crypto::fingerprint(certificate->digest()),
                     .der = certificate->to_der(),
                     .urls = links_()};
}

}  // namespace duet::apps
