#include "wire/jose/jwt.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <boost/json/serialize.hpp>
#include <stdexcept>
#include <vector>

#include "base/base64.h"
#include "wire/json/schema.h"

namespace mes::wire {
namespace {

template <class T, void (*Free)(T*)>
struct freed_by {
  void operator()(T* p) const { Free(p); }
};
using big_number = std::unique_ptr<BIGNUM, freed_by<BIGNUM, BN_free>>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using digest_context = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX, EVP_MD_CTX_free>>;
using parameter_builder = std::unique_ptr<OSSL_PARAM_BLD, freed_by<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using parameters = std::unique_ptr<OSSL_PARAM, freed_by<OSSL_PARAM, OSSL_PARAM_free>>;
struct bio_free {
  void operator()(BIO* b) const { BIO_free_all(b); }
};
using memory_bio = std::unique_ptr<BIO, bio_free>;

std::shared_ptr<EVP_PKEY> own(EVP_PKEY* key) {
  if (!key) throw std::runtime_error("OpenSSL could not make a key");
  return {key, EVP_PKEY_free};
}

std::string text_of(const memory_bio& bio) {
  char* data = nullptr;
  long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string number_text(EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) throw std::runtime_error("OpenSSL could not read a key");
  big_number number(raw);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  return base64url_encode(bytes);
}

big_number number_of(const json::object& jwk, std::string_view member) {
  const json::value* v = jwk.if_contains(member);
  const json::string* text = v ? v->if_string() : nullptr;
  auto bytes = text ? base64url_decode(*text) : std::nullopt;
  if (!bytes || bytes->empty()) return nullptr;
  return big_number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes->data()), static_cast<int>(bytes->size()), nullptr));
}

}  // namespace

rsa_key rsa_key::generate(int bits) { return rsa_key(own(EVP_RSA_gen(static_cast<unsigned>(bits)))); }

result<rsa_key> rsa_key::from_private_pem(std::string_view pem) {
  memory_bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr);
  if (!key) {
    ERR_clear_error();
    return fail(error_code::corrupt, "not a private key in PEM");
  }
  return rsa_key(own(key));
}

result<rsa_key> rsa_key::from_jwk(const json::object& jwk) {
  big_number n = number_of(jwk, "n"), e = number_of(jwk, "e");
  const json::value* type = jwk.if_contains("kty");
  if (!n || !e || !type || *type != "RSA") return fail(error_code::invalid_argument, "not an RSA key in JWK form");
  parameter_builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  parameters made(OSSL_PARAM_BLD_to_param(builder.get()));
  key_context context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, made.get()) != 1) {
    ERR_clear_error();
    return fail(error_code::invalid_argument, "not an RSA key in JWK form");
  }
  return rsa_key(own(key));
}

std::string rsa_key::private_pem() const {
  memory_bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), _key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    throw std::runtime_error("OpenSSL could not write a key");
  return text_of(bio);
}

std::string rsa_key::public_pem() const {
  memory_bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PUBKEY(bio.get(), _key.get()) != 1) throw std::runtime_error("OpenSSL could not write a key");
  return text_of(bio);
}

json::object rsa_key::public_jwk() const {
  return {{"kty", "RSA"},
          {"n", number_text(_key.get(), OSSL_PKEY_PARAM_RSA_N)},
          {"e", number_text(_key.get(), OSSL_PKEY_PARAM_RSA_E)}};
}

std::string rsa_key::thumbprint() const {
  json::object jwk = public_jwk();
  std::string canonical = json::serialize(json::object{{"e", jwk["e"]}, {"kty", "RSA"}, {"n", jwk["n"]}});
  std::string digest(32, '\0');
  unsigned size = 0;
  EVP_Digest(canonical.data(), canonical.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(),
             nullptr);
  return base64url_encode(digest);
}

std::string rsa_key::sign_rs256(std::string_view message) const {
  digest_context context(EVP_MD_CTX_new());
  std::size_t size = 0;
  auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, _key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, message.size()) != 1)
    throw std::runtime_error("OpenSSL could not sign");
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, message.size()) !=
      1)
    throw std::runtime_error("OpenSSL could not sign");
  signature.resize(size);
  return signature;
}

bool rsa_key::verify_rs256(std::string_view message, std::string_view signature) const {
  digest_context context(EVP_MD_CTX_new());
  bool good =
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, _key.get()) == 1 &&
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                       reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
  ERR_clear_error();
  return good;
}

result<jwt> parse_jwt(std::string_view token) {
  constexpr std::size_t bytes_max = 16 << 10;
  auto bad = [](std::string_view what) {
    return fail(error_code::unauthenticated, "Bad token; invalid " + std::string(what));
  };
  if (token.size() > bytes_max) return bad("size");
  std::size_t first = token.find('.');
  std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return bad("form");
  auto object_of = [](std::string_view part) -> result<json::object> {
    auto text = base64url_decode(part);
    auto value = text ? parse_json(*text, 8) : result<json::value>(fail(error_code::unauthenticated, ""));
    if (!value || !value->is_object()) return fail(error_code::unauthenticated, "Bad token; invalid JSON");
    return std::move(value->as_object());
  };
  auto header = object_of(token.substr(0, first));
  if (!header) return std::unexpected(header.error());
  auto claims = object_of(token.substr(first + 1, second - first - 1));
  if (!claims) return std::unexpected(claims.error());
  auto signature = base64url_decode(token.substr(second + 1));
  if (!signature) return bad("signature");
  return jwt{std::move(*header), std::move(*claims), std::string(token.substr(0, second)), std::move(*signature)};
}

std::string sign_jwt(const rsa_key& key, std::string_view key_id, const json::object& claims) {
  json::object header{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", key_id}};
  std::string part = base64url_encode(json::serialize(header)) + '.' + base64url_encode(json::serialize(claims));
  std::string signature = key.sign_rs256(part);
  return part + '.' + base64url_encode(signature);
}

}  // namespace mes::wire
