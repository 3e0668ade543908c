#include "gateway/config/built_in.h"

// cmake/embed.cmake makes these from infrastructure/kong/kong.yml.
extern "C" {
extern const char mes_gateway_kong_yml_begin[];
extern const char mes_gateway_kong_yml_end[];
}

namespace mes::gateway {

std::string built_in_configuration() { return {mes_gateway_kong_yml_begin, mes_gateway_kong_yml_end}; }

}  // namespace mes::gateway
