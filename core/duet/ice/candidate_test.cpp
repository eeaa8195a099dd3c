// SPDX-License-Identifier: MIT
// Tests of the candidate attribute, of priorities and of credentials.
#include <duet/ice/candidate.hpp>
#include <duet/ice/credentials.hpp>
#include <duet/ice/priority.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace duet::ice {
namespace {

constexpr std::string_view kHost = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host";

Candidate parse(std::string_view text) {
  const auto candidate = Candidate::parse(text);
  EXPECT_TRUE(candidate.has_value()) << text;
  return candidate.value_or(Candidate{});
}

CandidateError error(std::string_view text) {
  const auto candidate = Candidate::parse(text);
  EXPECT_FALSE(candidate.has_value()) << text;
  return candidate ? CandidateError::TooLong : candidate.error();
}

TEST(IceCandidate, ReadsTheExamplesOfTheRfc) {  // RFC 8839 §5.1
  const Candidate host = parse("a=candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host");
  EXPECT_EQ(host.foundation, "1");
  EXPECT_EQ(host.component, 1);
  EXPECT_EQ(host.protocol, Protocol::Udp);
  EXPECT_EQ(host.priority, 2130706431u);
  EXPECT_EQ(host.endpoint.to_string(), "203.0.113.141:8998");
  EXPECT_EQ(host.type, CandidateType::Host);
  EXPECT_FALSE(host.related);
  const Candidate reflexive = parse(
      "candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998");
  EXPECT_EQ(reflexive.type, CandidateType::ServerReflexive);
  EXPECT_EQ(reflexive.related->to_string(), "203.0.113.141:8998");
}

TEST(IceCandidate, IsWrittenAsItWasRead) {
  for (const std::string_view text :
       {kHost,
        std::string_view{"candidate:2 1 udp 1694498815 2001:db8::3 45664 typ srflx raddr "
                         "203.0.113.141 rport 8998"},
        std::string_view{"candidate:a+/ 1 tcp 2105458943 192.0.2.2 9 typ host tcptype active"},
        std::string_view{"candidate:7 256 udp 1 ab-1.local 9 typ relay generation 0 ufrag xY/+ "
                         "network-cost 10"}}) {
    EXPECT_EQ(parse(text).serialize(), text);
  }
}

TEST(IceCandidate, TakesThePrefixesOfSdpAndOfTheApi) {
  const std::string bare{kHost.substr(10)};
  for (const std::string& text :
       {bare, std::string{kHost}, "a=" + std::string{kHost}, "a=" + std::string{kHost} + "\r\n"}) {
    EXPECT_EQ(parse(text), parse(kHost));
  }
}

TEST(IceCandidate, KeepsWhatItDoesNotKnow) {
  const Candidate chromium = parse(
      "candidate:1141920135 1 udp 2122194687 192.0.2.2 34888 typ host generation 0 "
      "ufrag Ab12 network-id 1 network-cost 50");
  EXPECT_EQ(chromium.extension("ufrag"), "Ab12");
  EXPECT_EQ(chromium.extension("network-cost"), "50");
  EXPECT_EQ(chromium.extension("tcptype"), std::nullopt);
  EXPECT_EQ(chromium.extensions, "generation 0 ufrag Ab12 network-id 1 network-cost 50");
}

TEST(IceCandidate, NeedsATcpTypeOverTcp) {  // RFC 6544 §4.5
  EXPECT_EQ(parse("1 1 TCP 5 192.0.2.1 9 typ host tcptype passive").tcp_type, TcpType::Passive);
  EXPECT_EQ(parse("1 1 TCP 5 192.0.2.1 9 typ host tcptype so").tcp_type, TcpType::SimultaneousOpen);
  EXPECT_EQ(error("1 1 TCP 5 192.0.2.1 9 typ host"), CandidateError::BadTcpType);
  EXPECT_EQ(error("1 1 TCP 5 192.0.2.1 9 typ host tcptype x"), CandidateError::BadTcpType);
}

TEST(IceCandidate, RefusesWhatIsNone) {
  EXPECT_EQ(error(""), CandidateError::Incomplete);
  EXPECT_EQ(error("1 1 udp 5 192.0.2.1 9"), CandidateError::Incomplete);
  EXPECT_EQ(error("1 1 udp 5 192.0.2.1 9 typ host generation"), CandidateError::Incomplete);
  EXPECT_EQ(error("1 1 udp 5 192.0.2.1 9 type host"), CandidateError::Incomplete);
  EXPECT_EQ(error("1_ 1 udp 5 192.0.2.1 9 typ host"), CandidateError::BadFoundation);
  EXPECT_EQ(error(std::string(33, 'a') + " 1 udp 5 192.0.2.1 9 typ host"),
            CandidateError::BadFoundation);
  EXPECT_EQ(error("1 0 udp 5 192.0.2.1 9 typ host"), CandidateError::BadComponent);
  EXPECT_EQ(error("1 257 udp 5 192.0.2.1 9 typ host"), CandidateError::BadComponent);
  EXPECT_EQ(error("1 1 sctp 5 192.0.2.1 9 typ host"), CandidateError::UnknownTransport);
  EXPECT_EQ(error("1 1 udp 0 192.0.2.1 9 typ host"), CandidateError::BadPriority);
  EXPECT_EQ(error("1 1 udp 2147483648 192.0.2.1 9 typ host"), CandidateError::BadPriority);
  EXPECT_EQ(error("1 1 udp -1 192.0.2.1 9 typ host"), CandidateError::BadPriority);
  EXPECT_EQ(error("1 1 udp 5 192.0.2.999 9 typ host"), CandidateError::BadAddress);
  EXPECT_EQ(error("1 1 udp 5 fe80::1%eth0 9 typ host"), CandidateError::BadAddress);
  EXPECT_EQ(error("1 1 udp 5 192.0.2.1 65536 typ host"), CandidateError::BadPort);
  EXPECT_EQ(error("1 1 udp 5 192.0.2.1 9 typ srflx raddr 1.2.3.4 rport x"),
            CandidateError::BadPort);
  EXPECT_EQ(error("1 1 udp 5 192.0.2.1 9 typ best"), CandidateError::UnknownType);
  EXPECT_EQ(error("1 1 udp 5 192.0.2.1 9 typ host x \x01"), CandidateError::BadCharacter);
  EXPECT_EQ(error("1 1 udp 5 192.0.2.1 9 typ host x " + std::string(1024, 'y')),
            CandidateError::TooLong);
}

TEST(IceCandidate, HasANameInPlaceOfAnAddress) {
  const Candidate named =
      parse("candidate:1 1 udp 5 1f4712db-ea17-4bcf-a596-105139dfd8bf.local 5000 typ host");
  EXPECT_TRUE(named.is_named());
  EXPECT_TRUE(is_mdns_name(named.name));
  EXPECT_TRUE(is_mdns_name("x.LOCAL"));
  EXPECT_FALSE(is_mdns_name("a.b.local"));
  EXPECT_FALSE(is_mdns_name(".local"));
  EXPECT_FALSE(is_mdns_name("example.com"));
}

TEST(IceCandidate, UnmapsMappedAddresses) {
  EXPECT_EQ(parse("1 1 udp 5 ::ffff:192.0.2.1 9 typ host").endpoint.to_string(), "192.0.2.1:9");
}

TEST(IcePriority, IsTheFormulaOfTheRfc) {  // RFC 8445 §5.1.2.1
  EXPECT_EQ(priority_of(126, 65535), 2130706431u);
  EXPECT_EQ(priority_of(100, 65535), 1694498815u);
  EXPECT_EQ(priority_of(0, 65535, 2), 16777214u);
}

TEST(IcePriority, OfPairsIsTheFormulaOfTheRfc) {  // RFC 8445 §6.1.2.3
  EXPECT_EQ(pair_priority(3, 2), (std::uint64_t{2} << 32) + 7);
  EXPECT_EQ(pair_priority(2, 3), (std::uint64_t{2} << 32) + 6);
  EXPECT_EQ(pair_priority(5, 5), (std::uint64_t{5} << 32) + 10);
  EXPECT_EQ(pair_priority(2130706431, 2130706431), (std::uint64_t{2130706431} << 32) + 4261412862u);
}

TEST(IcePriority, LetsFamiliesTakeTurnsWithIpv6First) {  // RFC 8421 §4
  using Family = IpAddress::Family;
  const auto of = [](Family family, std::uint32_t rank) {
    return local_preference(family, rank, 0, std::nullopt);
  };
  EXPECT_EQ(of(Family::V6, 0), 65535u);
  EXPECT_GT(of(Family::V6, 0), of(Family::V4, 0));
  EXPECT_GT(of(Family::V4, 0), of(Family::V6, 1));
  EXPECT_GT(of(Family::V6, 1), of(Family::V4, 1));
}

TEST(IcePriority, PutsTcpAfterUdpAndRelaysLast) {
  const auto host_tcp = type_preference(CandidateType::Host, Protocol::Tcp);
  EXPECT_LT(host_tcp, type_preference(CandidateType::ServerReflexive, Protocol::Udp));
  EXPECT_GT(type_preference(CandidateType::ServerReflexive, Protocol::Tcp),
            type_preference(CandidateType::Relay, Protocol::Udp));
  EXPECT_GT(type_preference(CandidateType::Relay, Protocol::Udp, Carrier::Udp),
            type_preference(CandidateType::Relay, Protocol::Udp, Carrier::Tls));
  EXPECT_GT(local_preference(IpAddress::Family::V4, 0, 0, TcpType::Active),
            local_preference(IpAddress::Family::V4, 0, 0, TcpType::Passive));
}

TEST(IceCredentials, HaveTheFormAndLengthOfTheRfc) {  // RFC 8445 §5.3, RFC 8839 §5.4
  SeededRandom random{1};
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const Credentials made = Credentials::make(random);
    EXPECT_TRUE(made.is_valid());
    EXPECT_GE(made.ufrag.size() * 6, 24u);
    EXPECT_GE(made.pwd.size() * 6, 128u);
    EXPECT_TRUE(seen.insert(made.ufrag).second && seen.insert(made.pwd).second);
  }
  EXPECT_FALSE((Credentials{"abc", std::string(22, 'x')}.is_valid()));
  EXPECT_FALSE((Credentials{"abcd", std::string(21, 'x')}.is_valid()));
  EXPECT_FALSE((Credentials{"ab:d", std::string(22, 'x')}.is_valid()));
  EXPECT_FALSE((Credentials{"abcd", std::string(257, 'x')}.is_valid()));
  const Credentials older{"a-b_", std::string(20, 'x') + "=#"};
  EXPECT_FALSE(older.is_valid());
  EXPECT_TRUE(older.is_acceptable());
  EXPECT_FALSE((Credentials{"ab:d", std::string(22, 'x')}.is_acceptable()));
}

}  // namespace
}  // namespace duet::ice
