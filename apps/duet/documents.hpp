// SPDX-License-Identifier: MIT
// Texts that follow from the options: help, docs/configuration.md, packaging/duet.example.toml.
#pragma once

#include <duet/config/sentences.hpp>

#include <string>

namespace duet::apps {

std::string main_help(config::Language language);     ///< `duet help`
std::string serve_help(config::Language language);    ///< `duet help serve`
std::string turn_help(config::Language language);     ///< `duet help turn`
std::string call_help(config::Language language);     ///< `duet help call`
std::string loop_help(config::Language language);     ///< `duet help loop`
std::string devices_help(config::Language language);  ///< `duet help devices`
std::string config_help(config::Language language);   ///< `duet help config`

/// docs/configuration.md as it must be; a test compares.
std::string configuration_document();
/// packaging/duet.example.toml as it must be; a test compares.
std::string example_document();

}  // namespace duet::apps
