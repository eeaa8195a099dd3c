// SPDX-License-Identifier: MIT
// What is told, and to whom.
#include "call_report.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

namespace duet::apps {
namespace {

constexpr Instant kStart{1h};

/// A pipe whose reader is the test, when it wants.
struct Reader {
  Reader() { EXPECT_EQ(::pipe(ends.data()), 0); }

  ~Reader() {
    for (const int end : ends) ::close(end);
  }

  /// Up to something that ends with `last`.
  std::string read_to(std::string_view last) {
    std::string out;
    std::array<char, 4096> some{};
    while (!out.ends_with(last)) {
      const ssize_t got = ::read(ends[0], some.data(), some.size());
      if (got <= 0) break;
      out.append(some.data(), static_cast<std::size_t>(got));
    }
    return out;
  }

  /// What is there by now, perhaps nothing.
  std::string read_some() {
    pollfd ready{.fd = ends[0], .events = POLLIN, .revents = 0};
    std::array<char, 4096> some{};
    if (::poll(&ready, 1, 10) <= 0) return {};
    const ssize_t got = ::read(ends[0], some.data(), some.size());
    return {some.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }

  std::array<int, 2> ends{};
};

struct CallReportTest : testing::Test {
  Reader out_reader;
  Reader error_reader;
  OutputThread out{out_reader.ends[1], 100'000};
  OutputThread error{error_reader.ends[1]};
};

TEST_F(CallReportTest, SaysOnceThatEventsCanNotBeWritten) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  {
    OutputThread nowhere{full};
    CallReport report{
        {.language = config::Language::Chinese, .json = true}, nowhere, error, kStart};
    while (!nowhere.failure()) continue;
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(report.has_failed());
    report.say("end");
  }
  ::close(full);
  EXPECT_EQ(error_reader.read_to("end\n"),
            "警告：无法将事件写到标准输出：磁盘空间不足。将在没有它的情况下继续\nend\n");
}

TEST_F(CallReportTest, CountsTheEventsThatAStallingReaderMissed) {
  CallReport report{{.json = true}, out, error, kStart};
  for (int i = 0; i < 1000; ++i) {
    report.tell({kStart, "", "stats", "", {{"x", '"' + std::string(990, 'x') + '"'}}});
  }
  std::string all = out_reader.read_to(std::string(10, 'x') + "\"}\n");
  while (!out.is_idle()) all += out_reader.read_some();
  report.tell({kStart, "", "ended", ""});
  all += out_reader.read_to(R"("ev":"ended","ms":0.000})"
                            "\n");
  // Whatever the writer has handed on meanwhile makes room, and is told of then.
  constexpr std::string_view kDropped = R"({"ev":"dropped","ms":)";
  int count = 0;
  int told = 0;
  for (auto at = all.find(kDropped); at != std::string::npos; at = all.find(kDropped, at + 1)) {
    count += std::stoi(all.substr(all.find(R"("count":)", at) + 8));
    ++told;
  }
  EXPECT_GE(told, 1);
  const auto came = std::ranges::count(all, '\n') - told - 2;  // begin, ended
  EXPECT_EQ(count + came, 1000);
  EXPECT_NE(error_reader.read_to("\n").find("stdout was not read in time"), std::string::npos);
}

TEST_F(CallReportTest, TellsProgramsWhatAnInterruptedCallWaitsFor) {
  CallReport report{{.json = true}, out, error, kStart};
  report.tell(kStart + 1s, call::Interrupted{call::Interrupted::Why::Closed, 20s});
  report.tell(kStart + 2s, call::Interrupted{call::Interrupted::Why::NoPath, 60s});
  const std::string all = out_reader.read_to("60000.0}\n");
  EXPECT_NE(all.find(R"({"ev":"interrupted","ms":1000.000,"why":"closed","within_ms":20000.0})"),
            std::string::npos)
      << all;
  EXPECT_NE(all.find(R"("ms":2000.000,"why":"no-path","within_ms":60000.0})"), std::string::npos);
}

TEST_F(CallReportTest, LetsNobodysNameCommandTheTerminal) {
  CallReport report{{}, out, error, kStart};
  report.say({config::Say::CallRinging, {"Eve\x1b[2J\n"}});
  EXPECT_EQ(error_reader.read_to("\n"), "Eve?[2J? is here; connecting\n");
}

TEST_F(CallReportTest, DrawsOneBlockInPlaceOfAnother) {
  CallReport report{{.live = true, .columns = 80}, out, error, kStart};
  report.draw({"one", "two"});
  EXPECT_EQ(error_reader.read_to("two\n"), "one\ntwo\n");
  while (!error.is_idle()) continue;
  report.draw({std::string(300, 'x')});
  EXPECT_EQ(error_reader.read_to("x\n"), "\x1b[2A\r\x1b[J" + std::string(79, 'x') + "\n");
  report.say("a line");
  EXPECT_EQ(error_reader.read_to("x\n"), "\x1b[1A\r\x1b[Ja line\n" + std::string(79, 'x') + "\n");
  while (!error.is_idle()) continue;
  report.draw({});
  EXPECT_EQ(error_reader.read_to("J"), "\x1b[1A\r\x1b[J");
}

}  // namespace
}  // namespace duet::apps
