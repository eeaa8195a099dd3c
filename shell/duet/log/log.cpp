// SPDX-License-Identifier: MIT
// Log lines: a sentence and its fields, to stderr, at no cost while off.
#include <duet/log/line.hpp>
#include <duet/log/log.hpp>
#include <duet/log/sink.hpp>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <string>

namespace duet::log {
namespace detail {

constinit std::array<std::atomic<std::uint8_t>, kModuleNames.size()> levels = {2, 2, 2, 2, 2, 2};
static_assert(static_cast<std::uint8_t>(Level::Info) == 2);

}  // namespace detail

namespace {

constexpr std::array<std::string_view, 5> kPriorities = {"<3>", "<4>", "<6>", "<7>", "<7>"};

constexpr std::array kSpdlogLevels = {spdlog::level::err, spdlog::level::warn, spdlog::level::info,
                                      spdlog::level::debug, spdlog::level::trace};

spdlog::level::level_enum to_spdlog(Level level) {
  return kSpdlogLevels[static_cast<std::size_t>(level)];
}

Level from_spdlog(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::warn:
      return Level::Warn;
    case spdlog::level::info:
      return Level::Info;
    case spdlog::level::debug:
      return Level::Debug;
    case spdlog::level::trace:
      return Level::Trace;
    default:
      return Level::Error;
  }
}

void append(spdlog::memory_buf_t& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

/// %*: our name of the level, filled to the longest where columns are wanted.
class LevelFlag final : public spdlog::custom_flag_formatter {
 public:
  explicit LevelFlag(std::size_t width) : width_{width} {}

  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& out) override {
    std::string text{name(from_spdlog(message.level))};
    if (text.size() < width_) text.resize(width_, ' ');
    append(out, text);
  }

  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<LevelFlag>(width_);
  }

 private:
  std::size_t width_;
};

/// %&: the journal's priority, as sd-daemon(3) has it.
class PriorityFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& out) override {
    append(out, kPriorities[static_cast<std::size_t>(from_spdlog(message.level))]);
  }

  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PriorityFlag>();
  }
};

/// Whether `descriptor` leads to the journal: $JOURNAL_STREAM is its device and inode
/// (systemd.exec(5)).
bool is_journal(int descriptor) {
  const char* stream = std::getenv("JOURNAL_STREAM");

  struct stat status {};

  if (stream == nullptr || fstat(descriptor, &status) != 0) return false;
  return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

std::unique_ptr<spdlog::formatter> make_formatter(Format format, bool journal) {
  std::string pattern = journal ? "%&" : "";
  auto zone = spdlog::pattern_time_type::utc;
  std::size_t width = 0;
  switch (format) {
    case Format::Json:
      pattern += R"({"t":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%*","mod":"%n",%v})";
      break;
    case Format::Logfmt:  // the journal has a time of its own
      pattern += journal ? "level=%* mod=%n %v" : "t=%Y-%m-%dT%H:%M:%S.%eZ level=%* mod=%n %v";
      break;
    default:
      pattern += journal ? "%n: %v" : "%H:%M:%S.%e %^%*%$ %-4n  %v";
      zone = spdlog::pattern_time_type::local;
      width = 5;
      break;
  }
  spdlog::pattern_formatter::custom_flags flags;
  flags['*'] = std::make_unique<LevelFlag>(width);
  flags['&'] = std::make_unique<PriorityFlag>();
  return std::make_unique<spdlog::pattern_formatter>(pattern, zone, "\n", std::move(flags));
}

KeyedHash process_hash() {
  static const KeyedHash hash = [] {
    std::random_device device;
    const auto word = [&] { return std::uint64_t{device()} << 32 | device(); };
    const std::uint64_t k0 = word();
    return KeyedHash{k0, word()};
  }();
  return hash;
}

/// Everything a line needs; never changed once made.
struct Output {
  explicit Output(const Settings& settings) {
    const bool terminal = isatty(settings.descriptor) == 1;
    const bool journal = is_journal(settings.descriptor);
    style.format = settings.format;
    if (style.format == Format::Auto) style.format = terminal ? Format::Text : Format::Logfmt;
    style.privacy = settings.privacy;
    style.hash = process_hash();
    const bool coloured = terminal && std::getenv("NO_COLOR") == nullptr;
    auto sink = std::make_shared<DescriptorSink>(
        settings.descriptor, coloured ? DescriptorSink::Colour::Ansi : DescriptorSink::Colour::None,
        style);
    sink->set_formatter(make_formatter(style.format, journal));
    for (std::size_t i = 0; i < loggers.size(); ++i) {
      loggers[i] = std::make_unique<spdlog::logger>(std::string{kModuleNames[i]}, sink);
      loggers[i]->set_level(spdlog::level::trace);  // is_on() has decided
    }
  }

  LineStyle style;
  std::array<std::unique_ptr<spdlog::logger>, kModuleNames.size()> loggers;
};

/// The process has one stderr, so there is one of these.
class Current {
 public:
  std::shared_ptr<Output> get() {
    const std::lock_guard lock{mutex_};
    if (!output_) output_ = std::make_shared<Output>(Settings{});
    return output_;
  }

  void set(std::shared_ptr<Output> output) {
    const std::lock_guard lock{mutex_};
    output_ = std::move(output);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<Output> output_;
};

Current& current() {
  static auto* const instance = new Current;  // never destroyed: destructors may log
  return *instance;
}

}  // namespace

void configure(const Settings& settings) {
  std::signal(SIGPIPE, SIG_IGN);
  current().set(std::make_shared<Output>(settings));
  for (std::size_t i = 0; i < detail::levels.size(); ++i) {
    const Level level = settings.levels.of(static_cast<Module>(i));
    detail::levels[i].store(static_cast<std::uint8_t>(level), std::memory_order_relaxed);
  }
}

void write(Module module, Level level, std::string_view sentence,
           std::initializer_list<Field> fields) {
  const std::shared_ptr<Output> output = current().get();
  const std::string line = format_line(output->style, level, sentence, fields);
  output->loggers[static_cast<std::size_t>(module)]->log(
      to_spdlog(level), spdlog::string_view_t{line.data(), line.size()});
}

}  // namespace duet::log
