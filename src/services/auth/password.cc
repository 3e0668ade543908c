#include "services/auth/password.h"

#include <argon2.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <stdexcept>

#include "base/base64.h"

namespace mes::auth {
namespace {

constexpr std::uint32_t passes = 2, memory_kib = 19 << 10, lanes = 1;
constexpr std::size_t hash_bytes = 32, salt_bytes = 16;

void fill_random(std::string& bytes) {
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("the system's random generator failed");
}

}  // namespace

std::string hash_password(std::string_view password) {
  std::string salt(salt_bytes, '\0');
  fill_random(salt);
  std::string encoded(argon2_encodedlen(passes, memory_kib, lanes, salt_bytes, hash_bytes, Argon2_id), '\0');
  int code = argon2id_hash_encoded(passes, memory_kib, lanes, password.data(), password.size(), salt.data(),
                                   salt.size(), hash_bytes, encoded.data(), encoded.size());
  if (code != ARGON2_OK) throw std::runtime_error(argon2_error_message(code));
  encoded.resize(encoded.find('\0'));
  return encoded;
}

bool password_matches(std::string_view password, const std::string& encoded_hash) {
  return argon2id_verify(encoded_hash.c_str(), password.data(), password.size()) == ARGON2_OK;
}

std::string make_secret() {
  std::string bytes(32, '\0');
  fill_random(bytes);
  return base64url_encode(bytes);
}

std::string hash_secret(std::string_view secret) {
  std::string digest(32, '\0');
  unsigned size = 0;
  EVP_Digest(secret.data(), secret.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(),
             nullptr);
  return base64url_encode(digest);
}

}  // namespace mes::auth
