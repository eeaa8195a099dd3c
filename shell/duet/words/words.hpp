// SPDX-License-Identifier: MIT
// Errors of devices, files, codecs and connections, told to people.
#pragma once

#include <duet/call/trouble.hpp>
#include <duet/config/sentences.hpp>
#include <duet/net/outgoing_stream.hpp>

#include <string>

namespace duet::words {

/// One sentence: "The camera /dev/video0 was unplugged."
std::string render(const call::Trouble& trouble, config::Language language);

/// Why no connection came about, as a part of a sentence: "no address of that name was found".
std::string render(const net::OutgoingStream::End& end, config::Language language);

}  // namespace duet::words
