// JSON Web Tokens as Kong's jwt plugin reads them, and the check of their signature with OpenSSL.
#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

struct evp_pkey_st;

namespace mes::gateway {

struct jwt_token {
  boost::json::object header;
  boost::json::object claims;
  std::string algorithm;         // header's alg, one of those we know
  std::string_view signed_part;  // header.payload, a view into the token
  std::string signature;
};

// The error is Kong's, behind "Bad token; ": "invalid JSON", "invalid alg", "invalid claims", "invalid signature".
std::expected<jwt_token, std::string_view> decode_jwt(std::string_view token);

// A key with the one algorithm that it serves: HS, RS 256/384/512, ES256, ES384. Immutable, shareable.
class jwt_key {
 public:
  static result<jwt_key> from_secret(std::string algorithm, std::string secret);
  static result<jwt_key> from_pem(std::string algorithm, std::string_view pem);  // a public key

  const std::string& algorithm() const { return _algorithm; }
  bool verify(std::string_view message, std::string_view signature) const;

 private:
  jwt_key(std::string algorithm, std::string secret, std::shared_ptr<evp_pkey_st> key)
      : _algorithm(std::move(algorithm)), _secret(std::move(secret)), _key(std::move(key)) {}

  std::string _algorithm;
  std::string _secret;                // HS*
  std::shared_ptr<evp_pkey_st> _key;  // RS*, ES*
};

}  // namespace mes::gateway
