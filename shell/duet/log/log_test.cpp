// SPDX-License-Identifier: MIT
// Lines as they arrive at the other end of a descriptor.
#include <duet/log/log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

namespace duet::log {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

/// Both ends of a pipe or socket; the log writes to one, the test reads from the other.
class Wire {
 public:
  enum class Kind : std::uint8_t { Pipe, Socket };

  explicit Wire(Kind kind = Kind::Pipe) {
    const int made =
        kind == Kind::Pipe ? pipe(ends_.data()) : socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data());
    EXPECT_EQ(made, 0);
    fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }

  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  ~Wire() {
    configure({});
    close_reader();
    close(ends_[1]);
  }

  int descriptor() const { return ends_[1]; }

  void close_reader() {
    if (ends_[0] >= 0) close(ends_[0]);
    ends_[0] = -1;
  }

  std::string read_all() {
    std::string out;
    std::array<char, 65536> buffer{};
    for (ssize_t size = 0; (size = read(ends_[0], buffer.data(), buffer.size())) > 0;)
      out.append(buffer.data(), static_cast<std::size_t>(size));
    return out;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

Settings to(const Wire& wire, Format format = Format::Logfmt) {
  return {.format = format, .descriptor = wire.descriptor()};
}

/// The lines without their times, which are the first word.
std::string without_time(std::string line) { return line.substr(line.find(' ') + 1); }

TEST(Log, WritesLogfmtWhereNoTerminalIs) {
  Wire wire;
  configure(to(wire, Format::Auto));
  DUET_INFO(Http, "it is served", {"status", 200}, {"path", "/r/a b"}, {"ok", true}, {"share", 0.5},
            {"left", -1}, {"empty", ""});
  const std::string line = wire.read_all();
  EXPECT_THAT(line,
              MatchesRegex("t=[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z level=info.*"));
  EXPECT_EQ(without_time(line),
            "level=info mod=http msg=\"it is served\" status=200 path=\"/r/a b\" ok=true share=0.5 "
            "left=-1 empty=\"\"\n");
}

TEST(Log, WritesTextForPeople) {
  Wire wire;
  configure(to(wire, Format::Text));
  DUET_WARN(Net, "slow down", {"after", 3});
  EXPECT_EQ(without_time(wire.read_all()), "warn  net   slow down  after=3\n");
}

TEST(Log, WritesJsonForCollectors) {
  Wire wire;
  configure(to(wire, Format::Json));
  DUET_ERROR(Tls, "no \"key\"", {"file", "a\\b\n"}, {"bad", "\xff"}, {"n", 7U});
  const std::string line = wire.read_all();
  EXPECT_THAT(line, HasSubstr("Z\",\"level\":\"error\",\"mod\":\"tls\",\"msg\":\"no \\\"key\\\"\","
                              "\"file\":\"a\\\\b\\n\",\"bad\":\"\\u00ff\",\"n\":7}\n"));
  EXPECT_EQ(line.substr(0, 6), "{\"t\":\"");
}

TEST(Log, EscapesWhatCommandsATerminal) {
  for (const Format format : {Format::Text, Format::Logfmt, Format::Json}) {
    Wire wire;
    configure(to(wire, format));
    DUET_INFO(Main, "x\x1b[2Jy", {"key", "\x1b]0;t\x07 \xc2\x9b"}, {"two", "a\nt=1 level=error"});
    const std::string line = wire.read_all();
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
    EXPECT_THAT(line, Not(HasSubstr("\xc2\x9b")));
    EXPECT_EQ(line.find('\n'), line.size() - 1) << "one call, one line";
  }
}

TEST(Log, TakesLevelsPerModule) {
  Wire wire;
  Settings settings = to(wire);
  settings.levels = *Levels::parse("warn,http=debug");
  configure(settings);
  int evaluated = 0;
  DUET_INFO(Net, "off", {"n", ++evaluated});
  DUET_DEBUG(Http, "on", {"n", ++evaluated});
  DUET_TRACE(Http, "off", {"n", ++evaluated});
  EXPECT_EQ(without_time(wire.read_all()), "level=debug mod=http msg=on n=1\n");
  EXPECT_EQ(evaluated, 1) << "a line that is off costs nothing";
}

TEST(Log, HidesRoomsAndAddressesAtInfo) {
  Wire wire;
  Settings settings = to(wire);
  settings.levels = Levels{Level::Trace};
  configure(settings);
  const IpAddress peer = IpAddress::v4({192, 0, 2, 7});
  DUET_INFO(Room, "joined", {"room", room("green-otter-42")}, {"from", address(peer)});
  DUET_INFO(Room, "joined", {"room", room("green-otter-42")},
            {"from", address(Endpoint{peer, 80})});
  DUET_DEBUG(Room, "joined", {"room", room("green-otter-42")}, {"from", address(peer)});
  const std::string lines = wire.read_all();
  const std::string first = without_time(lines.substr(0, lines.find('\n')));
  EXPECT_THAT(first,
              MatchesRegex("level=info mod=room msg=joined room=#[0-9a-f]{8} from=@[0-9a-f]{8}"));
  const std::string rest = lines.substr(lines.find('\n') + 1);
  EXPECT_EQ(without_time(rest.substr(0, rest.find('\n'))), first) << "the same room, the same hash";
  EXPECT_THAT(rest, HasSubstr("from=192.0.2.7")) << "addresses are told at debug";
  EXPECT_THAT(lines, Not(HasSubstr("otter"))) << "rooms are not";
}

TEST(Log, TellsRoomsAndAddressesWhenAskedTo) {
  Wire wire;
  Settings settings = to(wire);
  settings.privacy = Privacy::Told;
  configure(settings);
  DUET_INFO(Room, "joined", {"room", room("otter")},
            {"from", address(*IpAddress::parse("::ffff:192.0.2.7"))});
  EXPECT_EQ(without_time(wire.read_all()),
            "level=info mod=room msg=joined room=otter from=192.0.2.7\n");
}

TEST(Log, KeepsLinesShort) {
  Wire wire;
  configure(to(wire));
  const std::string text(100'000, 'x');
  DUET_INFO(Main, text, {"a", text}, {"b", text}, {"c", text}, {"d", text}, {"e", text},
            {"f", text}, {"g", text}, {"h", text}, {"i", text});
  const std::string line = wire.read_all();
  EXPECT_LE(line.size(), 4096U);
  EXPECT_GT(line.size(), 3000U);
  EXPECT_THAT(line, HasSubstr(" cut=true\n"));
}

TEST(Log, SaysPrioritiesToTheJournal) {
  Wire wire{Wire::Kind::Socket};

  struct stat status {};

  ASSERT_EQ(fstat(wire.descriptor(), &status), 0);
  const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  setenv("JOURNAL_STREAM", stream.c_str(), 1);
  configure(to(wire, Format::Auto));
  DUET_ERROR(Main, "a");
  DUET_WARN(Main, "b");
  DUET_INFO(Main, "c");
  setenv("JOURNAL_STREAM", "1:1", 1);
  configure(to(wire, Format::Auto));
  DUET_INFO(Main, "d");
  unsetenv("JOURNAL_STREAM");
  const std::string lines = wire.read_all();
  EXPECT_EQ(lines.substr(0, lines.find("t=")),
            "<3>level=error mod=main msg=a\n<4>level=warn mod=main msg=b\n"
            "<6>level=info mod=main msg=c\n")
      << "and none to anything else";
}

TEST(Log, SurvivesAReaderThatGoesAway) {
  for (const Wire::Kind kind : {Wire::Kind::Pipe, Wire::Kind::Socket}) {
    Wire wire{kind};
    configure(to(wire));
    wire.close_reader();
    for (int i = 0; i < 10; ++i) DUET_INFO(Main, "nobody reads this", {"i", i});
  }
}

TEST(Log, NeverWaitsForAReaderThatStalls) {
  for (const Wire::Kind kind : {Wire::Kind::Pipe, Wire::Kind::Socket}) {
    Wire wire{kind};
    configure(to(wire));
    const std::string text(400, 'x');
    for (int i = 0; i < 2000; ++i) DUET_INFO(Main, text);  // 800 kB; a pipe takes 64 kB
    EXPECT_THAT(wire.read_all(), Not(HasSubstr("lost")));
    DUET_INFO(Main, "back again");
    EXPECT_THAT(wire.read_all(),
                MatchesRegex("t=[^ ]* level=warn mod=main msg=\"log lines were lost\" "
                             "lines=1[0-9]{3}\nt=[^ ]* level=info mod=main msg=\"back again\"\n"));
  }
}

}  // namespace
}  // namespace duet::log
