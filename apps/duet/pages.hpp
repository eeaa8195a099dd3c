// SPDX-License-Identifier: MIT
// What the site shows to people: the page or the user's own folder, and how to trust the server.
#pragma once

#include "serve_options.hpp"
#include <duet/host/site.hpp>
#include <duet/tls/context.hpp>
#include <duet/web/ca_host.hpp>
#include <duet/web/directory_host.hpp>
#include <duet/web/web_host.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace duet::apps {

class Pages {
 public:
  /// Where the server can be reached by HTTPS, as it is now.
  using Links = std::function<std::vector<std::string>()>;

  /// @param tls  null where there is none; must outlive the pages
  /// @throws std::runtime_error with a sentence: the folder of --web can't be read
  Pages(const ServeOptions& options, const tls::TlsContext* tls, Links links);

  /// The site must not outlive the pages.
  void show_on(host::Site& site);

 private:
  std::optional<web::CaInfo> authority() const;

  const tls::TlsContext* tls_;
  Links links_;
  web::WebHost page_;
  web::CaHost ca_;
  std::optional<web::DirectoryHost> folder_;
};

}  // namespace duet::apps
