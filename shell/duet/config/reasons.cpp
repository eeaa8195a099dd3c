// SPDX-License-Identifier: MIT
// What the system says, beside its translation.
#include <duet/config/reasons.hpp>

#include <algorithm>
#include <array>

namespace duet::config {
namespace {

struct Reason {
  std::errc reason;
  std::string_view chinese;
};

/// What people meet. The system has the English words.
constexpr std::array kReasons{
    Reason{std::errc::no_such_file_or_directory, "没有这个文件或文件夹"},
    Reason{std::errc::permission_denied, "没有权限"},
    Reason{std::errc::operation_not_permitted, "不允许这一操作"},
    Reason{std::errc::device_or_resource_busy, "正被占用"},
    Reason{std::errc::no_space_on_device, "磁盘空间不足"},
    Reason{std::errc::not_a_directory, "不是文件夹"},
    Reason{std::errc::is_a_directory, "是文件夹"},
    Reason{std::errc::read_only_file_system, "文件系统只读"},
    Reason{std::errc::file_exists, "文件已存在"},
    Reason{std::errc::file_too_large, "文件过大"},
    Reason{std::errc::filename_too_long, "文件名过长"},
    Reason{std::errc::io_error, "读写出错"},
    Reason{std::errc::no_such_device, "没有这个设备"},
    Reason{std::errc::no_such_device_or_address, "没有这个设备"},
    Reason{std::errc::too_many_files_open, "打开的文件过多"},
    Reason{std::errc::not_enough_memory, "内存不足"},
    Reason{std::errc::connection_refused, "连接被拒绝"},
    Reason{std::errc::connection_reset, "连接被对方重置"},
    Reason{std::errc::timed_out, "超时"},
    Reason{std::errc::host_unreachable, "无法到达该主机"},
    Reason{std::errc::network_unreachable, "无法到达该网络"},
};

std::string english(std::errc reason) { return std::make_error_code(reason).message(); }

}  // namespace

std::string told(std::errc reason, Language language) {
  const auto* const found = std::ranges::find(kReasons, reason, &Reason::reason);
  const bool is_known = language == Language::Chinese && found != kReasons.end();
  return is_known ? std::string{found->chinese} : english(reason);
}

std::string_view in_chinese(std::string_view words) {
  const auto* const found = std::ranges::find_if(
      kReasons, [&](const Reason& each) { return english(each.reason) == words; });
  return found == kReasons.end() ? words : found->chinese;
}

}  // namespace duet::config
