// SPDX-License-Identifier: MIT
// What follows from the options is up to date.
#include "documents.hpp"

#include "call_options.hpp"
#include "serve_options.hpp"
#include "turn_options.hpp"
#include <duet/config/columns.hpp>
#include <duet/config/load.hpp>
#include <duet/config/toml_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <utility>

namespace duet::apps {
namespace {

using config::Language;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string file(const std::string& name) {
  std::ifstream in{std::string{DUET_SOURCE_DIR} + "/" + name};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(Documents, ConfigurationPageIsAsTheOptionsSay) {
  EXPECT_EQ(file("docs/configuration.md"), configuration_document())
      << "write it anew: duet config reference > docs/configuration.md";
}

TEST(Documents, ExampleFileIsAsTheOptionsSay) {
  EXPECT_EQ(file("packaging/duet.example.toml"), example_document())
      << "write it anew: duet config example > packaging/duet.example.toml";
}

/// The example with every key uncommented that has a default.
std::string uncommented_example() {
  std::istringstream in{example_document()};
  std::string out;
  for (std::string line; std::getline(in, line);) {
    const bool is_key = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    out += (is_key ? line.substr(1) : line) + "\n";
  }
  return out;
}

TEST(Documents, ExampleFileIsToml) {
  const auto settings = config::parse_toml(uncommented_example());
  ASSERT_TRUE(settings);
  const ServeOptions serve;
  const TurnOptions turn;
  const CallOptions call;
  const auto count = [](const config::Options& options) { return options.all().size(); };
  EXPECT_EQ(settings->size(), count(serve) + count(turn) + count(call));
}

TEST(Documents, ExampleFileSaysTheDefaults) {
  const auto settings = config::parse_toml(uncommented_example());
  ASSERT_TRUE(settings);
  ServeOptions serve;
  TurnOptions turn;
  CallOptions call;
  for (const config::Setting& setting : *settings) {
    SCOPED_TRACE(setting.key);
    const std::size_t dot = setting.key.find('.');
    config::OptionBase* option = nullptr;
    for (const config::Options* command :
         std::initializer_list<const config::Options*>{&serve, &turn, &call}) {
      if (setting.key.substr(0, dot) != command->command()) continue;
      option = command->find(setting.key.substr(dot + 1));
    }
    ASSERT_NE(option, nullptr);
    const auto preset = option->default_texts();
    if (preset.empty()) continue;  // such as a file, which is shown by its placeholder
    EXPECT_EQ(option->set(setting.texts, {}), std::nullopt);
    EXPECT_EQ(option->texts(), preset);
  }
}

TEST(Documents, HelpShowsFiveExamplesFirst) {
  for (const auto& [language, first] :
       {std::pair{Language::English, "Examples\n  duet "}, {Language::Chinese, "例子\n  duet "}}) {
    for (const std::string& help :
         {main_help(language), serve_help(language), turn_help(language)}) {
      EXPECT_THAT(help, StartsWith(first));
      const std::string examples = help.substr(0, help.find("\n\n"));
      EXPECT_EQ(std::count(examples.begin(), examples.end(), '\n'), 5);
    }
  }
}

TEST(Documents, HelpNamesEveryOptionWithinAHundredColumns) {
  const ServeOptions serve;
  const TurnOptions turn;
  for (const Language language : {Language::English, Language::Chinese}) {
    for (const config::OptionBase* option : serve.all())
      EXPECT_THAT(serve_help(language), HasSubstr("  " + flag_of(*option)));
    for (const config::OptionBase* option : turn.all())
      EXPECT_THAT(turn_help(language), HasSubstr("  " + flag_of(*option)));
    std::istringstream lines{serve_help(language) + turn_help(language) + main_help(language) +
                             config_help(language)};
    for (std::string line; std::getline(lines, line);)
      EXPECT_LE(config::columns(line), 100U) << line;
  }
}

void expect_explained(const config::Options& options) {
  for (const config::OptionBase* option : options.all()) {
    const config::Help& help = option->help();
    EXPECT_EQ(config::columns(help.english), help.english.size()) << option->name();
    EXPECT_LT(config::columns(help.chinese), help.chinese.size()) << option->name();
    for (const std::string_view text : {help.english, help.chinese})
      EXPECT_FALSE(text.ends_with('.') || text.ends_with("。")) << option->name();
  }
}

TEST(Documents, EveryOptionIsExplainedInBothLanguages) {
  expect_explained(ServeOptions{});
  expect_explained(TurnOptions{});
}

}  // namespace
}  // namespace duet::apps
