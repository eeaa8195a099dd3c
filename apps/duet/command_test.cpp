// SPDX-License-Identifier: MIT
// What each command says, and with which exit code.
#include "command.hpp"

#include "documents.hpp"
#include "version.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

namespace duet::apps {
namespace {

using config::Language;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Variables = std::map<std::string, std::string>;

struct Outcome {
  int code = 0;
  std::string out;
  std::string error;
  bool served = false;
  bool relayed = false;
  std::optional<Duration> loop_duration;
  bool loop_has_media = false;
  std::string room;
  std::string server;
};

Outcome duet(const std::vector<std::string>& words, const Variables& variables = {}) {
  Outcome outcome;
  std::ostringstream out;
  std::ostringstream error;
  outcome.code = run(words, {.environment = config::Environment{variables},
                             .files = {},
                             .out = out,
                             .error = error,
                             .serve =
                                 [&](const ServeOptions&) {
                                   outcome.served = true;
                                   return 42;
                                 },
                             .turn =
                                 [&](const TurnOptions&) {
                                   outcome.relayed = true;
                                   return 43;
                                 },
                             .loop =
                                 [&](const LoopOptions& options, std::ostream&, std::ostream&) {
                                   outcome.loop_duration = *options.duration;
                                   outcome.loop_has_media = options.has_media();
                                   return 44;
                                 },
                             .devices = [&](const DevicesOptions& options,
                                            std::ostream&) { return *options.json ? 46 : 45; },
                             .call =
                                 [&](const CallOptions& options) {
                                   outcome.room = options.destination.room;
                                   outcome.server = options.destination.server.authority();
                                   return 47;
                                 }});
  outcome.out = out.str();
  outcome.error = error.str();
  return outcome;
}

TEST(Command, CallTakesALinkOrARoomAndAServer) {
  const auto link = duet({"call", "https://[::1]:2022/r/green%20otter?x#y", "--json"});
  EXPECT_EQ(link.code, 47);
  EXPECT_EQ(link.room, "green otter");
  EXPECT_EQ(link.server, "[::1]:2022");
  const auto room = duet({"call", "--server", "http://box.lan:80", "otter/7"});
  EXPECT_EQ(room.room, "otter/7");
  EXPECT_EQ(room.server, "box.lan:80");
  EXPECT_EQ(duet({"call", "otter"}, {{"DUET_CALL_SERVER", "https://a.b"}}).server, "a.b:443");
}

TEST(Command, CallHasNothingAgainstVariablesOfOthers) {
  for (const std::string name :
       {"DUET_BIN", "DUET_ROOM", "DUET_PEER", "DUET_EVENT", "DUET_REASON"}) {
    EXPECT_EQ(duet({"call", "otter"}, {{name, "x"}}).code, 47) << name;
  }
  EXPECT_THAT(duet({"call", "otter"}, {{"DUET_PIN", "x"}}).error, HasSubstr("DUET_CALL_PIN"));
}

TEST(Command, CallSaysWhatIsWrongWithItsWords) {
  for (const auto& [word, says] : std::map<std::string, std::string>{
           {"--fps=30", "whom to call"},
           {"https://host:2022/", "no link to a room"},
           {"https://host/r/%4", "no link to a room"},
           {"https://host/r/", "1 to 256 bytes"},
           {"otter --name \xff", "--name: a name has 1 to 240 bytes of UTF-8"},
           {"otter --name " + std::string(241, 'a'), "--name: a name has 1 to 240 bytes"},
           {"otter --expect loss<-2%", "\"-2\" is no number from 0 on"},
           {"otter --size 12", "no size of pictures"},
           {"otter --bitrate 1500", "1500k"},
           {"otter --record out.avi", ".mkv"},
           {"otter --expect fps>3", "no expectation"},
           {"otter --pin abc", "SHA-256"},
           {"otter --server box:2022", "--server: \"box:2022\" is no server"},
           {"http://box/r/otter --pin " + std::string(64, 'a'), "--pin: box:80 is called by http"},
           {"otter --expect path=wifi", "host, srflx, prflx or relay"},
           {"otter --cdec vp8", "--codec"},
       }) {
    std::istringstream in{word};
    std::vector<std::string> words{"call"};
    for (std::string each; in >> each;) words.push_back(each);
    const auto outcome = duet(words);
    EXPECT_EQ(outcome.code, 2) << word;
    EXPECT_THAT(outcome.error, HasSubstr(says));
  }
}

TEST(Command, LoopCallsForAsLongAsItIsTold) {
  EXPECT_EQ(duet({"loop", "--json"}).code, 44);
  EXPECT_EQ(duet({"loop", "--duration", "3s"}).loop_duration, Duration{3s});
  EXPECT_EQ(duet({"loop", "--duration", "3"}).code, 2);
}

TEST(Command, LoopHasMediaIfAnyOptionOfMediaIsGiven) {
  EXPECT_FALSE(duet({"loop", "--json", "--duration", "3s"}).loop_has_media);
  for (const std::string word :
       {"--video=pattern", "--audio=tone", "--size=320x180", "--fps=15", "--codec=vp9",
        "--bitrate=500k", "--record=a.mkv", "--expect=loss<2%"}) {
    EXPECT_TRUE(duet({"loop", word}).loop_has_media) << word;
  }
  EXPECT_TRUE(duet({"loop"}, {{"DUET_LOOP_SIZE", "320x180"}}).loop_has_media);
}

TEST(Command, LoopSaysWhatIsWrongWithItsMedia) {
  EXPECT_THAT(duet({"loop", "--record", "out.avi"}).error, HasSubstr(".mkv"));
  EXPECT_THAT(duet({"loop", "--video", "film"}).error, HasSubstr("--video"));
  EXPECT_EQ(duet({"loop", "--bitrate", "1"}).code, 2);
}

TEST(Command, DevicesAreListedForPeopleAndPrograms) {
  EXPECT_EQ(duet({"devices"}).code, 45);
  EXPECT_EQ(duet({"devices", "--json"}).code, 46);
  EXPECT_EQ(duet({"devices", "--jsn"}).code, 2);
  EXPECT_EQ(duet({"devices", "--help"}).out, devices_help(Language::English));
  EXPECT_EQ(duet({"help", "devices"}, {{"LANG", "zh_CN.UTF-8"}}).out,
            devices_help(Language::Chinese));
}

TEST(Command, ServeIsTheDefault) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{}, {"serve"}, {"--listen", "2023"}, {"-v"}, {"serve", "-q"}}) {
    const Outcome outcome = duet(words);
    EXPECT_TRUE(outcome.served);
    EXPECT_EQ(outcome.code, 42) << "the server's exit code is the command's";
    EXPECT_EQ(outcome.error, "");
  }
}

TEST(Command, TurnRunsTheRelayAlone) {
  const Outcome outcome = duet({"turn", "--turn-user", "me:secret"});
  EXPECT_TRUE(outcome.relayed);
  EXPECT_FALSE(outcome.served);
  EXPECT_EQ(outcome.code, 43);
  EXPECT_EQ(outcome.error, "");
}

struct Refusal {
  std::vector<std::string> words;
  Variables variables;
  std::string error;
};

TEST(Command, RefusesInWordsAndWithExitCodeTwo) {
  const std::string help =
      "duet: duet help shows examples, duet help serve (or call, turn) the options\n";
  const std::string chinese_help =
      "duet: duet help 列出例子，duet help serve（或 call、turn）列出选项\n";
  const Refusal cases[] = {
      {{"srve"}, {}, "duet: unknown command \"srve\"; did you mean duet serve?\n" + help},
      {{"xyzzy"}, {}, "duet: unknown command \"xyzzy\"\n" + help},
      {{""}, {}, "duet: unknown command \"\"\n" + help},
      {{"config", "chek"},
       {},
       "duet: unknown command \"chek\"; did you mean duet config check?\n" + help},
      {{"help", "serv"},
       {},
       "duet: unknown command \"serv\"; did you mean duet help serve?\n" + help},
      {{"version", "--jsn"}, {}, "duet: unknown flag --jsn; did you mean --json?\n" + help},
      {{"version", "now"}, {}, "duet: unexpected word \"now\"\n" + help},
      {{"serve", "now"}, {}, "duet: unexpected word \"now\"\n" + help},
      {{"serve", "--lisen", "1"},
       {},
       "duet: unknown flag --lisen; did you mean --listen?\n" + help},
      {{"serve", "--lisen", "1", "now"},
       {},
       "duet: unknown flag --lisen; did you mean --listen?\nduet: unexpected word \"now\"\n" +
           help},
      {{"serve", "--lisen=1", "now"},
       {},
       "duet: unknown flag --lisen; did you mean --listen?\nduet: unexpected word \"now\"\n" +
           help},
      {{"--ping-intervall=25s"},
       {},
       "duet: unknown flag --ping-intervall; did you mean --ping-interval?\n" + help},
      {{"serve", "--listen"}, {}, "duet: --listen: needs a value: [ADDR:]PORT\n" + help},
      {{"serve", "--listen="}, {}, "duet: --listen: needs a value: [ADDR:]PORT\n" + help},
      {{"serve", "--cert", "--limits", "off"}, {}, "duet: --cert: needs a value: FILE\n" + help},
      {{"serve", "-c"}, {}, "duet: -c: needs a value: FILE | KEY=VALUE\n" + help},
      {{"serve"},
       {{"DUET_SERVE_LISTN", "1"}},
       "duet: unknown variable DUET_SERVE_LISTN; did you mean DUET_SERVE_LISTEN?\n" + help},
      {{"serve"},
       {{"DUET_SERVE_PING_INTERVAL", "25"}},
       "duet: DUET_SERVE_PING_INTERVAL: 25 has no unit; write 25ms, 25s, 25m or 25h\n" + help},
      {{"serve", "-c", "serve.lissen=1"},
       {},
       "duet: -c: unknown key serve.lissen; did you mean serve.listen?\n" + help},
      {{"serve", "-c", "serve.listen=x"},
       {},
       "duet: -c serve.listen: \"x\" is no place to listen; write a port (2022) or an address and "
       "a "
       "port (127.0.0.1:2022, [::1]:2022)\n" +
           help},
      {{"serve", "-c", "/nonexistent/duet.toml"},
       {},
       "duet: /nonexistent/duet.toml: cannot be read: No such file or directory\n" + help},
      {{"serve", "--lang", "zh", "--drain", "30"},
       {},
       "duet: --drain: 30 没有单位，请写成 30ms、30s、30m 或 30h\n" + chinese_help},
      {{"srve"},
       {{"LANG", "zh_CN.UTF-8"}},
       "duet: 没有“srve”这个命令，是不是 duet serve？\n" + chinese_help},
      {{"serve", "--lang=zh", "--listen"},
       {},
       "duet: --listen: 需要一个值：[ADDR:]PORT\n" + chinese_help},
      {{"config", "check", "--drain", "x"},
       {},
       "duet: --drain: \"x\" is not a time; write a whole number and a unit, such as 250ms, 30s or "
       "24h\n" +
           help},
  };
  for (const Refusal& c : cases) {
    const Outcome outcome = duet(c.words, c.variables);
    EXPECT_EQ(outcome.error, c.error);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_FALSE(outcome.served);
  }
}

TEST(Command, StopsCountingAfterTenProblems) {
  std::vector<std::string> words = {"serve"};
  for (int i = 0; i < 13; ++i) words.push_back("w" + std::to_string(i));
  const Outcome outcome = duet(words);
  EXPECT_THAT(outcome.error, HasSubstr("\"w9\"\nduet: and 3 more\n"));
}

TEST(Command, DoesNotRepeatControlCharacters) {
  EXPECT_EQ(duet({"se\x1b[2Jrve", "\n"}).error.find('\x1b'), std::string::npos);
}

TEST(Command, ShowsHelp) {
  const auto english = Language::English;
  EXPECT_EQ(duet({"--help"}).out, main_help(english));
  EXPECT_EQ(duet({"-h"}).out, main_help(english));
  EXPECT_EQ(duet({"help"}).out, main_help(english));
  EXPECT_EQ(duet({"help", "version"}).out, main_help(english));
  EXPECT_EQ(duet({"help", "serve"}).out, serve_help(english));
  EXPECT_EQ(duet({"serve", "--help"}).out, serve_help(english));
  EXPECT_EQ(duet({"serve", "-h", "--nonsense"}).code, 0) << "who asks for help gets help";
  EXPECT_EQ(duet({"help", "config"}).out, config_help(english));
  EXPECT_EQ(duet({"config", "--help"}).out, config_help(english));
  EXPECT_EQ(duet({"config", "print", "-h"}).out, config_help(english));
  EXPECT_EQ(duet({"config", "check", "--help"}).out, config_help(english));
  EXPECT_EQ(duet({"help", "turn"}).out, turn_help(english));
}

TEST(Command, ShowsHelpInTheLanguageAskedFor) {
  const auto chinese = Language::Chinese;
  const Variables china = {{"LANG", "zh_CN.UTF-8"}};
  EXPECT_EQ(duet({"serve", "--help"}, china).out, serve_help(chinese));
  EXPECT_EQ(duet({"serve", "--help", "--lang", "zh"}).out, serve_help(chinese));
  EXPECT_EQ(duet({"serve", "--lang=en", "--help"}, china).out, serve_help(Language::English));
  EXPECT_EQ(duet({"turn", "--help"}, china).out, turn_help(chinese));
  EXPECT_EQ(duet({"--help"}, china).out, main_help(chinese));
  EXPECT_EQ(duet({"--help", "--lang", "zh"}).out, main_help(chinese));
  EXPECT_EQ(duet({"help", "serve", "--lang=zh"}).out, serve_help(chinese));
  EXPECT_EQ(duet({"help", "config"}, china).out, config_help(chinese));
}

TEST(Command, TellsItsVersion) {
  EXPECT_EQ(duet({"version"}).out, version_text() + "\n");
  EXPECT_EQ(duet({"--version"}).out, version_text() + "\n");
  EXPECT_THAT(duet({"version", "--json"}).out, StartsWith("{\"v\":1,\"version\":\""));
}

TEST(Command, PrintsTheConfigurationWithOrigins) {
  const Outcome outcome = duet({"config", "print", "--drain", "5s", "-c", "serve.limits=off"},
                               {{"DUET_SERVE_LISTEN", "127.0.0.1:2022,[::1]:2022"}});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, StartsWith("[serve]\n"));
  EXPECT_THAT(outcome.out,
              HasSubstr("listen = [\"127.0.0.1:2022\", \"[::1]:2022\"]  # DUET_SERVE_LISTEN\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\nlimits = \"off\""));
  EXPECT_THAT(outcome.out, HasSubstr("# -c serve.limits\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\ndrain = \"5s\""));
  EXPECT_THAT(outcome.out, HasSubstr("# --drain\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\nlog-private = false"));
  EXPECT_FALSE(outcome.served);
}

TEST(Command, ChecksTheConfiguration) {
  const Outcome outcome = duet({"config", "check"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.error, "duet: the configuration is fine; no file was read\n");
}

}  // namespace
}  // namespace duet::apps
