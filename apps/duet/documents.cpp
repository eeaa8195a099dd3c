// SPDX-License-Identifier: MIT
// Texts that follow from the options: help, docs/configuration.md, packaging/duet.example.toml.
#include "documents.hpp"

#include "call_options.hpp"
#include "devices_options.hpp"
#include "loop_options.hpp"
#include "serve_options.hpp"
#include "turn_options.hpp"
#include <duet/config/reference.hpp>

namespace duet::apps {
namespace {

using config::Language;

/// A text in both languages.
struct Text {
  std::string_view english;
  std::string_view chinese;

  std::string in(Language language) const {
    return std::string{language == Language::Chinese ? chinese : english};
  }
};

constexpr Text kExamples = {
    R"(Examples
  duet                                          a server on port 2022; it prints its links
  duet --listen 8443 --cert a.pem --key a.key   with a certificate of yours
  duet --listen 127.0.0.1:8080 --behind-proxy   behind a proxy that does HTTPS
  duet --log info,sig=debug --log-format json   the signaling's details, for a collector
  duet config print                             every value in force, and who set it
)",
    R"(例子
  duet                                          在端口 2022 上开服务器，并列出链接
  duet --listen 8443 --cert a.pem --key a.key   使用自己的证书
  duet --listen 127.0.0.1:8080 --behind-proxy   放在负责 HTTPS 的代理后面
  duet --log info,sig=debug --log-format json   信令的细节，供日志收集器使用
  duet config print                             所有生效的值及其来源
)"};

constexpr Text kTurnExamples = {
    R"(Examples
  duet turn --turn-secret-file secrets            a second relay for a server with the same secrets
  duet turn --turn-user me:pass                   for tools such as turnutils_uclient
  duet turn --relay-ports 50000-50999             for peers that don't use this relay, too
  duet turn --external-ip dns:relay.example.org   behind a NAT that forwards the ports
  duet turn --listen 3478 --listen 443            on two ports
)",
    R"(例子
  duet turn --turn-secret-file secrets            为密钥相同的服务器再开一台中继
  duet turn --turn-user me:pass                   供 turnutils_uclient 之类的工具使用
  duet turn --relay-ports 50000-50999             对端不用本中继时也能转发
  duet turn --external-ip dns:relay.example.org   在转发端口的 NAT 后面
  duet turn --listen 3478 --listen 443            用两个端口
)"};

constexpr Text kCallExamples = {
    R"(One end of a call: joins a room, sends a camera and a microphone, shows, plays or records what comes.

Examples
  duet call https://host:2022/r/otter                 with camera and microphone
  duet call otter --video file:clip.mp4 --audio tone  into a room of the server on this machine
  duet call URL --answer --keep --show none           a doorbell: wait, accept, stay for ever
  duet call URL --video none --record out.mkv         store what comes
  duet call URL --duration 10s --expect 'connected<3s,video_fps>=24' --json
)",
    R"(通话的一端：进入房间，发送摄像头和麦克风，并显示、播放或录制收到的内容。

例子
  duet call https://host:2022/r/otter                 用摄像头和麦克风
  duet call otter --video file:clip.mp4 --audio tone  进入本机服务器上的房间
  duet call URL --answer --keep --show none           门铃：等待、接听、一直在线
  duet call URL --video none --record out.mkv         录制收到的内容
  duet call URL --duration 10s --expect 'connected<3s,video_fps>=24' --json
)"};

constexpr Text kCallKeys = {
    R"(
Keys on a terminal: m mute, v video, e explain, q hang up. The first Ctrl-C hangs up politely.
Exit codes: 0 ended well, 2 wrong usage, 3 no server or not trusted, 4 room full, 5 not admitted,
6 device or file, 7 no path, 8 connection lost, 9 --expect missed, 10 nobody came, 11 another
certificate than --pin.
)",
    R"(
终端按键：m 静音，v 视频，e 过程，q 挂断。第一次 Ctrl-C 会礼貌地挂断。
退出码：0 正常结束，2 用法有误，3 连不上或不信任服务器，4 房间已满，5 未获准，6 设备或文件，
7 没有路径，8 连接丢失，9 未达到 --expect，10 没有人来，11 证书与 --pin 不符。
)"};

constexpr Text kLoopExamples = {
    R"(Both ends of a call in this process, over loopback, told step by step with times.

Examples
  duet loop                                       from offer to the first message and packet
  duet loop --json | jq -r '[.ms, .end, .ev] | @tsv'
  duet loop --duration 30s                        go on for half a minute
  duet loop --video pattern --record out.mkv      with pictures and sound, encoded and decoded by both ends
  duet loop --codec av1 --expect 'video_fps>=24'  is this machine fast enough for it?
)",
    R"(在本进程内、经回环地址完成一次通话的两端，逐步显示各步骤及其时间。

例子
  duet loop                                       从 offer 到第一条消息和第一个包
  duet loop --json | jq -r '[.ms, .end, .ev] | @tsv'
  duet loop --duration 30s                        持续半分钟
  duet loop --video pattern --record out.mkv      带画面和声音，双方都编码和解码
  duet loop --codec av1 --expect 'video_fps>=24'  本机的速度是否够用？
)"};

constexpr Text kDevicesExamples = {
    R"(The cameras, microphones, speakers and screens of this machine, with their formats. Each line
begins with what to write after `duet call`.

Examples
  duet devices
  duet devices --json | jq -r '.cameras[].video'
)",
    R"(本机的摄像头、麦克风、扬声器和屏幕及其格式。每行开头即 `duet call` 之后要写的内容。

例子
  duet devices
  duet devices --json | jq -r '.cameras[].video'
)"};

constexpr Text kCommandList = {
    R"(
Commands
  serve     the page, its signaling and its relay on one port; the default
  turn      the relay alone, as a further node
  call      one end of a call in a room, without a browser: sends, shows, records; --json
  loop      both ends of a call in one process, told step by step; --json
  devices   the cameras, microphones, speakers and screens of this machine; --json
  config    print: every value and its origin; check: is it good; example: a file to begin with
  version   which Duet this is; --json
  help      this, or help COMMAND
)",
    R"(
命令
  serve     一个端口上的网页、信令和中继；不写命令时即为此
  turn      只做中继，作为另一个节点
  call      不用浏览器，作为房间中通话的一端：发送、显示、录制；--json
  loop      在一个进程内完成通话的两端，逐步显示；--json
  devices   本机的摄像头、麦克风、扬声器和屏幕；--json
  config    print：所有值及其来源；check：配置是否正确；example：供起步用的配置文件
  version   Duet 的版本；--json
  help      本页，或 help 命令名
)"};

constexpr Text kMore = {
    "\nduet help serve lists the options of serve; so do duet help call and duet help turn.\n",
    "\nduet help serve 列出 serve 的选项；duet help call 和 duet help turn 亦然。\n"};

constexpr Text kCommon = {
    R"(
Common flags
  -c FILE | KEY=VALUE   a configuration file instead of the usual ones, or one value; repeatable
  -v, -q                log more (-vv: everything), log less and don't greet
  -h, --help            this

A time has a unit: 250ms, 30s, 5m, 24h. Every flag is a variable and a key in a file too: --drain
is DUET_SERVE_DRAIN and serve.drain, of duet turn DUET_TURN_DRAIN and turn.drain. A flag wins over
-c KEY=VALUE, that over a variable, that over a file.
Exit codes: 0 finished, 1 internal error, 2 wrong usage or configuration.
)",
    R"(
通用选项
  -c FILE | KEY=VALUE   用这个配置文件代替默认的，或只给一个值；可重复
  -v, -q                多记日志（-vv：全部），少记日志且不显示开头几行
  -h, --help            本页

时间要带单位：250ms、30s、5m、24h。每个选项也是环境变量和文件中的键：--drain 即
DUET_SERVE_DRAIN 和 serve.drain，在 duet turn 则为 DUET_TURN_DRAIN 和 turn.drain。
选项优先于 -c KEY=VALUE，其次是环境变量，再次是文件。
退出码：0 正常结束，1 内部错误，2 用法或配置有误。
)"};

constexpr Text kConfigHelp = {
    R"(duet config print [options of serve]   every value in force, as TOML, with its origin
duet config check [options of serve]   is the configuration good? exit code 0 or 2
duet config example                    a file with every key, its default and what it means
duet config reference                  the page docs/configuration.md

Examples
  duet config print
  duet config example > duet.toml
  duet config print --listen 8443
  duet config check -c duet.toml
  DUET_SERVE_DRAIN=5s duet config print -c serve.limits=off
)",
    R"(duet config print [serve 的选项]   所有生效的值及其来源，以 TOML 写出
duet config check [serve 的选项]   配置是否正确？退出码 0 或 2
duet config example                所有的键、默认值及其含义，可作配置文件的起点（英文）
duet config reference              docs/configuration.md 的内容（英文）

例子
  duet config print
  duet config example > duet.toml
  duet config print --listen 8443
  duet config check -c duet.toml
  DUET_SERVE_DRAIN=5s duet config print -c serve.limits=off
)"};

}  // namespace

std::string main_help(Language language) {
  return kExamples.in(language) + kCommandList.in(language) + kMore.in(language);
}

std::string serve_help(Language language) {
  const ServeOptions options;
  return kExamples.in(language) + "\nduet serve\n" + help_text(options, language) +
         kCommon.in(language);
}

std::string turn_help(Language language) {
  const TurnOptions options;
  return kTurnExamples.in(language) + "\nduet turn\n" + help_text(options, language) +
         kCommon.in(language);
}

std::string call_help(Language language) {
  const CallOptions options;
  return kCallExamples.in(language) + "\nduet call\n" + help_text(options, language) +
         kCallKeys.in(language) + kCommon.in(language);
}

std::string loop_help(Language language) {
  const LoopOptions options;
  return kLoopExamples.in(language) + "\nduet loop\n" + help_text(options, language) +
         kCommon.in(language);
}

std::string devices_help(Language language) {
  const DevicesOptions options;
  return kDevicesExamples.in(language) + "\nduet devices\n" + help_text(options, language) +
         kCommon.in(language);
}

std::string config_help(Language language) { return kConfigHelp.in(language); }

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
  So is a variable that lacks the command in its name, such as `DUET_LISTEN`.
* `--help`, the greeting and errors about options speak Chinese where `--lang zh` or `$LANG` says so.
  What is wrong inside a certificate, a key or the state directory is told in English.

## duet serve

)" + markdown_table(options) +
         R"(
Besides: `-c FILE` or `-c KEY=VALUE` (repeatable), `-v` (log more; `-vv` for everything), `-q` (log
less, and no greeting), `-h`.

`--listen` takes `2022`, `:2022`, `127.0.0.1:2022` and `[::1]:2022`. A port alone is every address of
the machine, IPv6 and IPv4 by one socket, or IPv4 alone where there is no IPv6. Port 0 lets the
system choose.

`--behind-proxy` takes addresses, blocks such as `10.0.0.0/8`, and the word `private` for
`127.0.0.0/8`, `::1`, `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16` and `fc00::/7`. Where several
trusted proxies stand one behind the other, X-Forwarded-For and X-Forwarded-Proto may list what each
saw, and the outermost one's word counts. Where there is no X-Forwarded-For, Forwarded (RFC 7239) is
read. The connections of a proxy that tells no address are not limited. It excludes `--cert`.

`--external-ip` takes one address of IPv4 and one of IPv6. Of two that say the same family, an address
holds against a name, a name against the next one, and each against auto. A password in `--turn-user`
can be read in the list of processes; a variable or a file keeps it from there.

`--conformance` decides the addresses and the three times itself, and refuses `--listen`.

## duet turn

)" + markdown_table(TurnOptions{}) +
         R"(
## duet call

)" + markdown_table(CallOptions{}) +
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
         "\n" + toml_example(TurnOptions{}) + "\n" + toml_example(CallOptions{});
}

}  // namespace duet::apps
