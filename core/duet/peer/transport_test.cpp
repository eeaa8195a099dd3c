// SPDX-License-Identifier: MIT
// What descriptions order the transport to do.
#include <duet/peer/transport.hpp>

#include <gtest/gtest.h>

namespace duet::peer {
namespace {

constexpr Instant kNow{1000s};

IceParameters ice_of(char letter) {
  return {.ufrag = std::string(8, letter), .pwd = std::string(24, letter)};
}

TransportParameters parameters(const IceParameters& ours, const IceParameters& theirs) {
  return {.local_ice = ours,
          .remote_ice = theirs,
          .controlling = true,
          .remote_fingerprints = {},
          .dtls_role = DtlsRole::Client};
}

class PeerTransport : public testing::Test {
 protected:
  std::string our_ufrag() const { return transport.ice()->local_credentials().ufrag; }

  std::string their_ufrag() const {
    const auto& theirs = transport.ice()->remote_credentials();
    return theirs ? theirs->ufrag : std::string{};
  }

  SeededRandom random{1};
  Transport transport{random, {.identity = dtls::Identity::generate(std::chrono::sys_seconds{})}};
};

TEST_F(PeerTransport, KeepsItsNameWhereAnotherPeerAnswersAnOfferWithoutARestart) {
  transport.apply(kNow, parameters(ice_of('a'), ice_of('b')));
  transport.apply(kNow, parameters(ice_of('a'), ice_of('c')));
  EXPECT_EQ(our_ufrag(), ice_of('a').ufrag);
  EXPECT_EQ(their_ufrag(), ice_of('c').ufrag);
}

TEST_F(PeerTransport, ChecksAgainWithWhatARollbackBringsBack) {
  transport.apply(kNow, parameters(ice_of('a'), ice_of('b')));
  transport.apply(kNow, parameters(ice_of('c'), ice_of('b')));  // an offer that restarts
  EXPECT_EQ(our_ufrag(), ice_of('c').ufrag);
  EXPECT_EQ(their_ufrag(), "");
  transport.apply(kNow, parameters(ice_of('a'), ice_of('b')));
  EXPECT_EQ(our_ufrag(), ice_of('a').ufrag);
  EXPECT_EQ(their_ufrag(), ice_of('b').ufrag);
}

}  // namespace
}  // namespace duet::peer
