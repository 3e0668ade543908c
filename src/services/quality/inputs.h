// What clients send to the quality service.
#pragma once

#include "services/quality/model.h"

namespace mes::quality {

struct create_plan {
  std::string number;
  std::string part;
  std::optional<std::string> operation;
  inspection_kind kind = inspection_kind::in_process;
  std::vector<characteristic> characteristics;
};

struct create_inspection {
  std::optional<std::string> plan;
  inspection_kind kind = inspection_kind::in_process;
  std::string part;
  std::optional<std::string> work_order_id;
  std::optional<std::string> work_order;
  std::optional<std::string> operation;
  std::optional<std::string> lot;
  quantity inspected;
  std::vector<characteristic> characteristics;
  std::optional<std::string> supersedes;
};

struct record_measurements {
  std::vector<measurement> measurements;
};

struct decide_inspection {
  quantity failed_quantity;
  bool hold_order = true;
};

struct create_ncr {
  std::string part;
  quantity amount;
  severity how_bad = severity::minor;
  std::string description;
  std::optional<std::string> work_order_id;
  std::optional<std::string> work_order;
  std::optional<std::string> operation;
  std::optional<std::string> resource;
  std::optional<std::string> lot;
  std::optional<std::string> serial;
  std::optional<std::string> inspection_id;
  bool hold_order = false;
};

struct contain_ncr {
  std::string containment;
};

struct planned_disposition {
  disposition_kind kind = disposition_kind::scrap;
  quantity amount;
  std::optional<std::string> justification;
};

struct decide_ncr {
  std::vector<planned_disposition> dispositions;
};

struct execute_disposition {
  std::int64_t disposition = 0;
};

struct create_capa {
  std::string problem;
  std::vector<std::string> ncrs;
};

struct advance_capa {
  std::optional<std::string> root_cause;
  std::optional<std::string> escape_point;
  std::optional<std::vector<capa_action>> actions;
  std::optional<std::string> effectiveness;
};

struct create_fai {
  std::string fair_id;
  std::string part_number;
  std::string part_name;
  std::optional<std::string> work_order_id;
};

struct decide_fai {
  std::optional<std::string> note;
};

struct require_signature {
  std::string record_type;
  std::string record_id;
  std::string meaning;
};

struct sign_record {
  std::string reauth_token;
  std::string printed_name;
};

struct decline_signature {
  std::string reason;
};

struct record_lot {
  std::string key;
  bool accepted = true;
  bool accepted_tighter = false;
  std::int64_t acceptance_number = 0;
  bool resubmitted = false;
};

struct spc_request {
  std::vector<std::vector<quantity>> subgroups;
  std::int64_t baseline = 25;
  std::optional<quantity> lower;
  std::optional<quantity> upper;
};

// PUT /fai/{id}: the three forms as they are to be, whole.
struct fill_forms {
  std::string part_name;
  std::optional<std::string> serial;
  std::string part_revision;
  std::string drawing;
  std::string drawing_revision;
  std::string additional_changes;
  std::string process_reference;
  std::string organization;
  std::string supplier_code;
  std::string purchase_order;
  bool assembly = false;
  bool partial = false;
  std::string baseline_fair_id;
  std::string reason;
  std::vector<fai_component> components;
  std::vector<fai_material> materials;
  std::string functional_test;
  std::string acceptance_report;
  std::vector<fai_characteristic> characteristics;
};

}  // namespace mes::quality

namespace mes::wire {
template <>
const schema<quality::create_plan>& describe<quality::create_plan>();
template <>
const schema<quality::create_inspection>& describe<quality::create_inspection>();
template <>
const schema<quality::record_measurements>& describe<quality::record_measurements>();
template <>
const schema<quality::decide_inspection>& describe<quality::decide_inspection>();
template <>
const schema<quality::create_ncr>& describe<quality::create_ncr>();
template <>
const schema<quality::contain_ncr>& describe<quality::contain_ncr>();
template <>
const schema<quality::planned_disposition>& describe<quality::planned_disposition>();
template <>
const schema<quality::decide_ncr>& describe<quality::decide_ncr>();
template <>
const schema<quality::execute_disposition>& describe<quality::execute_disposition>();
template <>
const schema<quality::create_capa>& describe<quality::create_capa>();
template <>
const schema<quality::advance_capa>& describe<quality::advance_capa>();
template <>
const schema<quality::create_fai>& describe<quality::create_fai>();
template <>
const schema<quality::decide_fai>& describe<quality::decide_fai>();
template <>
const schema<quality::require_signature>& describe<quality::require_signature>();
template <>
const schema<quality::sign_record>& describe<quality::sign_record>();
template <>
const schema<quality::decline_signature>& describe<quality::decline_signature>();
template <>
const schema<quality::record_lot>& describe<quality::record_lot>();
template <>
const schema<quality::spc_request>& describe<quality::spc_request>();
template <>
const schema<quality::fill_forms>& describe<quality::fill_forms>();
}  // namespace mes::wire
