// Files of infrastructure/ that the binary carries, so that it starts a platform from anywhere.
#pragma once

#include <string_view>

namespace mes::platform {

std::string_view embedded_prometheus_yml();
std::string_view embedded_redis_conf();

}  // namespace mes::platform
