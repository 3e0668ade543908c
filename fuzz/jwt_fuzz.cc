// Any text as a token, as a key in PEM, as a key set: no crash, and nothing that was not signed passes.
//
// Input: a kind (1 byte), then the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/jwt/keys.h"
#include "gateway/jwt/token.h"

namespace {

using namespace mes::gateway;

void try_token(std::string_view text) {
  auto token = decode_jwt(text);
  if (!token) {
    if (token.error().empty()) std::abort();
    return;
  }
  if (!text.starts_with(token->signed_part)) std::abort();
  // Nobody knows this secret: a fuzzer that finds its signature has found a hole.
  static const auto key = jwt_key::from_secret("HS256", "f0b3c2b7d5a94e1f8c6d7e2a1b0c9d8e");
  if (!key || key->verify(token->signed_part, token->signature)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  static constexpr const char* algorithms[] = {"RS256", "RS384", "RS512", "ES256", "ES384"};
  switch (data[0] % 3) {
    case 0:
      try_token(text);
      break;
    case 1: {
      std::vector<std::string> problems;
      (void)parse_jwks(text, problems);
      break;
    }
    default:
      for (const char* algorithm : algorithms)
        if (auto key = jwt_key::from_pem(algorithm, text)) (void)key->verify("signed", "no signature");
  }
  return 0;
}
