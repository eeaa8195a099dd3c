// SPDX-License-Identifier: MIT
// What the process takes: memory, time, descriptors.
#include <duet/metrics/process.hpp>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace duet::metrics {
namespace {

#ifdef __clang__
constexpr std::string_view kCompiler = "clang " __clang_version__;
#else
constexpr std::string_view kCompiler = "gcc " __VERSION__;
#endif

/// One of the two first numbers of /proc/self/statm, proc(5): 0 size, 1 resident.
double memory_bytes(int index) {
  std::ifstream in{"/proc/self/statm"};
  double pages = 0;
  for (int i = 0; i <= index; ++i) in >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_descriptors() {
  // Since Linux 6.2 the folder's size is their number; before, they have to be listed.
  struct stat status {};

  if (stat("/proc/self/fd", &status) == 0 && status.st_size > 0)
    return static_cast<double>(status.st_size);
  std::error_code ignored;
  double count = 0;
  for (std::filesystem::directory_iterator at{"/proc/self/fd", ignored}, end; at != end; ++at)
    ++count;
  return count > 0 ? count - 1 : 0;  // without the one that lists
}

double most_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

double seconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// When the process began, in seconds since 1970: field 22 of /proc/self/stat counts from the start
/// of the machine.
double start_time() {
  std::ifstream in{"/proc/self/stat"};
  std::ostringstream text;
  text << in.rdbuf();
  const std::string all = text.str();
  // Field 2 is the program's name in parentheses, and may hold anything.
  std::istringstream fields{all.substr(std::min(all.rfind(')') + 2, all.size()))};
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  const double ticks = std::strtod(field.c_str(), nullptr);
  const double after_boot = ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  return seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) + after_boot;
}

}  // namespace

void add_process(Registry& registry, std::string_view version) {
  registry.gauge("duet_build_info", "Which Duet this is; always 1",
                 {{"version", version}, {"compiler", kCompiler}}, [] { return 1.0; });
  registry.gauge("process_resident_memory_bytes", "Memory in use", {},
                 [] { return memory_bytes(1); });
  registry.gauge("process_virtual_memory_bytes", "Address space in use", {},
                 [] { return memory_bytes(0); });
  registry.counter("process_cpu_seconds_total", "Processor time, user and system", {}, cpu_seconds);
  registry.gauge("process_open_fds", "Open descriptors", {}, open_descriptors);
  registry.gauge("process_max_fds", "Descriptors that may be open", {}, most_descriptors);
  registry.gauge("process_start_time_seconds", "When the process began, since 1970", {},
                 [began = start_time()] { return began; });
}

}  // namespace duet::metrics
