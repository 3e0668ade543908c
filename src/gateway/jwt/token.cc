#include "gateway/jwt/token.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <vector>

#include "base/base64.h"
#include "runtime/openssl_handles.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t token_bytes_max = 16 << 10;
constexpr auto algorithms =
    std::to_array<std::string_view>({"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384"});

// Segments may be padded and of either alphabet: Kong takes them so, and what is signed is their text.
std::optional<json::object> parse_object(std::string_view segment) {
  auto text = base64_decode_any(std::string(segment));
  if (!text) return std::nullopt;
  boost::system::error_code failure;
  json::value value = json::parse(*text, failure, {}, {.max_depth = 16});
  if (failure || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

const EVP_MD* digest_of(std::string_view algorithm) {
  if (algorithm.ends_with("384")) return EVP_sha384();
  return algorithm.ends_with("512") ? EVP_sha512() : EVP_sha256();
}

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

bool verify_hmac(std::string_view algorithm, std::string_view secret, std::string_view message,
                 std::string_view signature) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int length = 0;
  if (!HMAC(digest_of(algorithm), secret.data(), static_cast<int>(secret.size()), bytes(message), message.size(),
            mac.data(), &length))
    return false;
  return length == signature.size() && CRYPTO_memcmp(mac.data(), signature.data(), length) == 0;
}

// JOSE signs with r and s side by side (RFC 7518, section 3.4); OpenSSL wants them in DER.
std::optional<std::vector<unsigned char>> der_of(std::string_view signature, std::size_t coordinate) {
  if (signature.size() != 2 * coordinate) return std::nullopt;
  std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> sig(ECDSA_SIG_new(), ECDSA_SIG_free);
  BIGNUM* r = BN_bin2bn(bytes(signature), static_cast<int>(coordinate), nullptr);
  BIGNUM* s = BN_bin2bn(bytes(signature) + coordinate, static_cast<int>(coordinate), nullptr);
  if (!sig || !r || !s || ECDSA_SIG_set0(sig.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return std::nullopt;
  }
  int size = i2d_ECDSA_SIG(sig.get(), nullptr);
  if (size <= 0) return std::nullopt;
  std::vector<unsigned char> der(static_cast<std::size_t>(size));
  unsigned char* at = der.data();
  i2d_ECDSA_SIG(sig.get(), &at);
  return der;
}

bool verify_with(EVP_PKEY* key, const EVP_MD* digest, std::string_view message, const unsigned char* signature,
                 std::size_t size) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return context && EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), signature, size, bytes(message), message.size()) == 1;
}

}  // namespace

std::expected<jwt_token, std::string_view> decode_jwt(std::string_view token) {
  if (token.size() > token_bytes_max) return std::unexpected("invalid JSON");
  std::size_t first = token.find('.');
  std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  std::string_view head = token.substr(0, first);
  std::string_view payload =
      first == std::string_view::npos ? std::string_view{} : token.substr(first + 1, second - first - 1);
  std::string_view signature = second == std::string_view::npos ? std::string_view{} : token.substr(second + 1);
  auto header = parse_object(head);
  auto claims = parse_object(payload);
  if (!header || !claims) return std::unexpected("invalid JSON");
  const json::value* alg = header->if_contains("alg");
  if (!alg || !alg->is_string() ||
      std::ranges::find(algorithms, std::string_view(alg->get_string())) == algorithms.end())
    return std::unexpected("invalid alg");
  auto decoded = base64_decode_any(std::string(signature));
  if (!decoded || signature.empty()) return std::unexpected("invalid signature");
  jwt_token out;
  out.algorithm = std::string(alg->get_string().c_str());
  out.header = std::move(*header);
  out.claims = std::move(*claims);
  out.signed_part = token.substr(0, second);
  out.signature = std::move(*decoded);
  return out;
}

result<jwt_key> jwt_key::from_secret(std::string algorithm, std::string secret) {
  if (!algorithm.starts_with("HS"))
    return fail(error_code::invalid_argument, algorithm + " needs a public key, not a secret");
  return jwt_key(std::move(algorithm), std::move(secret), nullptr);
}

result<jwt_key> jwt_key::from_pem(std::string algorithm, std::string_view pem) {
  runtime::bio_ptr bio = runtime::bio_of(pem);
  std::shared_ptr<evp_pkey_st> key(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr) : nullptr,
                                   EVP_PKEY_free);
  if (!key) return fail(error_code::invalid_argument, "this is no public key in PEM");
  bool rsa = EVP_PKEY_is_a(key.get(), "RSA") == 1, ec = EVP_PKEY_is_a(key.get(), "EC") == 1;
  int ec_bits = algorithm == "ES384" ? 384 : 256;
  bool fits = algorithm.starts_with("RS")
                  ? rsa && EVP_PKEY_get_bits(key.get()) >= 1024
                  : algorithm.starts_with("ES") && ec && EVP_PKEY_get_bits(key.get()) == ec_bits;
  if (!fits) return fail(error_code::invalid_argument, "the key does not fit algorithm " + algorithm);
  return jwt_key(std::move(algorithm), {}, std::move(key));
}

bool jwt_key::verify(std::string_view message, std::string_view signature) const {
  if (!_key) return !_secret.empty() && verify_hmac(_algorithm, _secret, message, signature);  // which all know
  if (_algorithm.starts_with("RS"))
    return verify_with(_key.get(), digest_of(_algorithm), message, bytes(signature), signature.size());
  auto der = der_of(signature, _algorithm == "ES384" ? 48 : 32);
  return der && verify_with(_key.get(), digest_of(_algorithm), message, der->data(), der->size());
}

}  // namespace mes::gateway
