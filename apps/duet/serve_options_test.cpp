// SPDX-License-Identifier: MIT
// The options of `duet serve`, as people give them.
#include "serve_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace duet::apps {
namespace {

using config::Environment;
using config::Language;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

/// A folder that is gone when the test is.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "duet-options-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }

  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  ~Folder() { fs::remove_all(path_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream{path_ / name} << text;
    return (path_ / name).string();
  }

  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

/// The options and what was wrong with them, in English.
struct Result {
  ServeOptions options;
  std::vector<std::string> problems;
};

std::unique_ptr<Result> load(std::vector<std::string> words, Environment environment = {}) {
  auto out = std::make_unique<Result>();
  const auto loaded = load_serve_options(out->options, words, environment, {});
  for (const config::Problem& problem : loaded.problems)
    out->problems.push_back(render(problem, Language::English));
  return out;
}

TEST(ServeOptions, HaveDefaults) {
  const auto result = load({});
  const ServeOptions& options = result->options;
  EXPECT_THAT(result->problems, IsEmpty());
  EXPECT_THAT(*options.listen, ElementsAre(ListenAddress{.address = {}, .port = 2022}));
  EXPECT_FALSE(options.behind_proxy->any());
  EXPECT_TRUE(allows(*options.allow_origin, "https://example.org"));
  EXPECT_TRUE(allows(*options.allow_origin, "null"));
  EXPECT_EQ(options.metrics->where, MetricsPlace::Where::Loopback);
  EXPECT_TRUE(*options.limits);
  EXPECT_EQ(*options.ping_interval, 25s);
  EXPECT_EQ(*options.ping_timeout, 20s);
  EXPECT_EQ(*options.connect_timeout, 30s);
  EXPECT_EQ(*options.drain, 5s);
  EXPECT_FALSE(*options.conformance);
  EXPECT_FALSE(options.quiet);
}

TEST(ServeOptions, BehindProxyAloneMeansLoopbackAndPrivate) {
  const auto result = load({"--behind-proxy", "--limits", "off"});
  EXPECT_THAT(result->problems, IsEmpty());
  const TrustedProxies& proxies = *result->options.behind_proxy;
  for (const auto* text : {"127.0.0.1", "::1", "10.1.2.3", "172.31.0.1", "192.168.9.9", "fd00::1",
                           "::ffff:192.168.0.1"})
    EXPECT_TRUE(proxies.contains(*IpAddress::parse(text))) << text;
  for (const auto* text : {"192.0.2.1", "172.32.0.1", "2001:db8::1", "fe80::1", "169.254.0.1"})
    EXPECT_FALSE(proxies.contains(*IpAddress::parse(text))) << text;
  EXPECT_THAT(result->options.behind_proxy.texts(), ElementsAre("private"));
}

TEST(ServeOptions, BehindProxyTakesNetworksInEveryWay) {
  const Folder folder;
  const auto as_list =
      folder.write("a.toml", "[serve]\nbehind-proxy = [\"203.0.113.0/24\", \"::1\"]\n");
  const auto as_truth = folder.write("b.toml", "[serve]\nbehind-proxy = true\n");
  const auto as_off = folder.write("c.toml", "[serve]\nbehind-proxy = false\n");
  const std::tuple<std::vector<std::string>, std::string> cases[] = {
      {{"--behind-proxy", "203.0.113.0/24,::1"}, "203.0.113.0/24,::1/128"},
      {{"--behind-proxy=private,203.0.113.7"},
       "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7,203.0.113.7/32"},
      {{"-c", as_list}, "203.0.113.0/24,::1/128"},
      {{"-c", as_truth}, "private"},
      {{"-c", as_off}, "off"},
      {{"-c", as_truth, "--behind-proxy", "off"}, "off"},
  };
  for (const auto& [words, text] : cases) {
    const auto result = load(words);
    EXPECT_THAT(result->problems, IsEmpty());
    EXPECT_THAT(result->options.behind_proxy.texts(), ElementsAre(text));
  }
}

TEST(ServeOptions, OriginsAreWrittenAsBrowsersSendThem) {
  const std::tuple<std::string, std::string> cases[] = {
      {"https://example.org", "https://example.org"},
      {"HTTPS://Example.ORG:443", "https://example.org"},
      {"http://localhost:80", "http://localhost"},
      {"http://localhost:3000", "http://localhost:3000"},
      {"https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"},
      {"null", "null"},
      {"*", "*"},
  };
  for (const auto& [text, canonical] : cases) {
    const auto result = load({"--allow-origin", text});
    EXPECT_THAT(result->problems, IsEmpty());
    EXPECT_THAT(result->options.allow_origin.texts(), ElementsAre(canonical));
  }
  const auto two = load({"--allow-origin", "https://a.example", "--allow-origin", "null"});
  EXPECT_TRUE(allows(*two->options.allow_origin, "https://a.example"));
  EXPECT_TRUE(allows(*two->options.allow_origin, "null"));
  EXPECT_FALSE(allows(*two->options.allow_origin, "https://b.example"));
  EXPECT_FALSE(allows(*two->options.allow_origin, "https://a.example.evil.example"));
}

TEST(ServeOptions, MetricsHaveThreePlaces) {
  EXPECT_EQ(load({"--metrics", "off"})->options.metrics->where, MetricsPlace::Where::Off);
  const auto result = load({"--metrics", "127.0.0.1:9464"});
  EXPECT_EQ(result->options.metrics->where, MetricsPlace::Where::Address);
  EXPECT_EQ(result->options.metrics->address.to_string(), "127.0.0.1:9464");
}

TEST(ServeOptions, SayWhatIsWrong) {
  const Folder folder;
  const std::string pem = folder.write("a.pem", "");
  const std::string missing = folder.path() + "/none.pem";

  struct Case {
    std::vector<std::string> words;
    std::vector<std::string> problems;
  };

  const Case cases[] = {
      {{"--ping-interval", "25"}, {"--ping-interval: 25 has no unit; write 25ms, 25s, 25m or 25h"}},
      {{"--ping-interval", "5ms"}, {"--ping-interval: 5ms is out of range; it can be 100ms to 1h"}},
      {{"--max-rooms", "0"}, {"--max-rooms: 0 is out of range; it can be 1 to 10000000"}},
      {{"--max-rooms", "many"}, {"--max-rooms: \"many\" is not a whole number"}},
      {{"--limits", "no"}, {"--limits: \"no\" is none of on, off"}},
      {{"--lang", "fr"}, {"--lang: \"fr\" is none of auto, en, zh"}},
      {{"--metrics", "public"},
       {"--metrics: \"public\" is no place for the metrics; write loopback, off, or an address and "
        "a "
        "port (127.0.0.1:9464)"}},
      {{"--metrics", "127.0.0.1:99999"},
       {"--metrics: \"99999\" is not a port; ports are 0 to 65535"}},
      {{"--behind-proxy", "10.0.0.0/33"},
       {"--behind-proxy: \"10.0.0.0/33\" is not a network; write an address or a block of them, "
        "such "
        "as 10.0.0.0/8 or fd00::/8"}},
      {{"--allow-origin", "example.org"},
       {"--allow-origin: \"example.org\" is not an origin; write scheme and host, such as "
        "https://example.org, or null, or * for any"}},
      {{"--allow-origin", "https://example.org/"},
       {"--allow-origin: \"https://example.org/\" has a path, but an origin has none; write "
        "https://example.org"}},
      {{"--log", "loud"},
       {"--log: \"loud\" is no log level; levels are error, warn, info, debug, trace"}},
      {{"--log", "info,ice=debug"},
       {"--log: \"ice\" is no log module; modules are main, net, http, tls, sig, room, turn"}},
      {{"--cert", pem}, {"--cert: needs --key too, the private key of the certificate"}},
      {{"--key", pem}, {"--key: needs --cert too, the certificate of the private key"}},
      {{"--cert", pem, "--key", missing},
       {"--key: " + missing + ": cannot be read: No such file or directory"}},
      {{"--cert", pem, "--key", pem, "--behind-proxy"},
       {"--behind-proxy: excludes --cert: behind a proxy, the proxy has the certificate"}},
      {{"--web", pem}, {"--web: \"" + pem + "\" is not a folder"}},
      {{"--conformance", "--listen", "2022"},
       {"--conformance listens on 127.0.0.1:3000 and [::1]:3000 and nowhere else, so it takes no "
        "--listen"}},
  };
  for (const Case& c : cases) EXPECT_EQ(load(c.words)->problems, c.problems);
}

TEST(ServeOptions, ConformanceDecidesItsAddressesAndTimes) {
  const auto result = load({"--conformance"}, Environment{{{"DUET_SERVE_LISTEN", "2022"}}});
  const ServeOptions& options = result->options;
  EXPECT_THAT(result->problems, IsEmpty());
  EXPECT_THAT(options.listen.texts(), ElementsAre("127.0.0.1:3000", "[::1]:3000"));
  EXPECT_EQ(*options.ping_interval, 300ms);
  EXPECT_EQ(*options.ping_timeout, 200ms);
  EXPECT_EQ(*options.connect_timeout, 1s);
  EXPECT_EQ(options.listen.source().to_string(), "--conformance");
}

TEST(ServeOptions, VerboseAndQuietShiftTheLog) {
  const std::tuple<std::vector<std::string>, std::string, bool> cases[] = {
      {{}, "info", false},           {{"-v"}, "debug", false},
      {{"-vv"}, "trace", false},     {{"-v", "-v", "-v", "-v"}, "trace", false},
      {{"-q"}, "warn", true},        {{"-qq"}, "error", true},
      {{"-qqqqqqq"}, "error", true}, {{"-v", "--log", "warn,http=trace"}, "info,http=trace", false},
  };
  for (const auto& [words, log, quiet] : cases) {
    const auto result = load(words);
    EXPECT_THAT(result->problems, IsEmpty());
    EXPECT_THAT(result->options.log.texts(), ElementsAre(log));
    EXPECT_EQ(result->options.quiet, quiet);
  }
}

TEST(ServeOptions, LanguageFollowsFlagThenEnvironment) {
  const Environment chinese{{{"LANG", "zh_CN.UTF-8"}}};
  const Environment overruled{{{"LANG", "zh_CN.UTF-8"}, {"LC_ALL", "C"}}};
  EXPECT_EQ(load({})->options.language, Language::English);
  EXPECT_EQ(load({}, chinese)->options.language, Language::Chinese);
  EXPECT_EQ(load({}, overruled)->options.language, Language::English);
  EXPECT_EQ(load({"--lang", "en"}, chinese)->options.language, Language::English);
  EXPECT_EQ(load({"--lang", "zh"})->options.language, Language::Chinese);
}

TEST(ServeOptions, StateIsKeptWhereTheSystemWantsIt) {
  using Variables = std::map<std::string, std::string>;
  const std::tuple<std::vector<std::string>, Variables, std::string> cases[] = {
      {{"--state-dir", "/s"}, {{"STATE_DIRECTORY", "/var/lib/duet"}}, "/s"},
      {{}, {{"STATE_DIRECTORY", "/var/lib/duet:/b"}, {"XDG_STATE_HOME", "/x"}}, "/var/lib/duet"},
      {{}, {{"XDG_STATE_HOME", "/x"}, {"HOME", "/home/a"}}, "/x/duet"},
      {{}, {{"XDG_STATE_HOME", "relative"}, {"HOME", "/home/a"}}, "/home/a/.local/state/duet"},
      {{}, {}, "/var/lib/duet"},
  };
  for (const auto& [words, variables, directory] : cases) {
    const Environment environment{variables};
    EXPECT_EQ(state_directory(load(words, environment)->options, environment), directory);
  }
}

TEST(ServeOptions, SayWhichModulesThereAreToLog) {
  const ServeOptions options;
  for (const std::string_view module : log::kModuleNames) {
    EXPECT_THAT(options.log.help().english, HasSubstr(module));
    EXPECT_THAT(options.log.help().chinese, HasSubstr(module));
  }
}

TEST(ServeOptions, LogSettingsFollow) {
  const auto result = load({"--log", "http=debug", "--log-format", "json", "--log-private"});
  const log::Settings settings = log_settings(result->options);
  EXPECT_EQ(settings.levels.to_string(), "info,http=debug");
  EXPECT_EQ(settings.format, log::Format::Json);
  EXPECT_EQ(settings.privacy, log::Privacy::Told);
}

}  // namespace
}  // namespace duet::apps
