// The redis_* fields of the rate-limiting plugins.
#pragma once

#include "gateway/config/checks.h"
#include "gateway/config/schema.h"

namespace mes::gateway {

inline void append_redis_fields(schema& to) {
  using enum field_type;
  to.insert(to.end(), {
                          {.name = "redis_host", .check = check_host},
                          {.name = "redis_port", .type = integer, .fallback = "6379", .min = 0, .max = 65535},
                          {.name = "redis_password", .may_be_empty = true, .referenceable = true},
                          {.name = "redis_username", .referenceable = true},
                          {.name = "redis_ssl", .type = boolean, .fallback = "false"},
                          {.name = "redis_ssl_verify", .type = boolean, .fallback = "false"},
                          {.name = "redis_server_name", .check = check_host},
                          {.name = "redis_timeout", .type = number, .fallback = "2000"},
                          {.name = "redis_database", .type = integer, .fallback = "0"},
                      });
}

}  // namespace mes::gateway
