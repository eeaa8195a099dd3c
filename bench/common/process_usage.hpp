// SPDX-License-Identifier: MIT
// What another process has used: CPU time and resident memory, from /proc.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace duet::bench {

/// CPU time of all its threads (µs), user and system. From schedstat, which counts nanoseconds
/// where stat's utime and stime count ticks of mostly 10 ms. Threads that have ended are not in it.
inline double cpu_us(pid_t pid) {
  double nanoseconds = 0;
  const std::string threads = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& thread : std::filesystem::directory_iterator{threads}) {
    std::ifstream file{thread.path() / "schedstat"};
    double running = 0;
    if (!(file >> running)) throw std::runtime_error("no schedstat: " + thread.path().string());
    nanoseconds += running;
  }
  return nanoseconds / 1000;
}

/// Resident memory (bytes).
inline double rss_bytes(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/statm"};
  double size = 0;
  double resident = 0;
  file >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace duet::bench
