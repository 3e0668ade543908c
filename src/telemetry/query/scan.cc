#include "telemetry/query/scan.h"

#include <algorithm>

namespace mes::telemetry {

std::vector<scan_unit> units_of(const snapshot& seen, const scan_range& range) {
  std::vector<scan_unit> units;
  auto overlaps = [&](std::int64_t min_us, std::int64_t max_us) {
    return min_us <= range.to_us && max_us >= range.from_us;
  };
  for (const auto& p : seen.parts) {
    if (!overlaps(p->time_min_us(), p->time_max_us())) continue;
    for (std::uint32_t i = 0; i < p->blocks().size(); ++i) {
      const block_info& b = p->blocks()[i];
      if (!overlaps(b.time_min_us, b.time_max_us) || (range.stream && p->stream_of(b) != *range.stream)) continue;
      units.push_back({p.get(), i, nullptr, b.time_min_us, b.time_max_us, b.sequence_min, b.sequence_max, b.rows});
    }
  }
  for (const auto& c : seen.chunks) {
    if (c->rows.empty()) continue;
    scan_unit unit{nullptr,       0, c.get(), INT64_MAX, INT64_MIN, c->rows.front().sequence, c->rows.back().sequence,
                   c->rows.size()};
    for (const row& r : c->rows) {
      unit.time_min_us = std::min(unit.time_min_us, r.time_us);
      unit.time_max_us = std::max(unit.time_max_us, r.time_us);
    }
    if (overlaps(unit.time_min_us, unit.time_max_us)) units.push_back(unit);
  }
  std::sort(units.begin(), units.end(),
            [](const scan_unit& a, const scan_unit& b) { return a.time_max_us > b.time_max_us; });
  return units;
}

result<void> read_unit(const scan_unit& unit, const std::function<void(const std::vector<row>&)>& visit) {
  if (unit.memory) {
    visit(unit.memory->rows);
    return {};
  }
  auto read = unit.from->read_block(unit.block);
  if (!read) return fail(std::move(read.error()));
  visit(read->rows);
  return {};
}

}  // namespace mes::telemetry
