// The order of hits: sort keys, their values for a document, search_after.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "telemetry/query/elastic/document.h"
#include "telemetry/query/elastic/es_error.h"

namespace mes::telemetry::elastic {

// Nothing, a number (dates are milliseconds), or text.
using sort_value = std::variant<std::monostate, std::int64_t, double, std::string>;

struct sort_key {
  enum class by : std::uint8_t { field, time, score, arrival } what = by::field;
  std::string field;
  bool descending = false;
  bool missing_first = false;
};

es_result<std::vector<sort_key>> parse_sort(element e);
es_result<std::vector<sort_value>> parse_search_after(element e, std::size_t keys);

std::vector<sort_value> sort_values(const std::vector<sort_key>& keys, document& d);
// < 0: a comes before b. Equal rows are in order of arrival, which the caller compares.
int compare(const std::vector<sort_key>& keys, const std::vector<sort_value>& a, const std::vector<sort_value>& b);
void append_json(std::string& out, const sort_value& value);

}  // namespace mes::telemetry::elastic
