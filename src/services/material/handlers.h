// The operations of the material service. Each function adds its routes to the table.
#pragma once

#include "service/api.h"

namespace mes::material {

inline constexpr std::string_view base_path = "/api/v1/parts";

void define_parts(service::api& api);
void define_lots(service::api& api);
void define_inventory(service::api& api);
void define_serials(service::api& api);
void define_consumers(service::api& api);

}  // namespace mes::material
