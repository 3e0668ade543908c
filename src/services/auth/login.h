// Logins: what a password, an API key or a refresh token is exchanged for.
#pragma once

#include "service/api.h"

namespace mes::auth {

void define_login(service::api& surface);
void define_users(service::api& surface);  // users.cc's REST side: user_handlers.cc
void define_keys(service::api& surface);   // JWKS, rotation, API keys, audit: key_handlers.cc

}  // namespace mes::auth
