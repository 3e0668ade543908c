#include "platform/import/totals.h"

#include <algorithm>

namespace mes::platform {

void figures::add(const import_report& r, int sign) {
  const auto signed_of = [sign](quantity q) { return sign > 0 ? q : -q; };
  reports += sign;
  completed += signed_of(r.completed);
  rejected += signed_of(r.rejected);
  mrb += signed_of(r.mrb);
  reported_minutes += sign * ((r.ended - r.started).count() / 60'000'000);
}

void figures::add(const figures& other) {
  reports += other.reports;
  completed += other.completed;
  rejected += other.rejected;
  mrb += other.mrb;
  reported_minutes += other.reported_minutes;
}

void file_totals::add(const row_facts& f) {
  const import_report& r = f.report;
  first_start = all.reports == 0 ? r.started : std::min(first_start, r.started);
  last_end = all.reports == 0 ? r.ended : std::max(last_end, r.ended);
  all.add(r);
  const auto count = [&](std::map<std::string, figures>& by, const std::string& key) {
    const auto [at, added] = by.try_emplace(key);
    at->second.add(r);
    return added;
  };
  if (count(by_part, r.part)) parts.push_back({r.part, f.part_description.empty() ? r.part : f.part_description});
  if (count(by_resource, r.resource))
    resources.push_back({r.resource, f.resource_name.empty() ? r.resource : f.resource_name});
  if (count(by_worker, r.worker)) workers.push_back({r.worker, f.worker_name.empty() ? r.worker : f.worker_name});
  if (count(by_order, r.order)) orders.push_back(f.order);
  count(by_type, r.type);
  if (r.kind == "packing") packed += r.completed;
}

void file_totals::remove(const import_report& r) {
  all.add(r, -1);
  by_part[r.part].add(r, -1);
  by_resource[r.resource].add(r, -1);
  by_worker[r.worker].add(r, -1);
  by_order[r.order].add(r, -1);
  by_type[r.type].add(r, -1);
  if (r.kind == "packing") packed += -r.completed;
}

quantity file_totals::ordered() const {
  quantity sum;
  for (const import_order& o : orders) sum += o.ordered;
  return sum;
}

}  // namespace mes::platform
