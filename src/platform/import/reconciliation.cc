#include "platform/import/reconciliation.h"

#include <fmt/core.h>

#include <algorithm>

namespace mes::platform {
namespace {

// The sum over the file's keys alone: a platform may hold other orders of the same time.
figures sum_of(const std::map<std::string, figures>& of, const std::map<std::string, figures>& keys) {
  figures sum;
  for (const auto& [key, ignored] : keys)
    if (const auto found = of.find(key); found != of.end()) sum.add(found->second);
  return sum;
}

std::int64_t keys_in(const std::map<std::string, figures>& of, const std::map<std::string, figures>& keys) {
  return std::ranges::count_if(keys, [&](const auto& k) { return k.second.reports > 0 && of.contains(k.first); });
}

std::int64_t keys_with_reports(const std::map<std::string, figures>& keys) {
  return std::ranges::count_if(keys, [](const auto& k) { return k.second.reports > 0; });
}

// How many keys have exactly the file's figures.
std::int64_t equal_keys(const std::map<std::string, figures>& of, const std::map<std::string, figures>& keys) {
  return std::ranges::count_if(keys, [&](const auto& k) {
    const auto found = of.find(k.first);
    return k.second.reports > 0 && found != of.end() && found->second == k.second;
  });
}

std::string text(std::int64_t n) { return std::to_string(n); }
std::string text(quantity q) { return q.to_string(); }

}  // namespace

bool reconciliation::equal() const { return std::ranges::all_of(figures, &reconciled_figure::equal); }

std::string reconciliation::to_table() const {
  std::string out = fmt::format("{:<30} {:>12} {:>12} {:>12}\n", "", "file", "services", "reporting");
  for (const reconciled_figure& f : figures)
    out += fmt::format("{:<30} {:>12} {:>12} {:>12}  {}\n", f.name, f.file, f.services.value_or("-"),
                       f.reporting.value_or("-"), f.equal() ? "equal" : "DIFFERENT");
  return out;
}

reconciliation reconcile(const file_totals& file, const service_totals& s, const reporting_totals& r) {
  const figures sum = sum_of(r.by_order.by_key, file.by_order);
  reconciliation out;
  const auto add = [&](std::string name, auto from_file, std::optional<std::string> services,
                       std::optional<std::string> reporting) {
    out.figures.push_back({std::move(name), text(from_file), std::move(services), std::move(reporting)});
  };
  // Sums over the whole window hold only where no other data share it.
  const bool alone = r.by_order.by_key.size() == static_cast<std::size_t>(keys_with_reports(file.by_order));
  const auto if_alone = [&](auto value) { return alone ? std::optional(text(value)) : std::nullopt; };
  add("reports", file.all.reports, text(s.sum.reports), text(sum.reports));
  add("work orders", static_cast<std::int64_t>(file.orders.size()), text(s.orders), if_alone(r.by_order.work_orders));
  add("parts", static_cast<std::int64_t>(file.parts.size()), text(s.parts), {});
  add("resources", static_cast<std::int64_t>(file.resources.size()), text(s.resources), {});
  add("workers", static_cast<std::int64_t>(file.workers.size()), text(s.workers), {});
  add("completed", file.all.completed, text(s.sum.completed), text(sum.completed));
  add("rejected", file.all.rejected, text(s.sum.rejected), text(sum.rejected));
  add("MRB", file.all.mrb, text(s.sum.mrb), text(sum.mrb));
  add("ordered", file.ordered(), text(s.ordered), if_alone(r.by_order.ordered));
  add("packed", file.packed, text(s.packed), if_alone(r.by_order.packed));
  add("reported minutes", file.all.reported_minutes, {}, text(sum.reported_minutes));
  for (const auto& [type, of_file] : file.by_type) {
    const auto found = r.by_type.by_key.find(type);
    add(type + " reports", of_file.reports, {},
        if_alone(found == r.by_type.by_key.end() ? std::int64_t{0} : found->second.reports));
  }
  struct grouping {
    const char* name;
    const std::map<std::string, figures>& file;
    const std::map<std::string, figures>& reporting;
  };
  for (const grouping& g : {grouping{"parts with equal sums", file.by_part, r.by_part.by_key},
                            grouping{"resources with equal sums", file.by_resource, r.by_resource.by_key},
                            grouping{"workers with equal sums", file.by_worker, r.by_worker.by_key},
                            grouping{"work orders with equal sums", file.by_order, r.by_order.by_key}}) {
    const bool other_data = !alone && keys_in(g.reporting, g.file) > 0 && &g.file != &file.by_order;
    add(g.name, keys_with_reports(g.file), {},
        other_data ? std::nullopt : std::optional(text(equal_keys(g.reporting, g.file))));
  }
  return out;
}

}  // namespace mes::platform
