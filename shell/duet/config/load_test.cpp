// SPDX-License-Identifier: MIT
// Which value counts, where it comes from, and what is said of one that doesn't fit.
#include <duet/config/load.hpp>
#include <duet/config/reference.hpp>
#include <duet/config/toml_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <memory>

namespace duet::config {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Variables = std::map<std::string, std::string>;
using Words = std::vector<std::string>;
namespace fs = std::filesystem;

/// One option of each kind.
struct TestOptions : Options {
  TestOptions() : Options{"call"} {}

  Option<Duration> ping_interval{*this, "ping-interval",    "TIME",
                                 25s,   {"A time", "时间"}, {{1s, 1h}}};
  Option<std::vector<ListenAddress>> listen{
      *this, "listen", "ADDR", {{{}, 2022}}, {"A list", "列表"}};
  Option<std::optional<fs::path>> cert{*this, "cert", "FILE", {}, {"Nothing | or a file", "文件"}};
  Option<bool> limits{*this, "limits", "on|off", true, {"A switch", "开关"}};
  Option<bool> quick{*this, "quick", "", false, {"A plain switch", "普通开关"}};
  Option<std::uint64_t> rooms{*this, "rooms", "N", 7, {"A number", "数"}, {{1, 100}}};
};

class Load : public ::testing::Test {
 protected:
  Load() {
    std::string name = (fs::temp_directory_path() / "duet-load-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }

  ~Load() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream{folder_ / name} << text;
    return (folder_ / name).string();
  }

  /// Loads and returns the problems, without the folder's name.
  std::vector<std::string> load(const Words& words, const Variables& variables = {},
                                const std::vector<fs::path>& files = {}) {
    loaded_ = config::load(options_, words, Environment{variables}, files);
    std::vector<std::string> out;
    for (const Problem& problem : loaded_.problems) {
      std::string text = render(problem, Language::English);
      const std::string prefix = folder_.string() + "/";
      for (std::size_t at = 0; (at = text.find(prefix)) != std::string::npos;)
        text.erase(at, prefix.size());
      out.push_back(text);
    }
    return out;
  }

  fs::path folder_;
  TestOptions options_;
  Loaded loaded_;
};

TEST_F(Load, NothingSaidIsTheDefault) {
  EXPECT_THAT(load({}), IsEmpty());
  EXPECT_EQ(*options_.ping_interval, 25s);
  EXPECT_EQ(options_.ping_interval.source().to_string(), "default");
}

TEST_F(Load, FlagBeatsInlineBeatsVariableBeatsFileBeatsDefault) {
  const std::string first = write("a.toml", "[call]\nping-interval = \"2s\"\n");
  const std::string second = write("b.toml", "\n\n[call]\nping-interval = \"3s\"\n");
  const Variables variable = {{"DUET_CALL_PING_INTERVAL", "4s"}};

  struct Step {
    Words words;
    Variables variables;
    Duration value;
    std::string source;
  };

  const Step steps[] = {
      {{"-c", first}, {}, 2s, first + ":2"},
      {{"-c", first, "-c", second}, {}, 3s, second + ":4"},
      {{"-c", second, "-c", first}, {}, 2s, first + ":2"},
      {{"-c", second}, variable, 4s, "DUET_CALL_PING_INTERVAL"},
      {{"-c", "call.ping-interval=5s", "-c", second}, variable, 5s, "-c call.ping-interval"},
      {{"--ping-interval", "6s", "-c", "call.ping-interval=5s"}, variable, 6s, "--ping-interval"},
      {{"--ping-interval=6s", "--ping-interval=7s"}, {}, 7s, "--ping-interval"},
  };
  for (const Step& step : steps) {
    EXPECT_THAT(load(step.words, step.variables), IsEmpty());
    EXPECT_EQ(*options_.ping_interval, step.value);
    EXPECT_EQ(options_.ping_interval.source().to_string(), step.source);
  }
}

TEST_F(Load, DefaultFilesCountUnlessOthersAreNamed) {
  const std::string usual = write("usual.toml", "call.rooms = 8\n");
  const std::string other = write("other.toml", "call.quick = true\n");
  EXPECT_THAT(load({}, {}, {folder_ / "missing.toml", usual}), IsEmpty());
  EXPECT_EQ(*options_.rooms, 8U);
  EXPECT_THAT(loaded_.files_read, ElementsAre(fs::path{usual}));
  TestOptions again;
  config::load(again, Words{"-c", other}, {}, std::vector<fs::path>{usual});
  EXPECT_EQ(*again.rooms, 7U);
  EXPECT_TRUE(*again.quick);
  EXPECT_TRUE(config::load(again, Words{"-c", "call.rooms=9"}, {}, std::vector<fs::path>{usual})
                  .problems.empty());
  EXPECT_EQ(*again.rooms, 9U);
}

TEST_F(Load, ListsCanBeWrittenInEveryWay) {
  const std::tuple<Words, Variables> cases[] = {
      {{"--listen", "1", "--listen", "[::1]:2"}, {}},
      {{"--listen=1,[::1]:2"}, {}},
      {{"-c", "call.listen=1,[::1]:2"}, {}},
      {{}, {{"DUET_CALL_LISTEN", "1,[::1]:2"}}},
      {{"-c", write("a.toml", "call.listen = [1, \"[::1]:2\"]\n")}, {}},
      {{"-c", write("b.toml", "call.listen = \"1,[::1]:2\"\n")}, {}},
      {{"--listen", "1,[::1]:2"}, {{"DUET_CALL_LISTEN", "3"}}},
  };
  for (const auto& [words, variables] : cases) {
    EXPECT_THAT(load(words, variables), IsEmpty());
    EXPECT_THAT(options_.listen.texts(), ElementsAre("[::]:1", "[::1]:2"));
  }
}

TEST_F(Load, SwitchesNeedNoValue) {
  EXPECT_THAT(load({"--quick", "--limits", "off"}), IsEmpty());
  EXPECT_TRUE(*options_.quick);
  EXPECT_FALSE(*options_.limits);
  EXPECT_THAT(load({"--limits", "--quick=off"}), IsEmpty());
  EXPECT_FALSE(*options_.quick);
  EXPECT_TRUE(*options_.limits);
}

TEST_F(Load, CountsShortFlagsTogether) {
  EXPECT_THAT(load({"-vvq", "-v", "-h"}), IsEmpty());
  EXPECT_EQ(loaded_.verbose, 3);
  EXPECT_EQ(loaded_.quiet, 1);
  EXPECT_TRUE(loaded_.help);
}

TEST_F(Load, AnEmptyVariableIsNone) {
  EXPECT_THAT(load({}, {{"DUET_CALL_CERT", ""}, {"DUET_OTHER", "x"}, {"DUET_CALLX", "x"}}),
              IsEmpty());
}

TEST_F(Load, AVariableWithoutItsCommandIsAnError) {
  const std::tuple<std::string, std::string> cases[] = {
      {"DUET_LISTEN", "DUET_CALL_LISTEN"},
      {"DUET_PING_INTERVALL", "DUET_CALL_PING_INTERVAL"},
      {"DUET_CAL_ROOMS", "DUET_CALL_ROOMS"},
      {"DUET_CALLROOMS", "DUET_CALL_ROOMS"},
  };
  for (const auto& [name, meant] : cases) {
    EXPECT_THAT(load({}, {{name, "1"}}),
                ElementsAre("unknown variable " + name + "; did you mean " + meant + "?"));
    EXPECT_THAT(load({}, {{name, ""}}), IsEmpty());
  }
}

TEST_F(Load, VariablesOfOthersAreNone) {
  EXPECT_THAT(load({}, {{"DUET_TURN_LISTEN", "1"},  // of another command
                        {"DUET_HOME", "/opt/duet"},
                        {"DUET_PORT", "tcp://10.0.0.1:2022"},  // of a Kubernetes service "duet"
                        {"DUET_PORT_2022_TCP_ADDR", "10.0.0.1"},
                        {"DUET_SERVICE_HOST", "10.0.0.1"},
                        {"DUETLISTEN", "1"},
                        {"LISTEN", "1"}}),
              IsEmpty());
}

TEST_F(Load, VariablesOfAnotherCommandArePassedOver) {
  struct Other : Options {
    Other() : Options{"dial"} {}

    Option<std::uint64_t> room{*this, "room", "N", 7, {"A number", "数"}};
  } other;

  const std::vector<const Options*> others = {&other};
  const Environment environment{{{"DUET_DIAL_ROOM", "1"}, {"DUET_DALL_ROOMS", "1"}}};
  const Loaded loaded = config::load(options_, {}, environment, {}, others);
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].sentence,
            (Sentence{Say::UnknownVariableNear, {"DUET_DALL_ROOMS", "DUET_CALL_ROOMS"}}));
}

TEST_F(Load, NamesTheLineOfTheFile) {
  const std::tuple<std::string, std::string> cases[] = {
      {"[call]\nrooms = 1\nping-intervall = \"5s\"\n",
       "x.toml:3: unknown key call.ping-intervall; did you mean call.ping-interval?"},
      {"[call]\nping_interval = \"5s\"\n",
       "x.toml:2: unknown key call.ping_interval; did you mean call.ping-interval?"},
      {"\n[cal]\nrooms = 1\n", "x.toml:3: unknown key cal.rooms; did you mean call.rooms?"},
      {"rooms = 1\n", "x.toml:1: unknown key rooms; did you mean call.rooms?"},
      {"[xyzzy]\nplugh = 1\n", "x.toml:2: unknown key xyzzy.plugh"},
      {"[cal]\nxyzzy = 1\n", "x.toml:2: unknown key cal.xyzzy; did you mean [call]?"},
      {"[call]\nbogus = 1\n", "x.toml:2: unknown key call.bogus"},
      {"[calls]\n", "x.toml:1: unknown key calls; did you mean call?"},
      {"call = 3\n", "x.toml:1: call: is a table; write [call] and its keys below"},
      {"[call]\n\nping-interval = 25\n",
       "x.toml:3: call.ping-interval: 25 has no unit; write 25ms, 25s, 25m or 25h"},
      {"call.ping-interval = \"5ms\"\n",
       "x.toml:1: call.ping-interval: 5ms is out of range; it can be 1s to 1h"},
      {"call.rooms = 1.5\n",
       "x.toml:1: call.rooms: is an option and needs a value that is text, a whole number, true or "
       "false"},
      {"call.rooms = 2001-01-01\n",
       "x.toml:1: call.rooms: is an option and needs a value that is text, a whole number, true or "
       "false"},
      {"call.listen = [[1]]\n",
       "x.toml:1: call.listen: is an option and needs a value that is text, a whole number, true "
       "or "
       "false"},
      {"call.rooms = [1, 2]\n", "x.toml:1: call.rooms: takes one value, not a list"},
      {"call.rooms = \"\"\n", "x.toml:1: call.rooms: the value is empty"},
      {"call.rooms = -1\n", "x.toml:1: call.rooms: \"-1\" is not a whole number"},
      {"call.limits = \"yes\"\n", "x.toml:1: call.limits: \"yes\" is none of on, off"},
      {"[call.listen]\nx = 1\n", "x.toml:2: unknown key call.listen.x; did you mean call.listen?"},
      {"[call.listen]\n",
       "x.toml:1: call.listen: is an option and needs a value that is text, a whole number, true "
       "or "
       "false"},
  };
  for (const auto& [text, problem] : cases) {
    SCOPED_TRACE(text);
    EXPECT_THAT(load({"-c", write("x.toml", text)}), ElementsAre(problem));
  }
}

TEST_F(Load, SaysWhichLineIsNoToml) {
  for (const auto* text : {"[call]\nrooms = \n", "\nx", "[call]\nrooms = 1\nrooms = 2\n"}) {
    const auto problems = load({"-c", write("x.toml", text)});
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_THAT(problems[0], HasSubstr(": is not TOML: "));
    EXPECT_THAT(problems[0], StartsWith("x.toml:"));
  }
  EXPECT_THAT(load({"-c", write("x.toml", "[call]\nrooms = 1\nrooms = 2\n")})[0],
              StartsWith("x.toml:3: "));
  EXPECT_EQ(load({"-c", write("deep.toml", "x = " + std::string(100'000, '['))}).size(), 1U);
}

TEST_F(Load, ReadsNoFileThatIsNone) {
  EXPECT_THAT(load({"-c", (folder_ / "none.toml").string()}),
              ElementsAre("none.toml: cannot be read: No such file or directory"));
  fs::create_directory(folder_ / "folder");
  EXPECT_THAT(load({"-c", (folder_ / "folder").string()}),
              ElementsAre("folder: cannot be read: Is a directory"));
  EXPECT_THAT(load({"-c", write("long.toml", std::string(1'000'001, '#'))}),
              ElementsAre("long.toml: is longer than 1MB"));
  EXPECT_THAT(load({"-c", "/dev/zero"}), ElementsAre("/dev/zero: is longer than 1MB"));
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  load({"-c", (folder_ / "pipe").string()});  // returns, though nobody ever writes
}

TEST_F(Load, FindsEveryProblemAndKeepsWhatIsGood) {
  EXPECT_THAT(
      load({"--rooms", "0", "--lisen", "--quick", "-c", "call.limits=maybe"},
           {{"DUET_CALL_PING_INTERVAL", "x"}, {"DUET_CALL_CERTT", "y"}}),
      ElementsAre("unknown flag --lisen; did you mean --listen?",
                  "DUET_CALL_PING_INTERVAL: \"x\" is not a time; write a whole number and a "
                  "unit, such as 250ms, 30s or 24h",
                  "unknown variable DUET_CALL_CERTT; did you mean DUET_CALL_CERT?",
                  "-c call.limits: \"maybe\" is none of on, off",
                  "--rooms: 0 is out of range; it can be 1 to 100"));
  EXPECT_TRUE(*options_.quick);
  EXPECT_EQ(*options_.rooms, 7U);
  EXPECT_EQ(options_.rooms.source().to_string(), "default");
}

TEST_F(Load, TellsAFileFromAValue) {
  // A '=' after a '/' is part of a file's name.
  const std::string file = write("a=b.toml", "call.rooms = 9\n");
  EXPECT_THAT(load({"-c", file}), IsEmpty());
  EXPECT_EQ(*options_.rooms, 9U);
  EXPECT_THAT(load({"-c", "call.cert=/etc/x=y.pem"}), IsEmpty());
  EXPECT_EQ(*options_.cert, fs::path{"/etc/x=y.pem"});
}

TEST_F(Load, TakesWhatFollowsTwoDashesForWords) {
  EXPECT_THAT(load({"--", "--quick"}), ElementsAre("unexpected word \"--quick\""));
}

TEST_F(Load, PrintsWhatItWouldReadAgain) {
  load({"--listen", "1,[::1]:2", "--quick", "--rooms=9", "--cert", "/a \"b\"\n\\c"});
  const std::string values = toml_values(options_);
  EXPECT_THAT(values, HasSubstr("quick = true"));
  EXPECT_THAT(values, HasSubstr("rooms = 9 "));
  EXPECT_THAT(values, HasSubstr("# --listen\n"));
  EXPECT_THAT(values, HasSubstr("# default\n"));
  EXPECT_THAT(toml_values(TestOptions{}), ContainsRegex("\n#cert = \"FILE\" +# not set\n"));
  TestOptions again;
  const Words words = {"-c", write("again.toml", values)};
  EXPECT_TRUE(config::load(again, words, {}, {}).problems.empty());
  for (const OptionBase* option : options_.all())
    EXPECT_EQ(again.find(option->name())->texts(), option->texts()) << option->name();
}

TEST_F(Load, DescribesOptions) {
  EXPECT_THAT(markdown_table(options_),
              HasSubstr("| `--ping-interval TIME` | `DUET_CALL_PING_INTERVAL` | "
                        "`call.ping-interval` | `25s` | A time |\n"));
  EXPECT_THAT(markdown_table(options_), HasSubstr("| `--limits [on\\|off]` |"));
  EXPECT_THAT(markdown_table(options_), HasSubstr("| Nothing \\| or a file |\n"));
  EXPECT_THAT(markdown_table(options_), HasSubstr("| A list; repeatable |\n"));
  EXPECT_THAT(help_text(options_, Language::English),
              HasSubstr("  --ping-interval TIME  A time (25s)\n"));
  EXPECT_THAT(help_text(options_, Language::Chinese),
              HasSubstr("  --ping-interval TIME  时间 (25s)\n"));
  EXPECT_THAT(toml_example(options_),
              HasSubstr("\n# A list.\n# ADDR\n#listen = [\"[::]:2022\"]\n"));
  EXPECT_THAT(toml_example(options_), HasSubstr("\n# A plain switch.\n#quick = false\n"));
}

TEST(DefaultFiles, FollowTheXdgSpecification) {
  const std::tuple<Variables, std::vector<fs::path>> cases[] = {
      {{{"XDG_CONFIG_HOME", "/x"}, {"HOME", "/h"}}, {"/etc/duet/duet.toml", "/x/duet/duet.toml"}},
      {{{"HOME", "/h"}}, {"/etc/duet/duet.toml", "/h/.config/duet/duet.toml"}},
      {{{"XDG_CONFIG_HOME", "x"}, {"HOME", "/h"}},
       {"/etc/duet/duet.toml", "/h/.config/duet/duet.toml"}},
      {{}, {"/etc/duet/duet.toml"}},
  };
  for (const auto& [variables, files] : cases)
    EXPECT_EQ(default_files(Environment{variables}), files);
}

struct WordOptions : Options {
  WordOptions() : Options{"call"} { take_word_for(where); }

  Option<std::string> where{*this, "where", "ROOM", "", {"A word", "词"}};
  Option<std::string> video{*this, "video", "SOURCE", "", {"A text", "文本"}};
  Option<bool> json{*this, "json", "", false, {"A switch", "开关"}};
};

TEST(Word, IsTakenFromAnywhereBetweenTheFlags) {
  for (const Words& words :
       {Words{"otter", "--video", "none", "--json"}, Words{"--video", "none", "--json", "otter"},
        Words{"--json", "on", "otter", "--video=none"},
        Words{"--json", "--video=none", "--", "otter"}}) {
    WordOptions options;
    EXPECT_THAT(load(options, words, Environment{}, {}).problems, IsEmpty());
    EXPECT_EQ(*options.where, "otter");
    EXPECT_EQ(*options.video, "none");
    EXPECT_TRUE(*options.json);
  }
}

TEST(Word, IsOneOnly) {
  WordOptions options;
  const auto loaded = load(options, Words{"otter", "badger"}, Environment{}, {});
  ASSERT_EQ(loaded.problems.size(), 1u);
  EXPECT_EQ(loaded.problems.front().sentence, (Sentence{Say::UnexpectedWord, {"badger"}}));
}

}  // namespace
}  // namespace duet::config
