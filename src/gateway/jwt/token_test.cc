// RFC 7515, appendix A.
#include "gateway/jwt/token.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "gateway/jwt/keys.h"

namespace mes::gateway {
namespace {

constexpr std::string_view payload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";

std::string token(std::string_view header, std::string_view signature) {
  return std::string(header) + '.' + std::string(payload) + std::string(signature);
}

TEST(token, hs256_of_rfc_7515_a1) {
  std::string text = token("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  auto t = decode_jwt(text);
  ASSERT_TRUE(t) << t.error();
  EXPECT_EQ(t->algorithm, "HS256");
  EXPECT_EQ(t->claims.at("iss").as_string(), "joe");
  auto secret =
      base64url_decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  EXPECT_TRUE(jwt_key::from_secret("HS256", *secret)->verify(t->signed_part, t->signature));
  EXPECT_FALSE(jwt_key::from_secret("HS256", "other")->verify(t->signed_part, t->signature));
  EXPECT_FALSE(jwt_key::from_secret("HS384", *secret)->verify(t->signed_part, t->signature));
}

TEST(token, rs256_of_rfc_7515_a2) {
  std::string text = token("eyJhbGciOiJSUzI1NiJ9",
                           "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
                           "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
                           "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
                           "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0"
                           "igcN_IoypGlUPQGe77Rw");
  auto t = decode_jwt(text);
  ASSERT_TRUE(t) << t.error();
  std::vector<std::string> problems;
  auto keys = parse_jwks(
      R"({"keys":[{"kty":"RSA","kid":"k1","alg":"RS256","consumer":"mes-users","aud":"mes","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"},
         {"kty":"EC","kid":"k2","consumer":"c"},{"kty":"RSA","kid":"k3","e":"AQAB","n":"AQAB"}]})",
      problems);
  ASSERT_TRUE(keys) << keys.error().message;
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(problems.size(), 2U);
  EXPECT_EQ((*keys)[0].key, "k1");
  EXPECT_EQ((*keys)[0].consumer, "mes-users");
  EXPECT_EQ((*keys)[0].audience, "mes");
  EXPECT_TRUE((*keys)[0].verifier.verify(t->signed_part, t->signature));
  t->signature[10] = static_cast<char>(t->signature[10] ^ 1);
  EXPECT_FALSE((*keys)[0].verifier.verify(t->signed_part, t->signature));
}

TEST(token, es256_of_rfc_7515_a3) {
  std::string text = token("eyJhbGciOiJFUzI1NiJ9",
                           "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  auto t = decode_jwt(text);
  ASSERT_TRUE(t) << t.error();
  constexpr std::string_view pem =
      "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
      "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n-----END PUBLIC KEY-----\n";
  auto key = jwt_key::from_pem("ES256", pem);
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_TRUE(key->verify(t->signed_part, t->signature));
  EXPECT_FALSE(key->verify(t->signed_part, t->signature.substr(1)));
  EXPECT_FALSE(jwt_key::from_pem("RS256", pem));  // the key's type decides, not the token
  EXPECT_FALSE(jwt_key::from_pem("ES384", pem));
}

// Kong's words (kong/plugins/jwt/jwt_parser.lua), behind "Bad token; ".
TEST(token, refuses_what_is_none) {
  struct {
    std::string text;
    std::string_view wrong;
  } cases[] = {
      {"", "invalid JSON"},
      {"a.b.c", "invalid JSON"},
      {"e30.e30.", "invalid alg"},
      {base64url_encode(R"({"alg":"none"})") + ".e30.", "invalid alg"},
      {base64url_encode(R"({"alg":"None"})") + ".e30.YQ", "invalid alg"},
      {base64url_encode(R"({"alg":["RS256"]})") + ".e30.YQ", "invalid alg"},
      {base64url_encode(R"({"alg":"RS256"})") + ".e30.", "invalid signature"},
      {base64url_encode(R"({"alg":"RS256"})") + ".e30.!", "invalid signature"},
      {base64url_encode(R"({"alg":"RS256"})") + ".e30", "invalid signature"},
      {base64url_encode(R"({"alg":"RS256"})") + ".W10.YQ", "invalid JSON"},
      {std::string(20'000, 'e'), "invalid JSON"},
  };
  for (const auto& c : cases) {
    auto t = decode_jwt(c.text);
    ASSERT_FALSE(t) << c.text;
    EXPECT_EQ(t.error(), c.wrong) << c.text;
  }
}

}  // namespace
}  // namespace mes::gateway
