#include "platform/supervisor/embedded.h"

#include <cstddef>

extern "C" {
extern const char mes_prometheus_yml_begin[], mes_prometheus_yml_end[];
extern const char mes_redis_conf_begin[], mes_redis_conf_end[];
}

namespace mes::platform {

std::string_view embedded_prometheus_yml() {
  return {mes_prometheus_yml_begin, static_cast<std::size_t>(mes_prometheus_yml_end - mes_prometheus_yml_begin)};
}

std::string_view embedded_redis_conf() {
  return {mes_redis_conf_begin, static_cast<std::size_t>(mes_redis_conf_end - mes_redis_conf_begin)};
}

}  // namespace mes::platform
