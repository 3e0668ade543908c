#include "services/material/inputs.h"

#include <array>

namespace mes::wire {
using namespace mes::material;

namespace {

field_rules name_rules(std::string doc = {}, bool required = true) {
  return {.doc = std::move(doc), .required = required, .min_length = 1, .max_length = 128};
}
field_rules text_rules() { return {.required = false, .max_length = 1024}; }
// The bound keeps sums over a million lots inside 64 bits.
field_rules amount_rules(std::string doc = {}) { return {.doc = std::move(doc), .min = 0, .max = 10'000'000}; }

}  // namespace

template <>
std::span<const std::string_view> enum_names<return_to>() {
  static constexpr std::array<std::string_view, 2> names = {"stock", "vendor"};
  return names;
}

template <>
const schema<create_part>& describe<create_part>() {
  static const auto s = schema<create_part>("CreatePart")
                            .field("number", &create_part::number, name_rules("Unique"))
                            .field("description", &create_part::description, text_rules())
                            .field("uom", &create_part::uom, name_rules("Unit of measure; pcs if absent", false))
                            .field("revision", &create_part::revision, name_rules("A if absent", false));
  return s;
}
template <>
const schema<change_part>& describe<change_part>() {
  static const auto s = schema<change_part>("ChangePart").field("description", &change_part::description, text_rules());
  return s;
}
template <>
const schema<create_revision>& describe<create_revision>() {
  static const auto s = schema<create_revision>("CreateRevision")
                            .field("revision", &create_revision::revision, name_rules())
                            .field("description", &create_revision::description, text_rules());
  return s;
}
template <>
const schema<create_bom>& describe<create_bom>() {
  static const auto s = schema<create_bom>("CreateBom")
                            .field("part", &create_bom::part, name_rules())
                            .field("revision", &create_bom::revision,
                                   {.doc = "The part's current one if absent", .required = false, .max_length = 128})
                            .field("lines", &create_bom::lines, {.min_length = 1, .max_length = 1000});
  return s;
}
template <>
const schema<receive_lot>& describe<receive_lot>() {
  using in = receive_lot;
  static const auto s =
      schema<in>("ReceiveLot")
          .field("number", &in::number, name_rules("Unique; given by the service if absent"))
          .field("part", &in::part, name_rules("Number of a part that is known"))
          .field("quantity", &in::amount, amount_rules("Above 0"))
          .field("revision", &in::revision, name_rules("The part's current one if absent"))
          .field("uom", &in::uom, name_rules("The part's"))
          .field("expires_at", &in::expires_at)
          .field("location", &in::location, name_rules())
          .field("supplier", &in::supplier, name_rules())
          .field("supplier_lot", &in::supplier_lot, name_rules())
          .field("work_order", &in::work_order, name_rules("Number of the order that made it"))
          .field("inspection", &in::inspection,
                 {.doc = "Quarantined until released (true, the default), or released at once", .required = false});
  return s;
}
template <>
const schema<give_reason>& describe<give_reason>() {
  static const auto s = schema<give_reason>("GiveReason").field("reason", &give_reason::reason, name_rules());
  return s;
}
template <>
const schema<consume_lot>& describe<consume_lot>() {
  static const auto s = schema<consume_lot>("ConsumeLot")
                            .field("quantity", &consume_lot::amount, amount_rules("Above 0"))
                            .field("work_order", &consume_lot::work_order, name_rules("Number of the order"))
                            .field("uom", &consume_lot::uom, name_rules("The lot's"));
  return s;
}
template <>
const schema<return_lot>& describe<return_lot>() {
  static const auto s =
      schema<return_lot>("ReturnLot")
          .field("to", &return_lot::to,
                 {.doc = "stock (the default): issued material comes back; vendor: a rejected lot leaves the house",
                  .required = false})
          .field("quantity", &return_lot::amount, amount_rules("To stock: at most what the order consumed"))
          .field("work_order", &return_lot::work_order, name_rules("To stock: the order that it was issued to"))
          .field("reason", &return_lot::reason, name_rules());
  return s;
}
template <>
const schema<scrap_lot>& describe<scrap_lot>() {
  static const auto s = schema<scrap_lot>("ScrapLot")
                            .field("quantity", &scrap_lot::amount, amount_rules("All that is there if absent"))
                            .field("reason", &scrap_lot::reason, name_rules());
  return s;
}
template <>
const schema<child_lot>& describe<child_lot>() {
  static const auto s = schema<child_lot>("ChildLot")
                            .field("quantity", &child_lot::amount, amount_rules("Above 0"))
                            .field("number", &child_lot::number, name_rules())
                            .field("location", &child_lot::location, name_rules());
  return s;
}
template <>
const schema<split_lot>& describe<split_lot>() {
  static const auto s =
      schema<split_lot>("SplitLot")
          .field("children", &split_lot::children,
                 {.doc = "Their quantities add up to what the lot has", .min_length = 2, .max_length = 100});
  return s;
}
template <>
const schema<merge_lots>& describe<merge_lots>() {
  static const auto s =
      schema<merge_lots>("MergeLots")
          .field(
              "lots", &merge_lots::lots,
              {.doc = "Other lots of the same part and revision, by number or id", .min_length = 1, .max_length = 100})
          .field("number", &merge_lots::number, name_rules("Of the new lot"))
          .field("location", &merge_lots::location, name_rules());
  return s;
}
template <>
const schema<adjust_lot>& describe<adjust_lot>() {
  static const auto s = schema<adjust_lot>("AdjustLot")
                            .field("counted", &adjust_lot::counted, amount_rules("What is there"))
                            .field("reason", &adjust_lot::reason, name_rules());
  return s;
}
template <>
const schema<reserve>& describe<reserve>() {
  static const auto s = schema<reserve>("Reserve")
                            .field("lot", &reserve::lot, name_rules("Number or id"))
                            .field("work_order", &reserve::work_order, name_rules("Number of the order"))
                            .field("quantity", &reserve::amount, amount_rules("Above 0"));
  return s;
}
template <>
const schema<generate_serials>& describe<generate_serials>() {
  using in = generate_serials;
  static const auto s =
      schema<in>("GenerateSerials")
          .field("part", &in::part, name_rules("Number of a part that is known"))
          .field("count", &in::count, {.required = false, .min = 1, .max = 1000})
          .field("prefix", &in::prefix, {.doc = "Before a running number", .required = false, .max_length = 64})
          .field("numbers", &in::numbers, {.doc = "Instead of count and prefix", .min_length = 1, .max_length = 1000})
          .field("work_order", &in::work_order, name_rules())
          .field("lot", &in::lot, name_rules());
  return s;
}
template <>
const schema<install_serial>& describe<install_serial>() {
  static const auto s =
      schema<install_serial>("InstallSerial")
          .field("work_order", &install_serial::work_order, name_rules("Order whose product it goes into"))
          .field("serial", &install_serial::serial, name_rules("Serial number that it goes into"));
  return s;
}

}  // namespace mes::wire
