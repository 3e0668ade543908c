#include "gateway/config/password.h"

#include <openssl/evp.h>

#include <array>
#include <span>

#include "base/hex.h"

namespace mes::gateway {

std::string hash_password(std::string_view password, std::string_view consumer_id) {
  std::string text(password);
  text += consumer_id;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return to_hex(std::span(digest.data(), size));
}

}  // namespace mes::gateway
