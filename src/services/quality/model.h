// Plans, inspections, nonconformances, CAPAs, first articles, signatures: types, and the state machines as tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/quantity.h"
#include "service/state_machine.h"
#include "wire/json/schema.h"

namespace mes::quality {
namespace json = boost::json;

enum class inspection_state : std::uint8_t { created, in_progress, passed, failed, cancelled };
enum class inspection_verb : std::uint8_t { start, pass, fail, cancel };
enum class inspection_kind : std::uint8_t { receiving, first_piece, in_process, final, reported };

enum class ncr_state : std::uint8_t { open, contained, mrb_review, dispositioned, executing, verified, closed, voided };
enum class ncr_verb : std::uint8_t { contain, review, decide, execute, verify, close, make_void };
enum class severity : std::uint8_t { minor, major, critical };
enum class disposition_kind : std::uint8_t { use_as_is, rework, repair, scrap, return_to_vendor };

enum class capa_state : std::uint8_t { open, root_cause, planned, implementing, verifying, closed };
enum class capa_verb : std::uint8_t { analyse, plan, implement, verify, close, reopen };

enum class fai_state : std::uint8_t { draft, in_progress, submitted, approved, rejected, superseded };
enum class fai_verb : std::uint8_t { start, submit, approve, reject, rework, supersede };

enum class signature_state : std::uint8_t { required, completed, declined, expired };
enum class signature_verb : std::uint8_t { complete, decline, expire };

enum class sampling_severity : std::uint8_t { normal, tightened, reduced, stopped };

// created→in-progress→passed|failed|cancelled
inline constexpr service::transition<inspection_state, inspection_verb> inspection_transitions[] = {
    {inspection_state::created, inspection_verb::start, inspection_state::in_progress},
    {inspection_state::created, inspection_verb::cancel, inspection_state::cancelled},
    {inspection_state::in_progress, inspection_verb::pass, inspection_state::passed},
    {inspection_state::in_progress, inspection_verb::fail, inspection_state::failed},
    {inspection_state::in_progress, inspection_verb::cancel, inspection_state::cancelled},
};

// open→contained→mrb-review→dispositioned→executing→verified→closed, void only while open. What needs no containment
// or no board goes a step ahead.
inline constexpr service::transition<ncr_state, ncr_verb> ncr_transitions[] = {
    {ncr_state::open, ncr_verb::contain, ncr_state::contained},
    {ncr_state::open, ncr_verb::review, ncr_state::mrb_review},
    {ncr_state::open, ncr_verb::make_void, ncr_state::voided},
    {ncr_state::contained, ncr_verb::review, ncr_state::mrb_review},
    {ncr_state::mrb_review, ncr_verb::decide, ncr_state::dispositioned},
    {ncr_state::dispositioned, ncr_verb::execute, ncr_state::executing},
    {ncr_state::executing, ncr_verb::verify, ncr_state::verified},
    {ncr_state::verified, ncr_verb::close, ncr_state::closed},
};

// open→root-cause→planned→implementing→verifying→closed, verifying→planned if ineffective
inline constexpr service::transition<capa_state, capa_verb> capa_transitions[] = {
    {capa_state::open, capa_verb::analyse, capa_state::root_cause},
    {capa_state::root_cause, capa_verb::plan, capa_state::planned},
    {capa_state::planned, capa_verb::implement, capa_state::implementing},
    {capa_state::implementing, capa_verb::verify, capa_state::verifying},
    {capa_state::verifying, capa_verb::close, capa_state::closed},
    {capa_state::verifying, capa_verb::reopen, capa_state::planned},
};

// draft→in-progress→submitted→approved|rejected→(superseded); rejected→in-progress
inline constexpr service::transition<fai_state, fai_verb> fai_transitions[] = {
    {fai_state::draft, fai_verb::start, fai_state::in_progress},
    {fai_state::in_progress, fai_verb::submit, fai_state::submitted},
    {fai_state::submitted, fai_verb::approve, fai_state::approved},
    {fai_state::submitted, fai_verb::reject, fai_state::rejected},
    {fai_state::rejected, fai_verb::rework, fai_state::in_progress},
    {fai_state::rejected, fai_verb::supersede, fai_state::superseded},
    {fai_state::approved, fai_verb::supersede, fai_state::superseded},
};

// required→completed|declined|expired
inline constexpr service::transition<signature_state, signature_verb> signature_transitions[] = {
    {signature_state::required, signature_verb::complete, signature_state::completed},
    {signature_state::required, signature_verb::decline, signature_state::declined},
    {signature_state::required, signature_verb::expire, signature_state::expired},
};

struct characteristic {
  std::string number;  // as ballooned on the drawing
  std::string name;
  std::optional<quantity> nominal, lower, upper;  // none of the limits: judged conforming or not
  std::optional<std::string> uom;
  severity if_failed = severity::major;
};

struct inspection_plan {
  std::string id;
  std::int64_t version = 0;
  std::string number;
  std::int64_t revision = 1;
  std::string part;
  std::optional<std::string> operation;
  inspection_kind kind = inspection_kind::in_process;
  std::vector<characteristic> characteristics;
  instant created_at;
};

struct measurement {
  std::string characteristic;
  std::optional<quantity> value;
  std::optional<bool> conforming;  // where there are no limits
  std::optional<std::string> serial;
  std::optional<std::string> gauge;
  std::optional<instant> gauge_calibrated_until;
  bool passed = false;  // computed from the limits
};

struct inspection {
  std::string id;
  std::int64_t version = 0;
  std::int64_t event_version = 0;
  std::string number;
  inspection_kind kind = inspection_kind::in_process;
  inspection_state state = inspection_state::created;
  std::optional<std::string> plan_id;
  std::optional<std::string> work_order_id, work_order, operation, resource, worker;
  std::string part;
  std::optional<std::string> lot;
  quantity inspected, failed_quantity;
  std::vector<characteristic> characteristics;
  std::vector<measurement> measurements;
  std::optional<std::string> reason;  // of failure
  std::optional<std::string> report_id;
  std::optional<std::string> supersedes, supersedes_number;
  std::optional<std::string> request_id;  // that caused it
  bool historical = false;
  instant created_at;
  std::optional<instant> decided_at;
};

struct disposition {
  disposition_kind kind = disposition_kind::scrap;
  quantity amount;
  std::optional<std::string> justification;
  std::string decided_by;
  instant decided_at;
  std::optional<std::string> executed_by;
  std::optional<instant> executed_at;
};

struct ncr {
  std::string id;
  std::int64_t version = 0;
  std::int64_t event_version = 0;
  std::string number;
  ncr_state state = ncr_state::open;
  severity how_bad = severity::minor;
  std::string description;
  std::optional<std::string> work_order_id, work_order, operation, resource, worker, lot, serial;
  std::string part;
  quantity amount, rejected, mrb;  // amount = rejected + mrb where it came from a report
  std::vector<disposition> dispositions;
  std::optional<std::string> inspection_id, report_id, containment;
  std::optional<std::string> request_id;
  bool hold_order = false;
  bool historical = false;
  instant created_at;
  std::optional<instant> closed_at;
};

struct capa_action {
  std::string description;
  std::string owner;
  std::optional<instant> due;
  std::optional<instant> done_at;
};

struct capa {
  std::string id;
  std::int64_t version = 0;
  std::int64_t event_version = 0;
  std::string number;
  capa_state state = capa_state::open;
  std::string problem;
  std::vector<std::string> ncrs;  // numbers
  std::optional<std::string> root_cause, escape_point;
  std::vector<capa_action> actions;
  std::optional<std::string> effectiveness;  // what the verification found
  std::int64_t rounds = 1;                   // raised when it was ineffective
  instant created_at;
};

// AS9102C, forms 1 to 3; the comments give the standard's field numbers.
struct fai_component {      // form 1, 15-18
  std::string part_number;  // 15
  std::string name;         // 16
  std::string part_type;    // 17
  std::string fair_id;      // 18
};
struct fai_material {       // form 2
  std::string name;         // 5 material or special process
  std::string spec;         // 6
  std::string code;         // 7
  std::string supplier;     // 8
  std::string approval;     // 9 customer approval
  std::string certificate;  // 10
};
struct fai_characteristic {                   // form 3
  std::string number;                         // 5
  std::string location;                       // 6
  std::string designator;                     // 7
  std::string requirement;                    // 8
  std::optional<std::string> result;          // 9
  std::string tooling;                        // 10
  std::optional<std::string> nonconformance;  // 11 NCR number
};
struct first_article {
  std::string id;
  std::int64_t version = 0;
  std::int64_t event_version = 0;
  std::string fair_id;  // 4, unique
  fai_state state = fai_state::draft;
  std::string part_number;            // 1
  std::string part_name;              // 2
  std::optional<std::string> serial;  // 3
  std::string part_revision;          // 5
  std::string drawing;                // 6
  std::string drawing_revision;       // 7
  std::string additional_changes;     // 8
  std::string process_reference;      // 9
  std::string organization;           // 10
  std::string supplier_code;          // 11
  std::string purchase_order;         // 12
  bool assembly = false;              // 13
  bool partial = false;               // 14
  std::string baseline_fair_id;       // 14: of the full one
  std::string reason;                 // 14
  std::vector<fai_component> components;
  std::vector<fai_material> materials;
  std::string functional_test;    // form 2, 11
  std::string acceptance_report;  // form 2, 12
  std::vector<fai_characteristic> characteristics;
  std::string author;  // user id
  std::optional<std::string> decided_by, decision_note;
  std::optional<instant> decided_at;
  std::optional<std::string> work_order_id;
  instant created_at;
};

struct signature {
  std::string id;
  std::int64_t version = 0;
  std::int64_t event_version = 0;
  signature_state state = signature_state::required;
  std::string record_type;  // "fai", "ncr", "capa", "inspection"
  std::string record_id;
  std::int64_t record_version = 0;
  std::string record_sha256;  // of the canonical record
  std::string meaning;        // "approved", "reviewed"
  std::optional<std::string> user_id, printed_name;
  std::optional<instant> signed_at;
  std::optional<std::string> reason;  // of declining
  instant created_at, expires_at;
};

// Switching between severities, ISO 2859-1: per part and supplier or operation.
struct sampling_state {
  std::string id;
  std::int64_t version = 0;
  std::string key;
  sampling_severity how = sampling_severity::normal;
  std::vector<std::int64_t> recent;  // 1 accepted, 0 rejected: the last five original lots, the newest last
  std::int64_t accepted_in_row = 0, rejected_on_tightened = 0;
  std::int64_t switching_score = 0;
};

}  // namespace mes::quality

namespace mes::wire {
// One line a type that has its table in model.cc or records.cc.
#define MES_NAMES(type) \
  template <>           \
  std::span<const std::string_view> enum_names<quality::type>();
#define MES_DESCRIBED(type) \
  template <>               \
  const schema<quality::type>& describe<quality::type>();
MES_NAMES(inspection_state)
MES_NAMES(inspection_verb)
MES_NAMES(inspection_kind)
MES_NAMES(ncr_state)
MES_NAMES(ncr_verb)
MES_NAMES(severity)
MES_NAMES(disposition_kind)
MES_NAMES(capa_state)
MES_NAMES(capa_verb)
MES_NAMES(fai_state)
MES_NAMES(fai_verb)
MES_NAMES(signature_state)
MES_NAMES(signature_verb)
MES_NAMES(sampling_severity)
MES_DESCRIBED(characteristic)
MES_DESCRIBED(inspection_plan)
MES_DESCRIBED(measurement)
MES_DESCRIBED(inspection)
MES_DESCRIBED(disposition)
MES_DESCRIBED(ncr)
MES_DESCRIBED(capa_action)
MES_DESCRIBED(capa)
MES_DESCRIBED(fai_component)
MES_DESCRIBED(fai_material)
MES_DESCRIBED(fai_characteristic)
MES_DESCRIBED(first_article)
MES_DESCRIBED(signature)
MES_DESCRIBED(sampling_state)
#undef MES_NAMES
#undef MES_DESCRIBED
}  // namespace mes::wire
