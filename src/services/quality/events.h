// Data of the events that the quality service emits: contracts/events/quality.*.json.
#pragma once

#include "services/quality/model.h"

namespace mes::quality {

struct inspection_event {
  std::string inspection_id;
  std::string number;
  inspection_kind kind = inspection_kind::in_process;
  inspection_state state = inspection_state::created;
  std::string part;
  std::optional<std::string> work_order_id;
  std::optional<std::string> work_order;
  std::optional<std::string> operation;
  std::optional<std::string> resource;
  std::optional<std::string> worker;
  std::optional<std::string> lot;
  std::optional<std::string> report_id;
  quantity inspected;
  quantity failed_quantity;
  std::optional<std::string> reason;
  std::optional<std::string> supersedes_number;
  bool hold_order = false;
  bool historical = false;
};

struct ncr_event {
  std::string ncr_id;
  std::string number;
  ncr_state state = ncr_state::open;
  severity how_bad = severity::minor;
  std::string part;
  std::optional<std::string> work_order_id;
  std::optional<std::string> work_order;
  std::optional<std::string> operation;
  std::optional<std::string> resource;
  std::optional<std::string> worker;
  std::optional<std::string> lot;
  std::optional<std::string> serial;
  std::optional<std::string> report_id;
  std::optional<std::string> inspection_id;
  mes::quantity amount;
  mes::quantity rejected;
  mes::quantity mrb;
  std::optional<std::vector<disposition>> dispositions;
  bool hold_order = false;
  bool historical = false;
};

struct capa_event {
  std::string capa_id;
  std::string number;
  capa_state state = capa_state::open;
  std::string problem;
  std::vector<std::string> ncrs;
};

struct fai_event {
  std::string fai_id;
  std::string fair_id;
  fai_state state = fai_state::draft;
  std::string part_number;
  std::string part_revision;
  std::optional<std::string> work_order_id;
  std::optional<std::string> decided_by;
};

struct signature_event {
  std::string signature_id;
  signature_state state = signature_state::required;
  std::string record_type;
  std::string record_id;
  std::int64_t record_version = 0;
  std::string record_sha256;
  std::string meaning;
  std::optional<std::string> user_id;
  std::optional<std::string> printed_name;
  std::optional<instant> signed_at;
  instant expires_at;
};

inspection_event event_of(const inspection& i, bool hold_order);
ncr_event event_of(const ncr& n);
capa_event event_of(const capa& c);
fai_event event_of(const first_article& f);
signature_event event_of(const signature& s);

}  // namespace mes::quality

namespace mes::wire {
template <>
const schema<quality::inspection_event>& describe<quality::inspection_event>();
template <>
const schema<quality::ncr_event>& describe<quality::ncr_event>();
template <>
const schema<quality::capa_event>& describe<quality::capa_event>();
template <>
const schema<quality::fai_event>& describe<quality::fai_event>();
template <>
const schema<quality::signature_event>& describe<quality::signature_event>();
}  // namespace mes::wire
