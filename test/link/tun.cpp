// SPDX-License-Identifier: MIT
// Into the namespace, to the device, and out again.
#include "tun.hpp"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace duet::link {
namespace {

constexpr std::size_t kMaxPacket = 65'536;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error{what + ": " + std::strerror(errno)};
}

/// A descriptor that is closed at the end of its scope.
class File {
 public:
  File(const std::string& path, int flags) : number{::open(path.c_str(), flags | O_CLOEXEC)} {
    if (number < 0) fail(path);
  }

  ~File() {
    if (number >= 0) ::close(number);
  }

  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int number;
};

}  // namespace

Tun::Tun(const std::string& space, const std::string& device) {
  const File home{"/proc/self/ns/net", O_RDONLY};
  const File there{"/run/netns/" + space, O_RDONLY};
  if (::setns(there.number, CLONE_NEWNET) != 0) fail("no way into the namespace " + space);
  {
    File tun{"/dev/net/tun", O_RDWR | O_NONBLOCK};
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    device.copy(request.ifr_name, IFNAMSIZ - 1);
    if (::ioctl(tun.number, TUNSETIFF, &request) != 0) fail("no TUN device " + device);
    descriptor_ = std::exchange(tun.number, -1);
  }
  if (::setns(home.number, CLONE_NEWNET) != 0) fail("no way back out of " + space);
}

Tun::~Tun() { ::close(descriptor_); }

std::vector<std::byte> Tun::read() const {
  std::array<std::byte, kMaxPacket> buffer;
  const auto size = ::read(descriptor_, buffer.data(), buffer.size());
  if (size <= 0) return {};
  return {buffer.data(), buffer.data() + size};
}

void Tun::write(std::span<const std::byte> packet) const {
  [[maybe_unused]] const auto written = ::write(descriptor_, packet.data(), packet.size());
}

}  // namespace duet::link
