// SPDX-License-Identifier: MIT
// What a TLS server shows its clients, and where that comes from.
#include <duet/tls/error.hpp>
#include <duet/tls/identity.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace duet::tls {

namespace {

std::string text_of(const std::filesystem::path& file) {
  auto content = read_file(file);
  if (!content) {
    throw Error{"There is no file " + file.string() + ".", "没有文件 " + file.string()};
  }
  return std::move(content->text);
}

crypto::PrivateKey key_of(const std::filesystem::path& file) {
  auto key = crypto::PrivateKey::from_pem(text_of(file));
  if (key) return *std::move(key);
  if (key.error() == crypto::KeyError::Encrypted) {
    throw Error{"The private key in " + file.string() +
                    " is encrypted: write it without a passphrase (openssl pkey).",
                file.string() + " 中的私钥已加密：请存为不带口令的私钥（openssl pkey）"};
  }
  throw Error{file.string() + " holds no private key in PEM form.",
              file.string() + " 中没有 PEM 格式的私钥"};
}

}  // namespace

crypto::UnixTime system_time() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string date_text(crypto::UnixTime time) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(time)};
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return text.data();
}

FileIdentity::FileIdentity(std::filesystem::path chain, std::filesystem::path key, WallClock clock)
    : chain_file_{std::move(chain)}, key_file_{std::move(key)}, clock_{std::move(clock)} {}

bool FileIdentity::has_changed() {
  return FileStamp::of(chain_file_) != chain_stamp_ || FileStamp::of(key_file_) != key_stamp_;
}

Identity FileIdentity::load() {
  // Stamped before they are read: a change in between is found the next time.
  const FileStamp chain_stamp = FileStamp::of(chain_file_);
  const FileStamp key_stamp = FileStamp::of(key_file_);
  std::vector<crypto::Certificate> chain = crypto::Certificate::all_from_pem(text_of(chain_file_));
  if (chain.empty()) {
    throw Error{chain_file_.string() + " holds no certificate in PEM form.",
                chain_file_.string() + " 中没有 PEM 格式的证书"};
  }
  const crypto::PrivateKey key = key_of(key_file_);
  // The server's own certificate comes first (RFC 8446 §4.4.2), but some files have it last.
  const auto own = std::find_if(chain.begin(), chain.end(),
                                [&](const auto& certificate) { return certificate.is_for(key); });
  if (own == chain.end()) {
    throw Error{"The certificate in " + chain_file_.string() +
                    " is for another key than the one in " + key_file_.string() + ".",
                chain_file_.string() + " 中的证书与 " + key_file_.string() + " 中的私钥不配对"};
  }
  std::rotate(chain.begin(), own, own + 1);
  chain_stamp_ = chain_stamp;
  key_stamp_ = key_stamp;
  Identity identity{.key = key, .chain = std::move(chain), .authority = std::nullopt, .news = {}};
  const crypto::UnixTime now = clock_();
  if (identity.chain.front().not_after() <= now) {
    identity.news.push_back("The certificate in " + chain_file_.string() + " ended on " +
                            date_text(identity.chain.front().not_after()) +
                            ": browsers refuse it until it is renewed.");
  } else if (identity.chain.front().not_before() > now) {
    identity.news.push_back("The certificate in " + chain_file_.string() + " only begins on " +
                            date_text(identity.chain.front().not_before()) +
                            ": check this machine's clock.");
  }
  return identity;
}

}  // namespace duet::tls
