// Logins: what a password, an API key or a refresh token is exchanged for.
#pragma once

#include <memory>

#include "service/api.h"
#include "services/auth/session_cache.h"

namespace mes::auth {

void define_login(service::api& surface, const std::shared_ptr<session_cache>& sessions);
void define_users(service::api& surface,
                  const std::shared_ptr<session_cache>& sessions);  // users.cc's REST side: user_handlers.cc
void define_keys(service::api& surface);                            // JWKS, rotation, API keys, audit: key_handlers.cc

}  // namespace mes::auth
