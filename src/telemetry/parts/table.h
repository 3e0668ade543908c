// What was appended since the last flush: in memory, and in the write-ahead log.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "telemetry/parts/chunk.h"

namespace mes::telemetry {

// Not thread-safe; the store guards it.
struct table {
  std::vector<std::shared_ptr<const chunk>> chunks;  // in order of arrival
  std::unordered_set<std::uint64_t> ids;             // of rows with an explicit id, by table_id_key
  std::vector<std::string> wal_paths;                // deleted once parts hold the rows
  std::size_t size_bytes = 0;
  std::chrono::steady_clock::time_point since;  // its first append

  static std::uint64_t table_id_key(std::string_view index, std::string_view id) {
    return id_key_of(index) * 3 + id_key_of(id);
  }

  void add(std::shared_ptr<const chunk> c) {
    if (chunks.empty()) since = std::chrono::steady_clock::now();
    for (const row& r : c->rows)
      if (!r.id.empty()) ids.insert(table_id_key(c->index, r.id));
    size_bytes += c->size_bytes();
    chunks.push_back(std::move(c));
  }
};

}  // namespace mes::telemetry
