// SPDX-License-Identifier: MIT
// The packets of one call, and how long each of them takes.
#pragma once

#include "stream.hpp"

#include <chrono>
#include <vector>

namespace duet::bench {

/// Sends what a call sends, both ways: 50 audio packets a second of 160 bytes, and 30 pictures of
/// four packets of 1200 bytes. Sleeps in between, as a client does.
/// @param streams  two, one for each way
/// @return the time from send to arrival of each packet (µs), sorted
/// @throws std::runtime_error  if one in a hundred is lost, or any is changed
std::vector<double> latencies_of_call(const std::vector<Stream>& streams,
                                      std::chrono::duration<double> time);

}  // namespace duet::bench
