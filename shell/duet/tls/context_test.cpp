// SPDX-License-Identifier: MIT
// Tests of the TLS settings and of changing certificates while a server runs.
#include <duet/crypto/handle.hpp>
#include <duet/crypto/issue.hpp>
#include <duet/tls/context.hpp>
#include <duet/tls/error.hpp>
#include <duet/tls/tls_test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace duet::tls {
namespace {

using std::chrono::days;
using ::testing::HasSubstr;
using SslPtr = crypto::Handle<SSL, SSL_free>;
using SslCtxPtr = crypto::Handle<SSL_CTX, SSL_CTX_free>;

/// A client and the server over a pair of memory buffers.
class Handshake {
 public:
  explicit Handshake(std::shared_ptr<SSL_CTX> context)
      : client_context_{SSL_CTX_new(TLS_client_method())},
        client_{SSL_new(client_context_.get())},
        server_{SSL_new(context.get())} {
    BIO* here = nullptr;
    BIO* there = nullptr;
    BIO_new_bio_pair(&here, 0, &there, 0);
    SSL_set_bio(client_.get(), here, here);
    SSL_set_bio(server_.get(), there, there);
    SSL_set_connect_state(client_.get());
    SSL_set_accept_state(server_.get());
  }

  ~Handshake() { ERR_clear_error(); }

  SSL* client() { return client_.get(); }

  bool run() {
    for (int i = 0; i < 10; ++i) {
      const int a = SSL_do_handshake(client_.get());
      const int b = SSL_do_handshake(server_.get());
      if (a == 1 && b == 1) return true;
    }
    return false;
  }

  std::string protocol() {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }

  crypto::Sha256 certificate() {
    return crypto::Certificate::adopt(SSL_get1_peer_certificate(client_.get())).digest();
  }

  std::size_t certificates() {
    return static_cast<std::size_t>(sk_X509_num(SSL_get_peer_cert_chain(client_.get())));
  }

 private:
  SslCtxPtr client_context_;
  SslPtr client_;
  SslPtr server_;
};

/// A pair of files as somebody else would renew them.
struct Files {
  World world;
  std::filesystem::path chain = world.folder / "chain.pem";
  std::filesystem::path key = world.folder / "key.pem";
  Identity root = world.load();
  crypto::PrivateKey root_key =
      *crypto::PrivateKey::from_pem(content(world.state() / "authority.pem"));

  crypto::Certificate issue(const crypto::PrivateKey& for_key, days lifetime = days{90}) const {
    return crypto::issue_server({.names = {.dns = {"box.local"}, .addresses = {}},
                                 .not_before = kNow - days{1},
                                 .not_after = kNow + lifetime},
                                for_key, *root.authority, root_key);
  }

  void renew() const {
    const crypto::PrivateKey new_key = crypto::PrivateKey::generate_p256();
    replace_file(chain, issue(new_key).to_pem() + root.authority->to_pem(), 0644);
    replace_file(key, new_key.to_pem(), 0600);
  }

  std::unique_ptr<TlsContext> open() const {
    return std::make_unique<TlsContext>(
        std::make_unique<FileIdentity>(chain, key, [] { return kNow; }));
  }

  std::string complaint() const {
    try {
      open();
      return {};
    } catch (const Error& error) {
      EXPECT_NE(error.chinese().find(chain.parent_path().string()), std::string::npos);
      EXPECT_NE(error.chinese(), error.what());
      return error.what();
    }
  }
};

TEST(TlsContext, SpeaksTls13AndTls12ButNothingOlder) {
  const World world;
  const TlsContext tls{world.authority()};
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    Handshake handshake{tls.context()};
    SSL_set_max_proto_version(handshake.client(), version);
    EXPECT_TRUE(handshake.run());
    EXPECT_EQ(SSL_version(handshake.client()), version);
  }
  Handshake old{tls.context()};
  SSL_set_security_level(old.client(), 0);
  SSL_set_min_proto_version(old.client(), TLS1_VERSION);
  SSL_set_max_proto_version(old.client(), TLS1_1_VERSION);
  EXPECT_FALSE(old.run());
}

TEST(TlsContext, ChoosesHttpAndGoesOnWithoutItsProtocolOtherwise) {
  const World world;
  const TlsContext tls{world.authority()};
  const auto choice = [&](std::string_view offer) {
    Handshake handshake{tls.context()};
    SSL_set_alpn_protos(handshake.client(), reinterpret_cast<const unsigned char*>(offer.data()),
                        static_cast<unsigned>(offer.size()));
    EXPECT_TRUE(handshake.run());
    return handshake.protocol();
  };
  EXPECT_EQ(choice("\x02h2\x08http/1.1"), "http/1.1");
  EXPECT_EQ(choice("\x08http/1.1"), "http/1.1");
  EXPECT_EQ(choice("\x02h2"), "");
  EXPECT_EQ(choice(""), "");
}

TEST(TlsContext, RefusesRenegotiation) {
  const World world;
  const TlsContext tls{world.authority()};
  Handshake handshake{tls.context()};
  SSL_set_max_proto_version(handshake.client(), TLS1_2_VERSION);
  ASSERT_TRUE(handshake.run());
  SSL_renegotiate(handshake.client());
  EXPECT_FALSE(handshake.run());
}

TEST(TlsContext, SendsTheChainOfItsFiles) {
  const Files files;
  files.renew();
  const auto tls = files.open();
  Handshake handshake{tls->context()};
  ASSERT_TRUE(handshake.run());
  EXPECT_EQ(handshake.certificates(), 2u);
  EXPECT_EQ(handshake.certificate(), tls->certificate().digest());
  EXPECT_EQ(tls->authority(), std::nullopt);
}

TEST(TlsContext, FindsTheOwnCertificateInAReversedChain) {
  const Files files;
  const crypto::PrivateKey key = crypto::PrivateKey::generate_p256();
  const crypto::Certificate own = files.issue(key);
  put(files.chain, files.root.authority->to_pem() + own.to_pem() + key.to_pem());
  const TlsContext tls{std::make_unique<FileIdentity>(files.chain, files.chain)};
  EXPECT_EQ(tls.certificate().digest(), own.digest());
}

TEST(TlsContext, TakesARenewedPairAndLeavesRunningConnectionsTheirs) {
  const Files files;
  files.renew();
  const auto tls = files.open();
  EXPECT_EQ(tls->reload_if_changed().result, TlsContext::Reload::Unchanged);
  const std::shared_ptr<SSL_CTX> old = tls->context();
  const crypto::Sha256 before = tls->certificate().digest();

  files.renew();
  const TlsContext::Report report = tls->reload_if_changed();
  EXPECT_EQ(report.result, TlsContext::Reload::Renewed);
  EXPECT_THAT(report.sentence, HasSubstr("until 2027-02-22"));
  EXPECT_NE(tls->context(), old);
  EXPECT_EQ(tls->reload_if_changed().result, TlsContext::Reload::Unchanged);

  Handshake fresh{tls->context()};
  ASSERT_TRUE(fresh.run());
  EXPECT_NE(fresh.certificate(), before);
  Handshake running{old};
  ASSERT_TRUE(running.run());
  EXPECT_EQ(running.certificate(), before);
}

TEST(TlsContext, KeepsTheOldPairWhenTheNewOneIsBadAndSaysItOnce) {
  const Files files;
  files.renew();
  const auto tls = files.open();
  const std::shared_ptr<SSL_CTX> old = tls->context();

  replace_file(files.key, crypto::PrivateKey::generate_p256().to_pem(), 0600);
  TlsContext::Report report = tls->reload_if_changed();
  EXPECT_EQ(report.result, TlsContext::Reload::Kept);
  EXPECT_THAT(report.sentence, HasSubstr("is for another key"));
  EXPECT_EQ(tls->reload_if_changed().sentence, "");
  EXPECT_EQ(tls->context(), old);

  std::filesystem::remove(files.chain);
  report = tls->reload_if_changed();
  EXPECT_THAT(report.sentence, HasSubstr("There is no file"));
  EXPECT_EQ(tls->context(), old);

  files.renew();
  EXPECT_EQ(tls->reload_if_changed().result, TlsContext::Reload::Renewed);
  EXPECT_NE(tls->context(), old);
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(TlsContext, IsNotRenewedByATouchedFile) {
  const Files files;
  files.renew();
  const auto tls = files.open();
  const std::shared_ptr<SSL_CTX> old = tls->context();
  replace_file(files.key, content(files.key), 0600);
  EXPECT_EQ(tls->reload_if_changed().result, TlsContext::Reload::Unchanged);
  EXPECT_EQ(tls->context(), old);
}

TEST(TlsContext, SaysWhatIsWrongWithItsFiles) {
  const Files files;
  EXPECT_THAT(files.complaint(), HasSubstr("There is no file"));
  files.renew();
  const std::string good = content(files.chain);
  put(files.chain, "garbage");
  EXPECT_THAT(files.complaint(), HasSubstr("holds no certificate"));
  put(files.chain, good);
  put(files.key, "garbage");
  EXPECT_THAT(files.complaint(), HasSubstr("holds no private key"));
}

TEST(TlsContext, SaysThatACertificateEnded) {
  const Files files;
  const crypto::PrivateKey key = crypto::PrivateKey::generate_p256();
  put(files.chain, files.issue(key, days{0}).to_pem());
  put(files.key, key.to_pem());
  ASSERT_EQ(files.open()->news().size(), 1u);
  EXPECT_THAT(files.open()->news().front(), HasSubstr("ended on 2026-11-24"));
}

TEST(TlsContext, FollowsTheMachineToANewNetwork) {
  World world;
  TlsContext tls{world.authority()};
  ASSERT_TRUE(tls.authority());
  EXPECT_EQ(tls.reload_if_changed().result, TlsContext::Reload::Unchanged);
  world.machine->addresses = {ip("10.20.30.40")};
  EXPECT_EQ(tls.reload_if_changed().result, TlsContext::Reload::Renewed);
  EXPECT_EQ(crypto::verify_server(tls.certificate(), {}, *tls.authority(), "10.20.30.40", kNow),
            std::nullopt);
}

}  // namespace
}  // namespace duet::tls
