// Passwords: argon2id (RFC 9106), checked in constant time.
#pragma once

#include <string>
#include <string_view>

namespace mes::auth {

// 19 MiB, two passes, one lane (OWASP's minimum for argon2id): some 25 ms, so call these on pool threads only.
std::string hash_password(std::string_view password);  // the encoded form, "$argon2id$v=19$…"
bool password_matches(std::string_view password, const std::string& encoded_hash);

std::string make_secret();                         // 256 random bits, base64url
std::string hash_secret(std::string_view secret);  // SHA-256, base64url: for secrets that are random themselves

}  // namespace mes::auth
