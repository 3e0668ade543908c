// JSON Web Tokens (RFC 7519) signed with RS256 (RFC 7515, 7518), and their keys as JWK (RFC 7517).
//
// Only RS256 is taken: the algorithm is a property of the key, never of the token ("alg": "none" and confusion of key
// types end here).
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

struct evp_pkey_st;

namespace mes::wire {
namespace json = boost::json;

// Immutable, shareable between threads.
class rsa_key {
 public:
  static rsa_key generate(int bits = 2048);
  static result<rsa_key> from_private_pem(std::string_view pem);
  static result<rsa_key> from_jwk(const json::object& jwk);  // {"kty":"RSA","n","e"}: a public key

  std::string private_pem() const;  // PKCS #8
  std::string public_pem() const;   // SubjectPublicKeyInfo
  json::object public_jwk() const;  // kty, n, e
  std::string thumbprint() const;   // RFC 7638, SHA-256, base64url: a key id that follows from the key

  std::string sign_rs256(std::string_view message) const;
  bool verify_rs256(std::string_view message, std::string_view signature) const;

 private:
  explicit rsa_key(std::shared_ptr<evp_pkey_st> key) : _key(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> _key;
};

struct jwt {
  json::object header;
  json::object claims;
  std::string signed_part;  // header.payload, as sent
  std::string signature;
};

// Takes a token apart; nothing of it is trusted before verify.
result<jwt> parse_jwt(std::string_view token);
std::string sign_jwt(const rsa_key& key, std::string_view key_id, const json::object& claims);

}  // namespace mes::wire
