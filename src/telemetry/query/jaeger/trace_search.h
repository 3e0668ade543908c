// Finding traces: by id through the parts' indexes, by service and tags by scanning blocks of that service.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "telemetry/parts/store.h"

namespace mes::telemetry::jaeger {

struct trace_query {
  std::string service;    // "" = any
  std::string operation;  // "" = any
  std::map<std::string, std::string> tags;
  std::int64_t start_us = 0, end_us = 0;
  std::uint64_t duration_min_ns = 0, duration_max_ns = UINT64_MAX;
  std::size_t limit = 100;
};

// Trace ids (16 bytes) with a span that fits all of it, the latest first.
result<std::vector<std::string>> find_traces(const snapshot& seen, const trace_query& query);

// The bodies of all spans of each trace, in the order of `trace_ids`. What is over `bytes_max` is left out and said.
struct read_traces_result {
  std::vector<std::vector<std::string>> bodies;
  bool cut = false;
};
result<read_traces_result> read_traces(const snapshot& seen, const std::vector<std::string>& trace_ids,
                                       std::size_t bytes_max);

struct operation {
  std::string name, kind;
  auto operator<=>(const operation&) const = default;
};
std::vector<std::string> list_services(const snapshot& seen);                              // sorted
std::vector<operation> list_operations(const snapshot& seen, const std::string& service);  // sorted, each once

// How often spans of one service have children in another, for spans that start in [from_us, to_us].
struct dependency {
  std::string parent, child;
  std::uint64_t calls = 0;
};
result<std::vector<dependency>> list_dependencies(const snapshot& seen, std::int64_t from_us, std::int64_t to_us);

}  // namespace mes::telemetry::jaeger
