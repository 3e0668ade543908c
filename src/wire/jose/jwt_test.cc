#include "wire/jose/jwt.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "wire/json/schema.h"

namespace mes::wire {
namespace {

// RFC 7515, appendix A.2
constexpr std::string_view rfc_jwk =
    R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})";
constexpr std::string_view rfc_token =
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
    "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
    "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
    "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

}  // namespace

TEST(base64, encodes_as_rfc_4648) {
  // RFC 4648, section 10
  EXPECT_EQ(base64_encode("foob"), "Zm9vYg==");
  EXPECT_EQ(base64_decode("Zm9vYmE="), "fooba");
  EXPECT_EQ(base64url_encode("\xfb\xff"), "-_8");
  for (const char* text : {"Zg", "Zg=", "Z===", "Zh==", "Zm9v\n"}) EXPECT_FALSE(base64_decode(text)) << text;
  EXPECT_FALSE(base64url_decode("Zg=="));
}

TEST(jwt, verifies_the_standards_example) {
  auto key = rsa_key::from_jwk(parse_json(rfc_jwk)->as_object());
  auto token = parse_jwt(rfc_token);
  ASSERT_TRUE(key && token);
  EXPECT_EQ(token->claims.at("iss"), "joe");
  EXPECT_TRUE(key->verify_rs256(token->signed_part, token->signature));
  EXPECT_FALSE(key->verify_rs256(token->signed_part + "x", token->signature));
}

TEST(jwk, thumbprint_follows_the_standards_example) {
  // RFC 7638, section 3.1
  auto key = rsa_key::from_jwk(
      parse_json(
          R"({"kty":"RSA","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"})")
          ->as_object());
  ASSERT_TRUE(key);
  EXPECT_EQ(key->thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST(jwt, signs_what_it_verifies) {
  rsa_key key = rsa_key::generate();
  auto again = rsa_key::from_private_pem(key.private_pem());
  ASSERT_TRUE(again);
  auto token = parse_jwt(sign_jwt(*again, again->thumbprint(), {{"sub", "u"}}));
  ASSERT_TRUE(token);
  EXPECT_EQ(std::string_view(token->header.at("kid").as_string()), key.thumbprint());
  EXPECT_TRUE(key.verify_rs256(token->signed_part, token->signature));
  EXPECT_FALSE(rsa_key::generate().verify_rs256(token->signed_part, token->signature));
}

TEST(jwt, refuses_what_is_none) {
  for (const char* text : {"", "a.b", "a.b.c.d", "e30.e30.!", "e30.W10.e30", "eyJhIjox.e30.e30"})
    EXPECT_FALSE(parse_jwt(text)) << text;
}

}  // namespace mes::wire
