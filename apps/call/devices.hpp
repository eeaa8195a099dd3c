// SPDX-License-Identifier: MIT
// `duet devices`: what can be named to `duet call`.
#pragma once

#include "devices_options.hpp"
#include <duet/device/sources.hpp>

#include <iosfwd>
#include <string>

namespace duet::apps {

/// Lists this machine's devices, as text or JSON.
/// @return the exit code
int devices(const DevicesOptions& options, std::ostream& out);

/// Names of devices may be any text; what is written is UTF-8 without control characters, and words
/// are quoted so that a shell takes them as they are.
std::string devices_text(const device::DeviceList& list, config::Language language);

/// {"v":1,"cameras":[...],"microphones":[...],"speakers":[...],"screens":[...]}
std::string devices_json(const device::DeviceList& list);

}  // namespace duet::apps
