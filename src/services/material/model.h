// Parts, lots, serial numbers, movements and reservations: types, and the state machines as tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/quantity.h"
#include "service/state_machine.h"
#include "wire/json/schema.h"

namespace mes::material {
namespace json = boost::json;

enum class lot_state : std::uint8_t { created, quarantined, released, depleted, rejected, scrapped, returned, expired };
enum class lot_verb : std::uint8_t {
  quarantine,
  release,
  use_up,   // nothing is left after consumption or a count
  pass_on,  // split or merged: its quantity lives on in other lots
  restock,  // issued material comes back
  reject,
  scrap,
  return_to_vendor,
  expire,
};
enum class lot_origin : std::uint8_t { receipt, production, split, merge };

// What needs no inspection is released at once; what comes back to an empty lot is looked at first.
inline constexpr service::transition<lot_state, lot_verb> lot_transitions[] = {
    {lot_state::created, lot_verb::quarantine, lot_state::quarantined},
    {lot_state::created, lot_verb::release, lot_state::released},
    {lot_state::created, lot_verb::pass_on, lot_state::depleted},
    {lot_state::created, lot_verb::expire, lot_state::expired},
    {lot_state::quarantined, lot_verb::quarantine, lot_state::quarantined},  // one more reason
    {lot_state::quarantined, lot_verb::release, lot_state::released},
    {lot_state::quarantined, lot_verb::use_up, lot_state::depleted},
    {lot_state::quarantined, lot_verb::pass_on, lot_state::depleted},
    {lot_state::quarantined, lot_verb::reject, lot_state::rejected},
    {lot_state::quarantined, lot_verb::expire, lot_state::expired},
    {lot_state::released, lot_verb::quarantine, lot_state::quarantined},
    {lot_state::released, lot_verb::use_up, lot_state::depleted},
    {lot_state::released, lot_verb::pass_on, lot_state::depleted},
    {lot_state::released, lot_verb::expire, lot_state::expired},
    {lot_state::depleted, lot_verb::restock, lot_state::quarantined},
    {lot_state::rejected, lot_verb::scrap, lot_state::scrapped},
    {lot_state::rejected, lot_verb::return_to_vendor, lot_state::returned},
    {lot_state::expired, lot_verb::reject, lot_state::rejected},
};

enum class serial_state : std::uint8_t { generated, in_process, completed, installed, shipped, returned, scrapped };
enum class serial_verb : std::uint8_t { start, complete, install, ship, return_, scrap };

// scrapped is final; the number stays taken for ever.
inline constexpr service::transition<serial_state, serial_verb> serial_transitions[] = {
    {serial_state::generated, serial_verb::start, serial_state::in_process},
    {serial_state::generated, serial_verb::scrap, serial_state::scrapped},
    {serial_state::in_process, serial_verb::complete, serial_state::completed},
    {serial_state::in_process, serial_verb::scrap, serial_state::scrapped},
    {serial_state::completed, serial_verb::install, serial_state::installed},
    {serial_state::completed, serial_verb::ship, serial_state::shipped},
    {serial_state::completed, serial_verb::scrap, serial_state::scrapped},
    {serial_state::installed, serial_verb::return_, serial_state::returned},
    {serial_state::shipped, serial_verb::return_, serial_state::returned},
    {serial_state::returned, serial_verb::scrap, serial_state::scrapped},
};

enum class movement_kind : std::uint8_t {
  received,
  produced,
  consumed,
  returned,            // from an order, back to the lot
  returned_to_vendor,  // out of the house
  scrapped,
  split_out,
  split_in,
  merged_out,
  merged_in,
  adjusted,
};
enum class reservation_state : std::uint8_t { active, used, cancelled };

struct part {
  std::string id;
  std::int64_t version = 0;
  std::string number;
  std::string description;
  std::string uom;       // of all its quantities
  std::string revision;  // current
  instant created_at;
};

struct part_revision {
  std::string id;
  std::int64_t version = 0;
  std::string part;  // number
  std::string revision;
  std::string description;
  instant created_at;
};

struct bom_line {
  std::string component;  // part number
  quantity amount;        // for one of the part
  std::optional<std::string> position;
};

// Of one revision of a part; it never changes.
struct bom {
  std::string id;
  std::int64_t version = 0;
  std::string part;
  std::string revision;
  std::vector<bom_line> lines;
  instant created_at;
};

struct lot {
  std::string id;
  std::int64_t version = 0;  // = number of events told about it
  std::string number;
  std::string part;
  std::string revision;
  std::string uom;
  lot_state state = lot_state::created;
  lot_origin origin = lot_origin::receipt;
  quantity initial;
  quantity on_hand;                // = sum of its movements
  std::vector<std::string> holds;  // why it is not released
  std::optional<instant> expires_at;
  std::optional<std::string> location, supplier, supplier_lot;
  std::optional<std::string> work_order;  // number of the order that made it
  std::vector<std::string> parents;       // lot numbers
  instant created_at;
};

// An immutable record; a correction is another movement.
struct movement {
  std::string id;
  std::int64_t version = 0;
  movement_kind kind = movement_kind::received;
  std::string lot_id, lot, part;
  quantity amount;  // signed
  std::string uom;
  std::optional<std::string> work_order;
  std::optional<std::string> reason;
  std::string user;
  std::string request_id;
  instant at;
};

struct reservation {
  std::string id;
  std::int64_t version = 0;
  std::string lot_id, lot, part;
  std::string work_order;  // number
  quantity amount;         // what is left of it
  reservation_state state = reservation_state::active;
  instant created_at;
};

struct serial {
  std::string id;
  std::int64_t version = 0;
  std::int64_t event_version = 0;
  std::string number;
  std::string part;
  serial_state state = serial_state::generated;
  std::optional<std::string> lot, work_order;
  std::optional<std::string> installed_in;  // work order or serial
  instant created_at;
};

}  // namespace mes::material

namespace mes::wire {
template <>
std::span<const std::string_view> enum_names<material::lot_state>();
template <>
std::span<const std::string_view> enum_names<material::lot_verb>();
template <>
std::span<const std::string_view> enum_names<material::lot_origin>();
template <>
std::span<const std::string_view> enum_names<material::serial_state>();
template <>
std::span<const std::string_view> enum_names<material::serial_verb>();
template <>
std::span<const std::string_view> enum_names<material::movement_kind>();
template <>
std::span<const std::string_view> enum_names<material::reservation_state>();
template <>
const schema<material::part>& describe<material::part>();
template <>
const schema<material::part_revision>& describe<material::part_revision>();
template <>
const schema<material::bom_line>& describe<material::bom_line>();
template <>
const schema<material::bom>& describe<material::bom>();
template <>
const schema<material::lot>& describe<material::lot>();
template <>
const schema<material::movement>& describe<material::movement>();
template <>
const schema<material::reservation>& describe<material::reservation>();
template <>
const schema<material::serial>& describe<material::serial>();
}  // namespace mes::wire
