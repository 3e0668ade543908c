// Walking the rows of a snapshot from the newest to the oldest, as far as somebody wants to.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "telemetry/parts/store.h"

namespace mes::telemetry {

// A block of a part, or a chunk in memory: what is scanned at once.
struct scan_unit {
  const part* from = nullptr;  // null: a chunk
  std::uint32_t block = 0;
  const chunk* memory = nullptr;
  std::int64_t time_min_us = 0, time_max_us = 0;
  std::uint64_t sequence_min = 0, sequence_max = 0;
  std::size_t rows = 0;

  const std::string& index() const { return from ? from->index() : memory->index; }
};

struct scan_range {
  std::int64_t from_us = INT64_MIN, to_us = INT64_MAX;  // both inclusive
  const std::string* stream = nullptr;                  // this one alone
};

// The units that may hold rows of the range, those that end latest first. The snapshot must outlive them.
std::vector<scan_unit> units_of(const snapshot& seen, const scan_range& range);

// Calls `visit(rows)`; a block's rows live until it returns. Rows are not filtered.
result<void> read_unit(const scan_unit& unit, const std::function<void(const std::vector<row>&)>& visit);

}  // namespace mes::telemetry
