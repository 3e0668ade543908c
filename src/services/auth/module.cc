#include "services/auth/module.h"

#include "services/auth/first_start.h"
#include "services/auth/login.h"
#include "services/auth/migrations.h"

namespace mes::auth {

const service::service_definition& definition() {
  static const service::service_definition d{.name = "auth",
                                             .port = 3008,
                                             .base_path = "/api/v1/auth",
                                             .migrations = migrations,
                                             .define =
                                                 [](service::api& surface) {
                                                   auto sessions = std::make_shared<session_cache>(surface);
                                                   define_login(surface, sessions);
                                                   define_users(surface, sessions);
                                                   define_keys(surface);
                                                 },
                                             .started = first_start};
  return d;
}

const runtime::role_definition& role() {
  static const runtime::role_definition r{.name = "auth",
                                          .summary = "Users, logins, tokens and their keys",
                                          .settings = service::settings,
                                          .run = [](runtime::process& p) { return service::run(p, definition()); }};
  return r;
}

}  // namespace mes::auth
