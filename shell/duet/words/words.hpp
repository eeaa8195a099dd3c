// SPDX-License-Identifier: MIT
// Errors of devices, files and codecs, told to people.
#pragma once

#include <duet/call/trouble.hpp>
#include <duet/config/sentences.hpp>

#include <string>

namespace duet::words {

/// One sentence: "The camera /dev/video0 was unplugged."
std::string render(const call::Trouble& trouble, config::Language language);

}  // namespace duet::words
