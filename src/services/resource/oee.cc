#include "services/resource/oee.h"

#include <algorithm>

namespace mes::resource {
namespace {

std::int64_t overlap(const span_of_time& span, const slice& s) {
  return std::max<std::int64_t>(0, (std::min(span.to, s.to) - std::max(span.from, s.from)).count());
}

ratio divided(double numerator, double denominator, std::string_view zero_reason) {
  if (denominator == 0) return {.value = {}, .reason = std::string(zero_reason)};
  return {.value = numerator / denominator, .reason = {}};
}

void add_time(oee_figures& f, const std::optional<std::vector<span_of_time>>& plan, const std::vector<slice>& slices) {
  for (const slice& s : slices)
    if (s.category == time_category::running) f.apt_us += (s.to - s.from).count();
  if (!plan) {
    f.availability.reason = "no calendar covers the equipment, so its planned busy time is not known";
    return;
  }
  for (const span_of_time& span : *plan) {
    f.pbt_us += (span.to - span.from).count();
    for (const slice& s : slices)
      if (s.category == time_category::planned_down) f.pbt_us -= overlap(span, s);
  }
  f.availability =
      divided(static_cast<double>(f.apt_us), static_cast<double>(f.pbt_us), "no busy time is planned in this window");
}

void add_pieces(oee_figures& f, const std::vector<counted_report>& reports) {
  std::size_t without_plan = 0, with_pieces = 0;
  for (const counted_report& r : reports) {
    f.produced += r.total;
    f.good += r.good;
    if (r.total == quantity{}) continue;
    ++with_pieces;
    if (!r.planned_run_s) {
      ++without_plan;
      continue;
    }
    // seconds per piece * pieces, both in millionths: microseconds = product / 10^6
    f.planned_run_us += static_cast<std::int64_t>(static_cast<__int128>(r.planned_run_s->millionths) *
                                                  r.total.millionths / quantity::scale);
  }
  f.quality_ratio = divided(static_cast<double>(f.good.millionths), static_cast<double>(f.produced.millionths),
                            "nothing was produced in this window");
  if (without_plan > 0)
    f.effectiveness.reason = std::to_string(without_plan) + " of " + std::to_string(with_pieces) +
                             " reports are of operations without a planned run time";
  else
    f.effectiveness = divided(static_cast<double>(f.planned_run_us), static_cast<double>(f.apt_us),
                              "there was no production time in this window");
}

}  // namespace

oee_figures oee_of(const std::optional<std::vector<span_of_time>>& plan, const std::vector<slice>& slices,
                   const std::vector<counted_report>& reports) {
  oee_figures f;
  add_time(f, plan, slices);
  add_pieces(f, reports);
  if (f.availability.value && f.effectiveness.value && f.quality_ratio.value)
    f.oee.value = *f.availability.value * *f.effectiveness.value * *f.quality_ratio.value;
  else
    for (const ratio* part : {&f.availability, &f.effectiveness, &f.quality_ratio})
      if (!part->value) f.oee.reason += (f.oee.reason.empty() ? "" : "; ") + part->reason;
  if (f.availability.value.value_or(0) > 1)
    f.flags.emplace_back("availability above 1: production outside of the calendar");
  if (f.effectiveness.value.value_or(0) > 1)
    f.flags.emplace_back("effectiveness above 1: the planned run time looks too long");
  return f;
}

json::object to_json(const oee_figures& f) {
  auto figure = [](const ratio& r) {
    if (r.value) return json::object{{"value", *r.value}};
    return json::object{{"value", nullptr}, {"reason", r.reason}};
  };
  json::array flags;
  for (const std::string& flag : f.flags) flags.push_back(json::string(flag));
  return {{"availability", figure(f.availability)},
          {"effectiveness", figure(f.effectiveness)},
          {"quality", figure(f.quality_ratio)},
          {"oee", figure(f.oee)},
          {"sums", json::object{{"planned_busy_s", static_cast<double>(f.pbt_us) / 1e6},
                                {"production_s", static_cast<double>(f.apt_us) / 1e6},
                                {"planned_run_s", static_cast<double>(f.planned_run_us) / 1e6},
                                {"produced", wire::codec<quantity>::encode(f.produced)},
                                {"good", wire::codec<quantity>::encode(f.good)}}},
          {"flags", std::move(flags)}};
}

}  // namespace mes::resource
