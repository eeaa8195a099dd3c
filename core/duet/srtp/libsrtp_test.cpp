// SPDX-License-Identifier: MIT
// Both ways against libsrtp, which was written by others.
#include <duet/srtp/srtp_test_support.hpp>

#include <gmock/gmock.h>
#include <srtp2/srtp.h>

#include <memory>

namespace duet::srtp {
namespace {

struct Dealloc {
  void operator()(srtp_ctx_t_* session) const { srtp_dealloc(session); }
};

class Libsrtp {
 public:
  Libsrtp(const MasterKey& master, srtp_ssrc_type_t direction) {
    static const bool is_ready = srtp_init() == srtp_err_status_ok;
    EXPECT_TRUE(is_ready);
    key_.assign(master.key().begin(), master.key().end());
    key_.insert(key_.end(), master.salt().begin(), master.salt().end());
    srtp_policy_t policy{};
    const auto profile = static_cast<srtp_profile_t>(master.profile());
    EXPECT_EQ(srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile), 0);
    EXPECT_EQ(srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile), 0);
    policy.ssrc.type = direction;
    policy.key = reinterpret_cast<unsigned char*>(key_.data());
    policy.window_size = 1024;
    srtp_t session = nullptr;
    EXPECT_EQ(srtp_create(&session, &policy), srtp_err_status_ok);
    session_.reset(session);
  }

  using Function = srtp_err_status_t (*)(srtp_t, void*, int*);

  /// What the packet becomes, or nothing where libsrtp refuses it.
  Packet apply(Function function, Packet packet) {
    int size = static_cast<int>(packet.size());
    packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN);
    if (function(session_.get(), packet.data(), &size) != srtp_err_status_ok) return {};
    packet.resize(static_cast<std::size_t>(size));
    return packet;
  }

 private:
  Packet key_;
  std::unique_ptr<srtp_ctx_t_, Dealloc> session_;
};

// Random shapes, sequence numbers that go forwards, a little back, and over the end.
std::vector<RtpShape> shapes() {
  SeededRandom random{42};
  std::vector<RtpShape> shapes;
  std::uint16_t sequence = 65000;
  for (int i = 0; i < 1500; ++i) {
    sequence = static_cast<std::uint16_t>(sequence + 2);
    shapes.push_back({.sequence = i % 5 == 4 ? static_cast<std::uint16_t>(sequence - 21) : sequence,
                      .ssrc = static_cast<std::uint32_t>(i % 2),
                      .csrcs = random.u64() % 16,
                      .extension_words = static_cast<int>(random.u64() % 8) - 1,
                      .payload = random.u64() % 1100});
  }
  return shapes;
}

TEST(Libsrtp, ReadsWhatTheSenderProtects) {
  for (const Profile profile : kProfiles) {
    Sender sender{test_key(profile)};
    Libsrtp peer{test_key(profile), ssrc_any_inbound};
    for (const RtpShape& shape : shapes()) {
      ASSERT_EQ(peer.apply(srtp_unprotect, *protect_rtp(sender, rtp(shape))), rtp(shape));
    }
    for (std::uint32_t i = 0; i < 300; ++i) {
      const Packet plain = rtcp(i % 3, 4 * (i % 50));
      ASSERT_EQ(peer.apply(srtp_unprotect_rtcp, *protect_rtcp(sender, plain)), plain);
    }
  }
}

TEST(Libsrtp, ProtectsWhatTheReceiverReads) {
  for (const Profile profile : kProfiles) {
    Libsrtp peer{test_key(profile), ssrc_any_outbound};
    Receiver receiver{test_key(profile)};
    for (const RtpShape& shape : shapes()) {
      ASSERT_EQ(unprotect_rtp(receiver, peer.apply(srtp_protect, rtp(shape))), rtp(shape));
    }
    for (std::uint32_t i = 0; i < 300; ++i) {
      const Packet plain = rtcp(i % 3, 4 * (i % 50));
      ASSERT_EQ(unprotect_rtcp(receiver, peer.apply(srtp_protect_rtcp, plain)), plain);
    }
  }
}

TEST(Libsrtp, ProtectsToTheSameBytes) {
  for (const Profile profile : kProfiles) {
    Sender sender{test_key(profile)};
    Libsrtp peer{test_key(profile), ssrc_any_outbound};
    for (const RtpShape& shape : shapes()) {
      ASSERT_EQ(*protect_rtp(sender, rtp(shape)), peer.apply(srtp_protect, rtp(shape)));
    }
  }
}

}  // namespace
}  // namespace duet::srtp
