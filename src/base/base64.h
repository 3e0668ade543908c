// Base64 (RFC 4648): with the standard alphabet and padding, and base64url without padding as JOSE wants it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mes {

std::string base64_encode(std::string_view bytes);
std::string base64url_encode(std::string_view bytes);
// Strict: no white space, no foreign characters; padding only for base64 (required) and never for base64url.
std::optional<std::string> base64_decode(std::string_view text);
std::optional<std::string> base64url_decode(std::string_view text);
// Of either alphabet, padded or not.
std::optional<std::string> base64_decode_any(std::string text);

}  // namespace mes
