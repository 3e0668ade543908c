// The operations of the quality service. Each function adds its routes to the table.
#pragma once

#include "service/api.h"
#include "services/quality/inputs.h"

namespace mes::quality {

inline constexpr const char* base_path = "/api/v1/quality";

void define_inspections(service::api& api);
void define_ncrs(service::api& api);
void define_capas(service::api& api);
void define_first_articles(service::api& api);
void define_signatures(service::api& api);
void define_statistics(service::api& api);
void define_consumers(service::api& api);

// Stores a new NCR and tells of it.
void raise(service::command& c, ncr& n);

}  // namespace mes::quality
