#include "bus/security/scram.h"

#include <gtest/gtest.h>

#include <tuple>

#include "base/base64.h"

namespace mes::bus::security {
namespace {

// RFC 7677, section 3: user "user", password "pencil".
class rfc7677 : public testing::Test {
 protected:
  scram_server make() {
    return {scram_hash::sha256,
            [this](const std::string& user) -> std::optional<scram_credential> {
              if (user != "user") return std::nullopt;
              return _credential;
            },
            "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"};
  }
  static constexpr std::string_view first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
  static constexpr std::string_view last =
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

  std::string _salt = *base64_decode("W22ZaJ0SNY7soEsUEjb6gQ==");
  scram_credential _credential =
      make_credential(scram_hash::sha256, _salt, salted_password(scram_hash::sha256, "pencil", _salt, 4096), 4096);
};

TEST_F(rfc7677, the_exchange_of_the_standard) {
  scram_server server = make();
  EXPECT_EQ(server.step(first),
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  EXPECT_FALSE(server.is_done());
  EXPECT_EQ(server.step(last), "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  EXPECT_TRUE(server.is_done());
  EXPECT_EQ(server.user(), "user");
  EXPECT_FALSE(server.step(last)) << "a message after the last one";
}

TEST_F(rfc7677, what_does_not_hold_is_refused) {
  const std::string good(last);
  const auto with = [&](std::string_view what, std::string_view by) {
    std::string text = good;
    return text.replace(text.find(what), what.size(), by);
  };
  for (const std::string& final : {with("p=d", "p=e"), with("c=biws", "c=eSws"), with("%hv", "%hw"), with(",p=", ",q="),
                                   std::string("x"), with("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "dHzb")}) {
    scram_server server = make();
    ASSERT_TRUE(server.step(first));
    EXPECT_FALSE(server.step(final)) << final;
    EXPECT_FALSE(server.is_done());
    EXPECT_FALSE(server.step(good)) << "after a failure there is no second try";
  }
  for (const std::string_view begin :
       {"", "n", "n,,", "p=tls-unique,,n=user,r=abc", "n,,n=nobody,r=abc", "n,,n=user", "n,,r=abc", "n,,n=us=er,r=abc",
        "n,a=other,n=user,r=abc", "n,,m=ext,n=user,r=abc"}) {
    scram_server server = make();
    EXPECT_FALSE(server.step(begin)) << begin;
  }
}

// RFC 5802, section 5.1: names with comma and equals sign.
TEST(scram_names, are_decoded) {
  std::string asked;
  scram_server server(
      scram_hash::sha512,
      [&](const std::string& user) -> std::optional<scram_credential> {
        asked = user;
        return std::nullopt;
      },
      "n");
  std::ignore = server.step("n,a=a=2Cb=3Dc,n=a=2Cb=3Dc,r=x");
  EXPECT_EQ(asked, "a,b=c");
}

// RFC 7914, section 11: PBKDF2-HMAC-SHA-256.
TEST(scram_keys, hi_is_pbkdf2) {
  const std::string out = salted_password(scram_hash::sha256, "passwd", "salt", 1);
  EXPECT_EQ(base64_encode(out.substr(0, 8)), base64_encode("\x55\xac\x04\x6e\x56\xe3\x08\x9f"));
}

}  // namespace
}  // namespace mes::bus::security
