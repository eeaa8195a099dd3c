// SPDX-License-Identifier: MIT
// Texts that follow from the options: help, docs/configuration.md, packaging/duet.example.toml.
#include "documents.hpp"

#include "serve_options.hpp"
#include "turn_options.hpp"
#include <duet/config/reference.hpp>

namespace duet::apps {
namespace {

constexpr std::string_view kExamples = R"(Examples
  duet                                          a server on port 2022; it prints its links
  duet --listen 8443 --cert a.pem --key a.key   with a certificate of yours
  duet --listen 127.0.0.1:8080 --behind-proxy   behind a proxy that does HTTPS
  duet --log info,sig=debug --log-format json   the signaling's details, for a collector
  duet config print                             every value in force, and who set it
)";

constexpr std::string_view kTurnExamples = R"(Examples
  duet turn --turn-secret-file secrets          a second relay for a server that has the same secrets
  duet turn --turn-user me:pass                 for tools such as turnutils_uclient
  duet turn --relay-ports 50000-50999           for peers that don't use this relay, too
  duet turn --external-ip dns:relay.example.org   behind a NAT that forwards the ports
  duet turn --listen 3478 --listen 443          on two ports
)";

constexpr std::string_view kCommandList = R"(
Commands
  serve     the page and its signaling, over HTTP and HTTPS; the default
  turn      the relay alone, as a further node
  config    print: every value and its origin; check: is the configuration good
  version   which Duet this is; --json
  help      this, or help COMMAND
)";

constexpr std::string_view kCommon = R"(
Common flags
  -c FILE | KEY=VALUE   a configuration file instead of the usual ones, or one value; repeatable
  -v, -q                log more (-vv: everything), log less and don't greet
  -h, --help            this

A time has a unit: 250ms, 30s, 5m, 24h. Every flag is a variable (DUET_SERVE_PING_INTERVAL) and a
key in a file too (serve.ping-interval). A flag wins over -c KEY=VALUE, that over a variable, that
over a file. Exit codes: 0 finished, 1 internal error, 2 wrong usage or configuration.
)";

}  // namespace

std::string main_help() {
  return std::string{kExamples} + std::string{kCommandList} +
         "\nduet help serve lists the options of serve, duet help turn those of turn.\n";
}

std::string serve_help() {
  const ServeOptions options;
  return std::string{kExamples} + "\nduet serve\n" + help_text(options) + std::string{kCommon};
}

std::string turn_help() {
  const TurnOptions options;
  return std::string{kTurnExamples} + "\nduet turn\n" + help_text(options) + std::string{kCommon};
}

std::string config_help() {
  return R"(duet config print [options of serve]   every value in force, as TOML, with its origin
duet config check [options of serve]   is the configuration good? exit code 0 or 2

Examples
  duet config print
  duet config print > duet.toml
  duet config print --listen 8443
  duet config check -c duet.toml
  DUET_SERVE_DRAIN=5s duet config print -c serve.limits=off
)";
}

std::string configuration_document() {
  const ServeOptions options;
  return R"(# Configuration

This page is written by `duet config reference` from the options themselves; a test compares.

Every option can be said in four ways, under one name:

| Way | Example |
|---|---|
| flag | `duet serve --ping-interval 30s` |
| one value of a file, on the command line | `duet serve -c serve.ping-interval=30s` |
| variable | `DUET_SERVE_PING_INTERVAL=30s duet serve` |
| file | `ping-interval = "30s"` below `[serve]` |

A flag wins over `-c KEY=VALUE`, that over a variable, that over a file, that over the default. The
highest of them that names a list has the whole list. `duet config print` shows every value in force
and who set it; `duet config check` tells whether it is good, and exits with 0 or 2.

Files are TOML: `/etc/duet/duet.toml`, then `$XDG_CONFIG_HOME/duet/duet.toml` (otherwise
`~/.config/duet/duet.toml`), where a later one wins over an earlier one. `-c FILE`, as often as you
like, reads those instead. `packaging/duet.example.toml` has every key with its default.

* A time has a unit: `250ms`, `30s`, `5m`, `24h`. A bare number is refused.
* A list is an array in a file; in a variable and in a flag it has commas, and the flag can be
  repeated.
* A switch without a value is on; in a file it is `true` or `false`.
* A variable that is set to nothing counts as not set.
* An unknown key, flag or variable is an error that names the place and the nearest name there is.

## duet serve

)" + markdown_table(options) +
         R"(
Besides: `-c FILE` or `-c KEY=VALUE` (repeatable), `-v` (log more; `-vv` for everything), `-q` (log
less, and no greeting), `-h`.

`--listen` takes `2022`, `:2022`, `127.0.0.1:2022` and `[::1]:2022`. A port alone is every address of
the machine, IPv6 and IPv4 by one socket, or IPv4 alone where there is no IPv6. Port 0 lets the
system choose.

`--behind-proxy` takes addresses, blocks such as `10.0.0.0/8`, and the word `private` for
`127.0.0.0/8`, `::1`, `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16` and `fc00::/7`. It excludes
`--cert`.

`--external-ip` can be said once for IPv4 and once for IPv6. A password in `--turn-user` can be read
in the list of processes; a variable or a file keeps it from there.

`--conformance` decides the addresses and the three times itself, and refuses `--listen`.

## duet turn

)" + markdown_table(TurnOptions{}) +
         R"(
Exit codes: [exit-codes.md](exit-codes.md).
)";
}

std::string example_document() {
  const ServeOptions options;
  return R"(# Configuration of Duet: every key, with its default where it has one.
# Copy to /etc/duet/duet.toml or ~/.config/duet/duet.toml, and remove the '#' of what you change.
# Written by `duet config example`; docs/configuration.md explains.

)" + toml_example(options) +
         "\n" + toml_example(TurnOptions{});
}

}  // namespace duet::apps
