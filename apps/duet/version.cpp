// SPDX-License-Identifier: MIT
// Which Duet this is.
#include "version.hpp"

#ifndef DUET_VERSION
#error "the build defines DUET_VERSION"
#endif

namespace duet::apps {
namespace {

std::string compiler() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

}  // namespace

std::string_view version() { return DUET_VERSION; }

std::string version_text() { return "duet " + std::string{version()}; }

std::string version_json() {
  return R"({"v":1,"version":")" + std::string{version()} + R"(","compiler":")" + compiler() +
         R"(","engine_io":[3,4],"socket_io":[3,4,5]})";
}

}  // namespace duet::apps
