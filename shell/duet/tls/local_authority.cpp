// SPDX-License-Identifier: MIT
// A certificate authority of this machine's own, so that HTTPS works on the first run.
#include <duet/crypto/issue.hpp>
#include <duet/tls/error.hpp>
#include <duet/tls/local_authority.hpp>
#include <duet/tls/state_directory.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace duet::tls {

namespace {

using std::chrono::days;
using std::chrono::hours;

// RFC 1122 §3.2.1.3, RFC 1918 §3, RFC 3927 §2.1, RFC 6598 §7; RFC 4291 §2.5, RFC 4193 §3.1.
constexpr std::array<std::string_view, 9> kAddressBlocks = {
    "127.0.0.0/8",   "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
    "100.64.0.0/10", "::1/128",    "fc00::/7",      "fe80::/10"};

constexpr mode_t kPrivate = 0600;
constexpr mode_t kPublic = 0644;

bool is_usable(const IpAddress& address) {
  // No browser opens fe80::1%eth0, and without the zone it names nothing (RFC 4007 §11).
  return address.is_v4() || !address.is_link_local();
}

// What the server's certificate should be about: only what that authority may sign for.
crypto::SubjectNames wanted_names(const Machine& machine, const crypto::Certificate& authority) {
  crypto::SubjectNames names{
      .dns = {"localhost"},
      .addresses = {*IpAddress::parse("127.0.0.1"), *IpAddress::parse("::1")}};
  const auto full = [&] { return names.dns.size() + names.addresses.size() >= kMostSubjectNames; };
  for (const std::string& name : machine.names) {
    if (full()) break;
    if (std::find(names.dns.begin(), names.dns.end(), name) == names.dns.end() &&
        authority.permits(name)) {
      names.dns.push_back(name);
    }
  }
  for (const IpAddress& address : machine.addresses) {
    if (full()) break;
    if (std::find(names.addresses.begin(), names.addresses.end(), address) ==
            names.addresses.end() &&
        is_usable(address) && authority.permits(address)) {
      names.addresses.push_back(address);
    }
  }
  return names;
}

template <class T>
bool contains_all(const std::vector<T>& all, const std::vector<T>& some) {
  return std::all_of(some.begin(), some.end(), [&](const T& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  });
}

bool ends_soon(const crypto::Certificate& certificate, crypto::UnixTime now) {
  return certificate.not_after() - now < kRenewBefore;
}

// The server's certificate serves the machine as it is now.
bool is_current(const crypto::Certificate& server, const crypto::Certificate& authority,
                const Machine& machine, crypto::UnixTime now) {
  if (ends_soon(server, now) || server.not_before() > now) return false;
  const crypto::SubjectNames wanted = wanted_names(machine, authority);
  const crypto::SubjectNames present = server.names();
  return contains_all(present.dns, wanted.dns) && contains_all(present.addresses, wanted.addresses);
}

// Text with a key that nobody else could read, or nothing when there is no such file.
std::optional<std::string> read_private(const std::filesystem::path& file) {
  auto content = read_file(file);
  if (!content) return std::nullopt;
  if ((content->mode & 077) != 0) {
    throw Error{"Others may read or write the private key in " + file.string() +
                    ": chmod 0600 it, or, if somebody may have copied it, delete it and "
                    "Duet makes a new one.",
                "其他人可以读写 " + file.string() +
                    " 中的私钥：请 chmod 0600；若可能已被复制，请删除它，Duet 会另造一个"};
  }
  return std::move(content->text);
}

}  // namespace

LocalAuthority::LocalAuthority(std::filesystem::path directory, std::function<Machine()> machine,
                               WallClock clock)
    : directory_{std::move(directory)}, machine_{std::move(machine)}, clock_{std::move(clock)} {}

bool LocalAuthority::has_changed() {
  return !loaded_ || FileStamp::of(authority_file()) != authority_stamp_ ||
         FileStamp::of(server_file()) != server_stamp_ ||
         !is_current(loaded_->chain.front(), *loaded_->authority, machine_(), clock_());
}

Identity LocalAuthority::load() {
  const Machine machine = machine_();
  const crypto::UnixTime now = clock_();
  const auto remember = [&](Identity identity) {
    loaded_ = identity;
    return identity;
  };
  prepare_state_directory(directory_);
  // Most starts change nothing, and then need no lock and no right to write.
  authority_stamp_ = FileStamp::of(authority_file());
  server_stamp_ = FileStamp::of(server_file());
  if (auto identity = read_current(machine, now)) return remember(*std::move(identity));

  const FileLock lock{directory_ / "lock"};
  Identity identity = update(machine, now);
  authority_stamp_ = FileStamp::of(authority_file());
  server_stamp_ = FileStamp::of(server_file());
  return remember(std::move(identity));
}

std::optional<Identity> LocalAuthority::read_current(const Machine& machine,
                                                     crypto::UnixTime now) const {
  const auto authority = read_authority();
  if (!authority || ends_soon(authority->certificate, now)) return std::nullopt;
  auto server = read_server(*authority);
  if (!server || !is_current(server->chain.front(), authority->certificate, machine, now)) {
    return std::nullopt;
  }
  return server;
}

// Only with the lock held: what another process made meanwhile is taken as it is.
Identity LocalAuthority::update(const Machine& machine, crypto::UnixTime now) const {
  std::vector<std::string> news;
  auto authority = read_authority();
  if (!authority) {
    authority = make_authority(machine, now);
    news.push_back("A certificate authority of this machine's own was made in " +
                   directory_.string() + ".");
  } else if (ends_soon(authority->certificate, now)) {
    const std::string end = date_text(authority->certificate.not_after());
    authority = make_authority(machine, now);
    news.push_back("The local certificate authority ends on " + end +
                   ", so a new one was made: devices that trusted the old one have to trust it.");
  }
  auto certificate = read_file(certificate_file());
  if (!certificate || certificate->text != authority->certificate.to_pem()) {
    replace_file(certificate_file(), authority->certificate.to_pem(), kPublic);
  }
  auto server = read_server(*authority);
  if (!server || !is_current(server->chain.front(), authority->certificate, machine, now)) {
    server = issue(*authority, machine, now);
    news.push_back("A certificate was made for this machine's present names and addresses, until " +
                   date_text(server->chain.front().not_after()) + ".");
  }
  server->news = std::move(news);
  return *std::move(server);
}

std::optional<LocalAuthority::Authority> LocalAuthority::read_authority() const {
  const auto text = read_private(authority_file());
  if (!text) return std::nullopt;
  auto key = crypto::PrivateKey::from_pem(*text);
  const auto certificates = crypto::Certificate::all_from_pem(*text);
  const auto unusable = [&](const char* english, const char* chinese) {
    const std::string file = authority_file().string();
    return Error{file + english +
                     ": restore it, or move it away and Duet makes a new authority, which devices "
                     "then have to trust anew.",
                 file + chinese + "：请恢复它，或把它移走，Duet 会另建证书机构，各设备需重新信任"};
  };
  if (!key || certificates.size() != 1 || !certificates.front().is_for(*key)) {
    throw unusable(" is damaged, it holds no key with its certificate",
                   " 已损坏，其中没有成对的私钥和证书");
  }
  const crypto::Certificate& certificate = certificates.front();
  if (!certificate.is_authority() || !certificate.permits("localhost") ||
      certificate.permits("example.com")) {
    throw unusable(" is not an authority that Duet made", " 不是 Duet 建立的证书机构");
  }
  return Authority{.key = *std::move(key), .certificate = certificate};
}

// A server certificate that is damaged or from another authority counts as missing: nobody had to
// trust it by itself, so making it anew costs nothing.
std::optional<Identity> LocalAuthority::read_server(const Authority& authority) const {
  const auto text = read_private(server_file());
  if (!text) return std::nullopt;
  auto key = crypto::PrivateKey::from_pem(*text);
  auto chain = crypto::Certificate::all_from_pem(*text);
  if (!key || chain.size() != 1 || !chain.front().is_for(*key) ||
      !chain.front().is_issued_by(authority.certificate)) {
    return std::nullopt;
  }
  chain.push_back(authority.certificate);  // for clients that pin it
  return Identity{.key = *std::move(key),
                  .chain = std::move(chain),
                  .authority = authority.certificate,
                  .news = {}};
}

LocalAuthority::Authority LocalAuthority::make_authority(const Machine& machine,
                                                         crypto::UnixTime now) const {
  crypto::PrivateKey key = crypto::PrivateKey::generate_p256();
  // Two authorities of the same host must not look the same in a list.
  const std::string mark = crypto::hex(key.public_digest()).substr(0, 6);
  const std::string host = machine.names.empty() ? "this machine" : machine.names.front();
  crypto::AuthorityProfile profile{.common_name = "Duet " + mark + " on " + host,
                                   .not_before = now - days{1},  // for devices whose clock is late
                                   .not_after = now + kAuthorityLifetime,
                                   .domains = {"localhost", "local", "lan"},
                                   .hosts = {},
                                   .address_blocks = {}};
  for (const std::string& name : machine.names) {
    if (crypto::is_host_name(name)) profile.hosts.push_back(name);
  }
  std::erase_if(profile.hosts, [](const std::string& name) {
    return name.ends_with(".local") || name.ends_with(".lan") || name == "local" || name == "lan" ||
           name == "localhost";
  });
  for (const std::string_view block : kAddressBlocks) {
    profile.address_blocks.push_back(*IpPrefix::parse(block));
  }
  crypto::Certificate certificate = crypto::make_authority(profile, key);
  replace_file(authority_file(), key.to_pem() + certificate.to_pem(), kPrivate);
  return {.key = std::move(key), .certificate = std::move(certificate)};
}

Identity LocalAuthority::issue(const Authority& authority, const Machine& machine,
                               crypto::UnixTime now) const {
  const crypto::UnixTime from = now - hours{1};
  crypto::PrivateKey key = crypto::PrivateKey::generate_p256();
  const crypto::Certificate certificate =
      crypto::issue_server({.names = wanted_names(machine, authority.certificate),
                            .not_before = from,
                            .not_after = std::min<crypto::UnixTime>(
                                from + kServerLifetime, authority.certificate.not_after())},
                           key, authority.certificate, authority.key);
  replace_file(server_file(), key.to_pem() + certificate.to_pem(), kPrivate);
  return {.key = std::move(key),
          .chain = {certificate, authority.certificate},
          .authority = authority.certificate,
          .news = {}};
}

}  // namespace duet::tls
