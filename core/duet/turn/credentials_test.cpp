// SPDX-License-Identifier: MIT
// Tests of names and passwords.
#include <duet/turn/credentials.hpp>

#include <gmock/gmock.h>

namespace duet::turn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds{1433895918}};

TEST(TurnCredentials, MakesWhatOtherServersMake) {
  // echo -n 1433895918:506 | openssl dgst -binary -sha1 -hmac north | openssl base64
  const Credential made = make_time_limited("north", "506", kNow);
  EXPECT_EQ(made.username, "1433895918:506");
  EXPECT_EQ(made.password, "s5LmbE7ECRvNooJppntkCvoj0Kg=");
}

TEST(TurnCredentials, TakesTimeLimitedNamesUntilTheirEnd) {
  const Credentials credentials{"duet", {{"tool", "box"}}, {"old", "new"}};
  for (const char* secret : {"old", "new"}) {
    const Credential made = make_time_limited(secret, "seat", kNow);
    EXPECT_THAT(credentials.passwords(made.username, kNow - std::chrono::seconds{1}),
                testing::Contains(made.password));
    EXPECT_THAT(credentials.passwords(made.username, kNow), IsEmpty());
  }
  EXPECT_THAT(credentials.passwords("tool", kNow), ElementsAre("box"));
  for (const char* name : {"", ":seat", "x:seat", "-1:seat", "99999999999:seat", "1e9:s"}) {
    EXPECT_THAT(credentials.passwords(name, kNow), IsEmpty()) << name;
  }
}

TEST(TurnCredentials, CountsARenewedNameAsTheSameUser) {
  EXPECT_EQ(Credentials::user_of("1433895918:506"), "506");
  EXPECT_EQ(Credentials::user_of("1433899918:506"), "506");
  EXPECT_EQ(Credentials::user_of("1433895918"), "1433895918");
  EXPECT_EQ(Credentials::user_of("alice:506"), "alice:506");
}

}  // namespace
}  // namespace duet::turn
