// Passwords of basic-auth as Kong keeps them (kong/plugins/basic-auth/crypto.lua).
#pragma once

#include <string>
#include <string_view>

namespace mes::gateway {

// SHA-1 of the password and its consumer's id, in hex.
std::string hash_password(std::string_view password, std::string_view consumer_id);

}  // namespace mes::gateway
