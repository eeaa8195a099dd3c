// SPDX-License-Identifier: MIT
// Every sentence that the command line says to people, in English and Chinese.
#include <duet/config/reasons.hpp>
#include <duet/config/sentences.hpp>

#include <array>
#include <cstddef>

namespace duet::config {
namespace {

struct Text {
  std::string_view english;
  std::string_view chinese;
};

constexpr std::size_t kCount = static_cast<std::size_t>(Say::Last) + 1;

// clang-format off
constexpr std::array<Text, kCount> kTexts = {{
  /* TimeWithoutUnit */ {"{0} has no unit; write {0}ms, {0}s, {0}m or {0}h",
                         "{0} 没有单位，请写成 {0}ms、{0}s、{0}m 或 {0}h"},
  /* NotATime */ {"\"{0}\" is not a time; write a whole number and a unit, such as 250ms, 30s or 24h",
                  "“{0}”不是时间，请写整数加单位，例如 250ms、30s 或 24h"},
  /* RateWithoutUnit */ {"{0} has no unit; write {0}k, {0}M or {0}G (bits a second)",
                         "{0} 没有单位，请写成 {0}k、{0}M 或 {0}G（比特每秒）"},
  /* NotARate */ {"\"{0}\" is not a rate; write a whole number and a unit, such as 1500k or 8M (bits a second)",
                  "“{0}”不是速率，请写整数加单位，例如 1500k 或 8M（比特每秒）"},
  /* SizeWithoutUnit */ {"{0} has no unit; write {0}B, {0}kB, {0}MB or {0}GB",
                         "{0} 没有单位，请写成 {0}B、{0}kB、{0}MB 或 {0}GB"},
  /* NotASize */ {"\"{0}\" is not a size; write a whole number and a unit, such as 500kB or 2MB",
                  "“{0}”不是大小，请写整数加单位，例如 500kB 或 2MB"},
  /* NotACount */ {"\"{0}\" is not a whole number", "“{0}”不是整数"},
  /* NotANumber */ {"\"{0}\" is no number from 0 on", "“{0}”不是 0 或以上的数"},
  /* OutOfRange */ {"{0} is out of range; it can be {1} to {2}", "{0} 超出范围，可取 {1} 到 {2}"},
  /* NotOneOf */ {"\"{0}\" is none of {1}", "“{0}”不在 {1} 之中"},
  /* NotAListenAddress */ {"\"{0}\" is no place to listen; write a port (2022) or an address and a port (127.0.0.1:2022, [::1]:2022)",
                           "“{0}”不是监听地址，请写端口（2022）或地址加端口（127.0.0.1:2022、[::1]:2022）"},
  /* NotAPort */ {"\"{0}\" is not a port; ports are 0 to 65535", "“{0}”不是端口，端口从 0 到 65535"},
  /* NotANetwork */ {"\"{0}\" is not a network; write an address or a block of them, such as 10.0.0.0/8 or fd00::/8",
                     "“{0}”不是网络，请写地址或地址段，例如 10.0.0.0/8 或 fd00::/8"},
  /* NotAnOrigin */ {"\"{0}\" is not an origin; write scheme and host, such as https://example.org, or null, or * for any",
                     "“{0}”不是来源，请写协议和主机，例如 https://example.org，或者 null，或者 *（任何来源）"},
  /* OriginWithPath */ {"\"{0}\" has a path, but an origin has none; write {1}", "“{0}”带有路径，来源不带路径，请写 {1}"},
  /* NotAMetricsPlace */ {"\"{0}\" is no place for the metrics; write loopback, off, or an address and a port (127.0.0.1:9464)",
                          "“{0}”不是指标的位置，请写 loopback、off 或地址加端口（127.0.0.1:9464）"},
  /* NotAnIceServer */ {"\"{0}\" is no STUN or TURN server; write stun:HOST:PORT, turn:HOST:PORT?transport=udp (or tcp), or turns:HOST:PORT",
                        "“{0}”不是 STUN 或 TURN 服务器，请写 stun:主机:端口、turn:主机:端口?transport=udp（或 tcp）或 turns:主机:端口"},
  /* NotATurnUser */ {"is no user of the relay; write NAME:PASSWORD, the name of at most 508 bytes",
                      "不是中继用户，请写 用户名:口令，用户名至多 508 字节"},
  /* NotAPortRange */ {"\"{0}\" is no range of ports; write off, or the first and the last, such as 50000-50999",
                       "“{0}”不是端口范围，请写 off，或首尾两个端口，例如 50000-50999"},
  /* NotAnExternalIp */ {"\"{0}\" is no external address; write auto, an IP address, or dns: and a name",
                         "“{0}”不是外部地址，请写 auto、IP 地址，或 dns: 加域名"},
  /* TwoExternalIps */ {"{0} and {1} are of one family; peers can be told one address of each, IPv4 and IPv6",
                        "{0} 和 {1} 属于同一协议族；IPv4 和 IPv6 各只能告知对端一个地址"},
  /* NotARealm */ {"\"{0}\" is no realm; it has at most 127 bytes, and no quotation mark",
                   "“{0}”不能作 realm：至多 127 字节，且不含双引号"},
  /* NotAPictureSize */ {"\"{0}\" is no size of pictures; write width x height, such as 1280x720, each 16 to 4096",
                         "“{0}”不是画面尺寸，请写 宽x高，例如 1280x720，各为 16 到 4096"},
  /* NotAShare */ {"\"{0}\" is no share; write a number and %, such as 2%", "“{0}”不是百分比，请写数字加 %，例如 2%"},
  /* NotAnExpectation */ {"\"{0}\" is no expectation; write one of {1}, then < <= = >= or >, then a value, such as connected<3s",
                          "“{0}”不是要求，请写 {1} 之一，接 <、<=、=、>= 或 >，再接值，例如 connected<3s"},
  /* NotAPath */ {"\"{0}\" is no kind of path; write host, srflx, prflx or relay", "“{0}”不是路径类型，请写 host、srflx、prflx 或 relay"},
  /* NotAPin */ {"\"{0}\" is no SHA-256 fingerprint; it has 64 hexadecimal digits, with or without colons, as duet serve prints it",
                 "“{0}”不是 SHA-256 指纹；应为 64 位十六进制数字，可带冒号，如 duet serve 所显示"},
  /* NotAnAuthority */ {"there is no certificate in {0}; --ca wants the file that the server's page /ca gives",
                        "{0} 中没有证书；--ca 需要服务器页面 /ca 提供的文件"},
  /* PinWithoutTls */ {"{0} is called by http, which shows no certificate; write https", "{0} 以 http 呼叫，不出示证书；请写 https"},
  /* NotACallUrl */ {"\"{0}\" is no link to a room; write https://HOST:PORT/r/ROOM", "“{0}”不是房间链接，请写 https://主机:端口/r/房间"},
  /* NotAServer */ {"\"{0}\" is no server; write https://HOST:PORT", "“{0}”不是服务器，请写 https://主机:端口"},
  /* NoDestination */ {"says nothing of whom to call; add a link (https://host:2022/r/ROOM), or a room and --server",
                       "没有说明呼叫谁；请给出链接（https://host:2022/r/房间），或房间名加 --server"},
  /* NotARoom */ {"the name of a room has 1 to 256 bytes of UTF-8", "房间名为 1 到 256 字节的 UTF-8"},
  /* NotAName */ {"a name has 1 to {0} bytes of UTF-8", "名字为 1 到 {0} 字节的 UTF-8"},
  /* NotARecording */ {"\"{0}\" has none of the endings .mkv, .webm and .mp4, which say how to store a call",
                       "“{0}”的扩展名不是 .mkv、.webm 或 .mp4，无法确定录制格式"},
  /* NotAVideoSource */ {"\"{0}\" is no source of pictures; write camera, camera:DEV, screen, file:F, stdin, pattern or none",
                         "“{0}”不是画面来源；可写 camera、camera:DEV、screen、file:F、stdin、pattern 或 none"},
  /* NotAnAudioSource */ {"\"{0}\" is no source of sound; write mic, mic:DEV, file:F, tone or none",
                          "“{0}”不是声音来源；可写 mic、mic:DEV、file:F、tone 或 none"},
  /* UnknownLevel */ {"\"{0}\" is no log level; levels are {1}", "没有“{0}”这个日志级别，级别有 {1}"},
  /* UnknownModule */ {"\"{0}\" is no log module; modules are {1}", "没有“{0}”这个日志模块，模块有 {1}"},
  /* EmptyValue */ {"the value is empty", "值是空的"},
  /* OneValueOnly */ {"takes one value, not a list", "只取一个值，不取列表"},
  /* NotAValue */ {"is an option and needs a value that is text, a whole number, true or false",
                   "是一个选项，它的值应是文本、整数、true 或 false"},
  /* NotATable */ {"is a table; write [{0}] and its keys below", "是一个表，请写 [{0}]，下面写它的键"},
  /* NeedsValue */ {"needs a value: {0}", "需要一个值：{0}"},
  /* TakesNoValue */ {"takes no value", "不带值"},
  /* UnknownFlag */ {"unknown flag {0}", "没有 {0} 这个选项"},
  /* UnknownFlagNear */ {"unknown flag {0}; did you mean {1}?", "没有 {0} 这个选项，是不是 {1}？"},
  /* UnknownCommand */ {"unknown command \"{0}\"", "没有“{0}”这个命令"},
  /* UnknownCommandNear */ {"unknown command \"{0}\"; did you mean {1}?", "没有“{0}”这个命令，是不是 {1}？"},
  /* NoCallingProgram */ {"calls are made by the program duet-call, which is neither {0} nor {1}; copy it to one of them",
   "通话由程序 duet-call 负责，但 {0} 和 {1} 都不存在；请把它复制到其中一处"},
  /* CannotStartProgram */ {"{0} can't be started: {1}", "无法启动 {0}：{1}"},
  /* NotOfCallingProgram */ {"duet-call only makes calls; start duet", "duet-call 只负责通话；请运行 duet"},
  /* UnknownVariable */ {"unknown variable {0}", "没有 {0} 这个环境变量"},
  /* UnknownVariableNear */ {"unknown variable {0}; did you mean {1}?", "没有 {0} 这个环境变量，是不是 {1}？"},
  /* UnknownKey */ {"unknown key {0}", "没有 {0} 这个键"},
  /* UnknownKeyNear */ {"unknown key {0}; did you mean {1}?", "没有 {0} 这个键，是不是 {1}？"},
  /* UnexpectedWord */ {"unexpected word \"{0}\"", "多出一个词“{0}”"},
  /* CannotRead */ {"cannot be read: {0}", "无法读取：{0}"},
  /* FileTooLong */ {"is longer than {0}", "超过了 {0}"},
  /* NotToml */ {"is not TOML: {0}", "不是有效的 TOML：{0}"},
  /* SecretForEverybody */ {"can be read or changed by every user of this machine; chmod 0600 it", "本机所有用户都能读取或更改它，请用 chmod 0600 限制"},
  /* NoSecret */ {"has no secret in it; write one a line", "里面没有密钥，请每行写一个"},
  /* TooManySecrets */ {"has more than {0} secrets", "里面的密钥超过 {0} 个"},
  /* CertWithoutKey */ {"needs --key too, the private key of the certificate", "还需要 --key，即证书的私钥"},
  /* KeyWithoutCert */ {"needs --cert too, the certificate of the private key", "还需要 --cert，即私钥的证书"},
  /* CertBehindProxy */ {"excludes --cert: behind a proxy, the proxy has the certificate",
                         "不能与 --cert 同时使用：有代理时，证书在代理上"},
  /* NotAFolder */ {"\"{0}\" is not a folder", "“{0}”不是文件夹"},
  /* ConformanceListens */ {"--conformance listens on 127.0.0.1:3000 and [::1]:3000 and nowhere else, so it takes no {0}",
                            "--conformance 只监听 127.0.0.1:3000 和 [::1]:3000，所以不能用 {0}"},
  /* PortTaken */ {"another program listens on {0} already; end it, or choose another port with {1}",
                   "{0} 已被其他程序占用；请结束该程序，或用 {1} 换一个端口"},
  /* ListenTwice */ {"--listen says {0} twice, or an address that includes it; say it once",
                    "--listen 重复给出了 {0}，或另有地址已包含它；写一次即可"},
  /* CannotListen */ {"can't listen on {0}: {1}", "无法监听 {0}：{1}"},
  /* OutputFailed */ {"what is printed can't be written: {0}", "无法写出内容：{0}"},
  /* MoreErrors */ {"and {0} more", "还有 {0} 处"},
  /* SeeHelp */ {"duet help shows examples, duet help serve (or call, turn) the options", "duet help 列出例子，duet help serve（或 call、turn）列出选项"},
  /* InternalError */ {"internal error: {0}", "内部错误：{0}"},
  /* ConfigFine */ {"the configuration is fine; no file was read", "配置没有问题；没有读取文件"},
  /* ConfigFineFile */ {"the configuration is fine; read {0}", "配置没有问题；读取了 {0}"},
  /* BannerThisMachine */ {"on this machine", "在本机"},
  /* BannerNetwork */ {"on your network", "在局域网"},
  /* BannerInternet */ {"on the Internet", "在互联网"},
  /* BannerPublic */ {"by its name", "用域名"},
  /* BannerFixture */ {"for test suites", "供测试用"},
  /* BannerOwnCertificate */ {"(certificate by this Duet; phones: open /ca once)", "（证书由本机 Duet 签发；手机请先打开一次 /ca）"},
  /* BannerUncertified */ {"(browsers will warn: for a public address take a name, with --cert)", "（浏览器会警告：公网地址请改用域名，并配合 --cert）"},
  /* BannerProxy */ {"(plain HTTP for the proxy)", "（给代理的明文 HTTP）"},
  /* BannerFingerprint */ {"compare on /ca", "核对 /ca"},
  /* BannerRelay */ {"relay", "中继"},
  /* RelayInMemory */ {"{0}; no other port is needed for calls that it relays at both ends",
                       "{0}；两端都经它中继的通话不需要别的端口"},
  /* RelayWithPorts */ {"{0}; and udp {1} for everybody else, at {2}",
                        "{0}；另有 udp {1} 供其他对端使用，对外地址：{2}"},
  /* RelayOwnAddress */ {"the address that the client reached", "客户端所访问的地址"},
  /* RelayLearned */ {"the address that people open the page by", "大家打开网页所用的地址"},
  /* ContainerInMemory */ {"note: this is a container's private network ({0}). Publish the port for TCP and UDP; calls relayed at both ends then work as it is",
                           "注意：这是容器的私有网络（{0}）。请同时发布该端口的 TCP 和 UDP；两端都经中继的通话无须其他设置"},
  /* ContainerWithPorts */ {"warning: this is a container's private network: relayed addresses are told as {0}, which nobody outside reaches. Say --external-ip with the host's address",
                            "警告：这是容器的私有网络：中继地址将以 {0} 告知，外部无法访问。请用 --external-ip 指定主机地址"},
  /* RelayOnLoopback */ {"warning: the relay listens on loopback alone, where nobody outside reaches it; the proxy carries only HTTP. Add --listen with an outer address, or say --turn off",
                         "警告：中继只监听回环地址，外部无法访问；代理只转发 HTTP。请用 --listen 加上对外地址，或者用 --turn off"},
  /* AutoProxied */ {"warning: --external-ip auto learns from the address that people open the page by, which a proxy hides; say the address instead",
                     "警告：--external-ip auto 要从访问网页所用的地址得知，而代理会将其隐藏；请直接写出地址"},
  /* AutoWithoutPage */ {"warning: --external-ip auto learns from the address that people open the page by, and a relay alone has none; say the address instead",
                         "警告：--external-ip auto 要从访问网页所用的地址得知，而单独的中继没有网页；请直接写出地址"},
  /* RelayOffWith */ {"note: the relay is off, so these do nothing: {0}", "注意：中继已关闭，这些不起作用：{0}"},
  /* ServeDraining */ {"stopping within {0}: still connected {1}, on the relay {2}. Ctrl-C again stops it now",
                        "将在 {0} 内停止：还有 {1} 个连接，{2} 个中继。再按一次 Ctrl-C 立即停止"},
  /* TurnDraining */ {"stopping within {0}: still on the relay {1}. Ctrl-C again stops it now",
                       "将在 {0} 内停止：还有 {1} 个中继。再按一次 Ctrl-C 立即停止"},
  /* CallWaiting */ {"waiting in {0}; send this link: {1}", "在房间 {0} 等待；把链接发给对方：{1}"},
  /* CallRinging */ {"{0} is here; connecting", "{0} 来了，正在接通"},
  /* CallSomebody */ {"somebody", "对方"},
  /* CallConnected */ {"connected in {0}: {1}", "已接通，用时 {0}：{1}"},
  /* CallSafety */ {"safety number {0}", "安全码 {0}"},
  /* CallInterrupted */ {"connection interrupted; looking for another way for up to {0}", "连接中断，正在寻找其他路径，最多 {0}"},
  /* CallClosed */ {"the other one has closed its end; it may come back within {0}", "对方已关闭连接；最多等待 {0}，看其是否返回"},
  /* CallServerLost */ {"server out of reach; trying to get back", "与服务器的连接断开，正在重连"},
  /* CallServerBack */ {"the server is back", "已重新连上服务器"},
  /* CallRecording */ {"recording into {0}", "正在录制到 {0}"},
  /* CallWithout */ {"warning: {0} Going on without it", "警告：{0}将在没有它的情况下继续"},
  /* CallNoDisplay */ {"warning: there is no display (DISPLAY and WAYLAND_DISPLAY are not set), so the other one's pictures are not shown",
                       "警告：没有显示器（未设置 DISPLAY 和 WAYLAND_DISPLAY），不显示对方的画面"},
  /* CallKeys */ {"m mute  v video  e explain  q hang up", "m 静音  v 视频  e 过程  q 挂断"},
  /* EndHungUp */ {"hung up", "已挂断"},
  /* EndOtherHungUp */ {"the other one hung up", "对方已挂断"},
  /* EndOtherLeft */ {"the other one left, or lost the network", "对方已离开或网络中断"},
  /* EndDuration */ {"hung up after {0}", "{0} 后挂断"},
  /* EndUnreachable */ {"can't reach {0}: {1}. Is the address right, and duet serve running there?",
                        "无法连接 {0}：{1}。地址是否正确，那里是否运行着 duet serve？"},
  /* EndUntrusted */ {"can't trust {0}: {1}. If it is a Duet of yours, add --pin with the fingerprint that it prints, or --ca with its /ca",
                      "无法信任 {0}：{1}。若是您自己的 Duet，请用 --pin 加上它显示的指纹，或用 --ca 指定其 /ca 文件"},
  /* EndPinMissed */ {"{0} shows another certificate than --pin says: somebody may be in between, or it has a new one; compare with what duet serve prints",
                      "{0} 出示的证书与 --pin 不符：可能有人中间拦截，也可能证书已更换；请与 duet serve 显示的指纹核对"},
  /* EndPinnedForOthers */ {"{0} shows what --pin says, in a certificate for other addresses ({1}); call it by its name or its address in its own network",
                            "{0} 出示的证书与 --pin 相符，但不是为这个地址签发的（{1}）；请改用它的名字或它在内网的地址"},
  /* EndFull */ {"the room {0} has two people already; take another name, or wait a minute", "房间 {0} 里已经有两个人；请换个房间名，或稍等一分钟"},
  /* EndNotAdmitted */ {"the server did not let us in: {0}", "服务器没有放行：{0}"},
  /* EndMoved */ {"this seat was taken over by a newer connection", "此座位已被较新的连接接管"},
  /* EndNoPath */ {"no way to the other one was found; both ends need a network that lets UDP out, or a relay that they reach",
                   "没有找到通往对方的路径；双方的网络须允许 UDP，或都能连上中继"},
  /* EndNoRelay */ {"{0} has no relay, and --relay-only takes no other way", "{0} 没有中继，而 --relay-only 只走中继"},
  /* EndLost */ {"the connection was lost and did not come back", "连接中断，未能恢复"},
  /* EndNobodyCame */ {"nobody came within {0}", "{0} 内没有人来"},
  /* EndExpectation */ {"expected {0}, and it was {1}", "要求 {0}，实际为 {1}"},
  /* EndExpectationBare */ {"expected {0}, and there was nothing", "要求 {0}，实际什么也没有"},
  /* EndDevice */ {"can't be used: {0}", "无法使用：{0}"},
  /* EndNotTaken */ {"the other one hung up before the call had connected", "对方在接通前就挂断了"},
  /* CallMuted */ {"muted", "已静音"},
  /* CallCameraOff */ {"camera off", "摄像头已关"},
  /* CallNoSeat */ {"no seat in {0}: {1}. Asking again from time to time", "进不了房间 {0}：{1}。将不时重试"},
  /* CallTooMany */ {"warning: many come and go; for this one the commands of --on-ring, --on-connect and --on-hangup are left out",
                     "警告：来去过于频繁；这一次不运行 --on-ring、--on-connect、--on-hangup 的命令"},
  /* CallDropped */ {"warning: {0} was not read in time; left out: {1}", "警告：{0} 未被及时读取；略去：{1}"},
  /* CallUnwritten */ {"warning: events can't be written to stdout: {0}. Going on without it", "警告：无法将事件写到标准输出：{0}。将在没有它的情况下继续"},
  /* WindowWaiting */ {"{0}: waiting", "{0}：等待中"},
  /* WindowConnecting */ {"{0}: connecting", "{0}：正在接通"},
  /* WindowInterrupted */ {"{0}: connection interrupted", "{0}：连接中断"},
  /* WindowWith */ {"{0}: {1}", "{0}：{1}"},
}};
// clang-format on

constexpr std::size_t kMaxPart = 200;

void append_part(std::string& out, std::string_view part) {
  const std::string_view shown = part.substr(0, kMaxPart);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto byte = static_cast<unsigned char>(shown[i]);
    // U+0080 to U+009F, 0xC2 and 0x80 to 0x9F, command some terminals too.
    const bool c1 =
        byte == 0xC2 && i + 1 < shown.size() && static_cast<unsigned char>(shown[i + 1]) < 0xA0;
    if (c1) ++i;
    out += byte < 0x20 || byte == 0x7F || c1 ? '?' : shown[i];
  }
  if (part.size() > kMaxPart) out += "...";
}

/// Whether a Chinese character begins here: in UTF-8 three bytes, of which this is the first.
bool is_han(char byte) {
  const auto first = static_cast<unsigned char>(byte);
  return first >= 0xE3 && first <= 0xE9;
}

bool begins_with_han(std::string_view text) { return !text.empty() && is_han(text.front()); }

bool ends_with_han(std::string_view text) {
  return text.size() >= 3 && is_han(text[text.size() - 3]);
}

}  // namespace

std::string_view text_of(Say say, Language language) {
  const Text& text = kTexts[static_cast<std::size_t>(say)];
  return language == Language::Chinese ? text.chinese : text.english;
}

std::string render(const Sentence& sentence, Language language) {
  std::string_view text = text_of(sentence.say, language);
  std::string out;
  while (!text.empty()) {
    const std::size_t brace = text.find('{');
    out += text.substr(0, brace);
    if (brace == std::string_view::npos) break;
    const auto part = static_cast<std::size_t>(text[brace + 1] - '0');
    text.remove_prefix(brace + 3);
    if (part >= sentence.parts.size()) continue;
    if (language == Language::English) {
      append_part(out, sentence.parts[part]);
      continue;
    }
    // The spaces around a part are for other letters than Chinese ones.
    const std::string_view words = in_chinese(sentence.parts[part]);
    if (begins_with_han(words) && out.ends_with(' ')) out.pop_back();
    append_part(out, words);
    if (ends_with_han(words) && text.starts_with(' ')) text.remove_prefix(1);
  }
  return out;
}

}  // namespace duet::config
