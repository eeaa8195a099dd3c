// SPDX-License-Identifier: MIT
// What the process takes: memory, time, descriptors.
#pragma once

#include <duet/metrics/registry.hpp>

#include <string_view>

namespace duet::metrics {

/// duet_build_info{version,compiler}, and process_* by the names that Prometheus's own clients use:
/// resident_memory_bytes, virtual_memory_bytes, cpu_seconds_total, open_fds, max_fds,
/// start_time_seconds.
/// @param version  such as "0.1.0"; outlives the call only
void add_process(Registry& registry, std::string_view version);

}  // namespace duet::metrics
