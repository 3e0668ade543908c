// AS9102C: the tables of the first article's forms.
#include "services/quality/model.h"

namespace mes::wire {

using namespace mes::quality;

template <>
const schema<fai_component>& describe<fai_component>() {
  using r = fai_component;
  static const auto s = schema<r>("FaiComponent")
                            .field("part_number", &r::part_number, {.min_length = 1, .max_length = 500})
                            .field("name", &r::name, {.required = false, .max_length = 500})
                            .field("part_type", &r::part_type, {.required = false, .max_length = 500})
                            .field("fair_id", &r::fair_id, {.required = false, .max_length = 500});
  return s;
}

template <>
const schema<fai_material>& describe<fai_material>() {
  using r = fai_material;
  static const auto s = schema<r>("FaiMaterial")
                            .field("name", &r::name, {.min_length = 1, .max_length = 500})
                            .field("spec", &r::spec, {.required = false, .max_length = 500})
                            .field("code", &r::code, {.required = false, .max_length = 500})
                            .field("supplier", &r::supplier, {.required = false, .max_length = 500})
                            .field("approval", &r::approval, {.required = false, .max_length = 500})
                            .field("certificate", &r::certificate, {.required = false, .max_length = 500});
  return s;
}

template <>
const schema<fai_characteristic>& describe<fai_characteristic>() {
  using r = fai_characteristic;
  static const auto s = schema<r>("FaiCharacteristic")
                            .field("number", &r::number, {.min_length = 1, .max_length = 500})
                            .field("location", &r::location, {.required = false, .max_length = 500})
                            .field("designator", &r::designator, {.required = false, .max_length = 500})
                            .field("requirement", &r::requirement, {.min_length = 1, .max_length = 500})
                            .field("result", &r::result, {.max_length = 500})
                            .field("tooling", &r::tooling, {.required = false, .max_length = 500})
                            .field("nonconformance", &r::nonconformance, {.max_length = 500});
  return s;
}

template <>
const schema<first_article>& describe<first_article>() {
  using r = first_article;
  static const auto s = schema<r>("FirstArticle")
                            .field("id", &r::id)
                            .field("version", &r::version)
                            .field("event_version", &r::event_version)
                            .field("fair_id", &r::fair_id)
                            .field("state", &r::state)
                            .field("part_number", &r::part_number)
                            .field("part_name", &r::part_name)
                            .field("serial", &r::serial)
                            .field("part_revision", &r::part_revision)
                            .field("drawing", &r::drawing)
                            .field("drawing_revision", &r::drawing_revision)
                            .field("additional_changes", &r::additional_changes)
                            .field("process_reference", &r::process_reference)
                            .field("organization", &r::organization)
                            .field("supplier_code", &r::supplier_code)
                            .field("purchase_order", &r::purchase_order)
                            .field("assembly", &r::assembly)
                            .field("partial", &r::partial)
                            .field("baseline_fair_id", &r::baseline_fair_id)
                            .field("reason", &r::reason)
                            .field("components", &r::components)
                            .field("materials", &r::materials)
                            .field("functional_test", &r::functional_test)
                            .field("acceptance_report", &r::acceptance_report)
                            .field("characteristics", &r::characteristics)
                            .field("author", &r::author)
                            .field("decided_by", &r::decided_by)
                            .field("decision_note", &r::decision_note)
                            .field("decided_at", &r::decided_at)
                            .field("work_order_id", &r::work_order_id)
                            .field("created_at", &r::created_at);
  return s;
}

}  // namespace mes::wire
