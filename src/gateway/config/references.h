// Values from outside the file: "{vault://env/DB_PASSWORD}" is the environment variable DB_PASSWORD.
//
// Kong's form: {vault://VAULT/NAME[/KEY][?prefix=P]}; VAULT is "env" or the prefix of one of the file's `vaults`; NAME
// in upper case with '_' for '-' is the variable; KEY picks a member of a JSON object in it. (kong/pdk/vault.lua,
// kong/vaults/env)
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace mes::gateway {

// Prefix of a vault -> what its variables' names begin with.
using vault_prefixes = std::map<std::string, std::string, std::less<>>;

bool is_reference(std::string_view text);
// not_found: there is no such variable; invalid_argument: not a reference that can be had here.
result<std::string> resolve_reference(std::string_view text, const vault_prefixes& vaults);

}  // namespace mes::gateway
