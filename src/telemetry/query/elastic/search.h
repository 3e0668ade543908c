// _search and _count: a request parsed whole before anything is read, then one pass over what may match.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/http.h"
#include "telemetry/parts/store.h"
#include "telemetry/query/elastic/aggregation.h"
#include "telemetry/query/elastic/query.h"
#include "telemetry/query/elastic/sort.h"
#include "telemetry/query/elastic/source_filter.h"

namespace mes::telemetry::elastic {

struct search_request {
  query_ptr matching = match_all();
  std::size_t from = 0, size = 10;
  std::vector<sort_key> sort;
  std::optional<std::vector<sort_value>> after;
  source_filter source;
  std::int64_t track_total = 10'000;  // -1: all of them; 0: do not say
  aggregation_list aggregations;
};

// The body and the parameters of the URL (q, from, size, sort, _source, track_total_hits …).
es_result<search_request> parse_search(std::string_view body, const runtime::query_parameters& parameters);
es_result<query_ptr> parse_count(std::string_view body, const runtime::query_parameters& parameters);

// The documents of an index expression, or 404.
es_result<snapshot> select_indices(const store& from, std::string_view expression, bool ignore_missing);

es_result<std::string> run_search(const snapshot& seen, const search_request& request);
es_result<std::uint64_t> run_count(const snapshot& seen, const query& matching);

}  // namespace mes::telemetry::elastic
