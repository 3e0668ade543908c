// _cat: tables of what there is, as text or JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/parts/store.h"

namespace mes::telemetry::elastic {

struct cat_request {
  std::string columns;  // comma-separated; "" = all
  bool json = false;
  bool header = false;
};

struct index_summary {
  std::string name;
  std::uint64_t documents = 0, bytes = 0;
};
std::vector<index_summary> visible_indices(const store& documents, std::string_view expression);

std::string cat_indices(const store& documents, std::string_view expression, const cat_request& request);
std::string cat_health(const store& documents, const cat_request& request);

}  // namespace mes::telemetry::elastic
