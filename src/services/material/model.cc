#include "services/material/model.h"

#include <array>

namespace mes::wire {
using namespace mes::material;
using std::string_view;

template <>
std::span<const string_view> enum_names<lot_state>() {
  static constexpr std::array<string_view, 8> names = {"created",  "quarantined", "released", "depleted",
                                                       "rejected", "scrapped",    "returned", "expired"};
  return names;
}
template <>
std::span<const string_view> enum_names<lot_verb>() {
  static constexpr std::array<string_view, 9> names = {
      "quarantine", "release", "use-up", "pass-on", "restock", "reject", "scrap", "return-to-vendor", "expire"};
  return names;
}
template <>
std::span<const string_view> enum_names<lot_origin>() {
  static constexpr std::array<string_view, 4> names = {"receipt", "production", "split", "merge"};
  return names;
}
template <>
std::span<const string_view> enum_names<serial_state>() {
  static constexpr std::array<string_view, 7> names = {"generated", "in-process", "completed", "installed",
                                                       "shipped",   "returned",   "scrapped"};
  return names;
}
template <>
std::span<const string_view> enum_names<serial_verb>() {
  static constexpr std::array<string_view, 6> names = {"start", "complete", "install", "ship", "return", "scrap"};
  return names;
}
template <>
std::span<const string_view> enum_names<movement_kind>() {
  static constexpr std::array<string_view, 11> names = {"received",           "produced",  "consumed",  "returned",
                                                        "returned-to-vendor", "scrapped",  "split-out", "split-in",
                                                        "merged-out",         "merged-in", "adjusted"};
  return names;
}
template <>
std::span<const string_view> enum_names<reservation_state>() {
  static constexpr std::array<string_view, 3> names = {"active", "used", "cancelled"};
  return names;
}

template <>
const schema<part>& describe<part>() {
  static const auto s = schema<part>("Part")
                            .field("id", &part::id)
                            .field("version", &part::version)
                            .field("number", &part::number)
                            .field("description", &part::description)
                            .field("uom", &part::uom, {.doc = "Unit of all its quantities"})
                            .field("revision", &part::revision, {.doc = "The current one"})
                            .field("created_at", &part::created_at);
  return s;
}
template <>
const schema<part_revision>& describe<part_revision>() {
  static const auto s = schema<part_revision>("PartRevision")
                            .field("id", &part_revision::id)
                            .field("version", &part_revision::version)
                            .field("part", &part_revision::part)
                            .field("revision", &part_revision::revision)
                            .field("description", &part_revision::description)
                            .field("created_at", &part_revision::created_at);
  return s;
}
template <>
const schema<bom_line>& describe<bom_line>() {
  static const auto s =
      schema<bom_line>("BomLine")
          .field("component", &bom_line::component,
                 {.doc = "Number of a part that is known", .min_length = 1, .max_length = 128})
          .field("quantity", &bom_line::amount, {.doc = "For one of the part, above 0", .min = 0, .max = 10'000'000})
          .field("position", &bom_line::position, {.min_length = 1, .max_length = 64});
  return s;
}
template <>
const schema<bom>& describe<bom>() {
  static const auto s = schema<bom>("Bom")
                            .field("id", &bom::id)
                            .field("version", &bom::version)
                            .field("part", &bom::part)
                            .field("revision", &bom::revision)
                            .field("lines", &bom::lines)
                            .field("created_at", &bom::created_at);
  return s;
}
template <>
const schema<lot>& describe<lot>() {
  static const auto s = schema<lot>("Lot")
                            .field("id", &lot::id)
                            .field("version", &lot::version)
                            .field("number", &lot::number)
                            .field("part", &lot::part)
                            .field("revision", &lot::revision)
                            .field("uom", &lot::uom)
                            .field("state", &lot::state)
                            .field("origin", &lot::origin)
                            .field("quantity", &lot::initial, {.doc = "What it was made with"})
                            .field("on_hand", &lot::on_hand, {.doc = "The sum of its movements"})
                            .field("holds", &lot::holds, {.doc = "Why it is not released"})
                            .field("expires_at", &lot::expires_at)
                            .field("location", &lot::location)
                            .field("supplier", &lot::supplier)
                            .field("supplier_lot", &lot::supplier_lot)
                            .field("work_order", &lot::work_order, {.doc = "Number of the order that made it"})
                            .field("parents", &lot::parents, {.doc = "Lots that it was split from or merged of"})
                            .field("created_at", &lot::created_at);
  return s;
}
template <>
const schema<movement>& describe<movement>() {
  static const auto s = schema<movement>("Movement")
                            .field("id", &movement::id)
                            .field("version", &movement::version)
                            .field("kind", &movement::kind)
                            .field("lot_id", &movement::lot_id)
                            .field("lot", &movement::lot)
                            .field("part", &movement::part)
                            .field("quantity", &movement::amount, {.doc = "Signed: below 0 is out of the lot"})
                            .field("uom", &movement::uom)
                            .field("work_order", &movement::work_order)
                            .field("reason", &movement::reason)
                            .field("user", &movement::user)
                            .field("request_id", &movement::request_id)
                            .field("at", &movement::at);
  return s;
}
template <>
const schema<reservation>& describe<reservation>() {
  static const auto s = schema<reservation>("Reservation")
                            .field("id", &reservation::id)
                            .field("version", &reservation::version)
                            .field("lot_id", &reservation::lot_id)
                            .field("lot", &reservation::lot)
                            .field("part", &reservation::part)
                            .field("work_order", &reservation::work_order)
                            .field("quantity", &reservation::amount, {.doc = "What is left of it"})
                            .field("state", &reservation::state)
                            .field("created_at", &reservation::created_at);
  return s;
}
template <>
const schema<serial>& describe<serial>() {
  static const auto s = schema<serial>("Serial")
                            .field("id", &serial::id)
                            .field("version", &serial::version)
                            .field("event_version", &serial::event_version)
                            .field("serial", &serial::number)
                            .field("part", &serial::part)
                            .field("state", &serial::state)
                            .field("lot", &serial::lot)
                            .field("work_order", &serial::work_order)
                            .field("installed_in", &serial::installed_in)
                            .field("created_at", &serial::created_at);
  return s;
}

}  // namespace mes::wire
