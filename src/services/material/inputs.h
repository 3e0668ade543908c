// What clients send to the material service.
#pragma once

#include "services/material/model.h"

namespace mes::material {

struct create_part {
  std::string number;
  std::string description;
  std::string uom = "pcs";
  std::string revision = "A";
};

struct change_part {
  std::optional<std::string> description;
};

struct create_revision {
  std::string revision;
  std::string description;
};

struct create_bom {
  std::string part;
  std::string revision;  // empty: the part's current one
  std::vector<bom_line> lines;
};

struct receive_lot {
  std::optional<std::string> number;  // given by the service if absent
  std::string part;
  quantity amount;
  std::optional<std::string> revision, uom;
  std::optional<instant> expires_at;
  std::optional<std::string> location, supplier, supplier_lot, work_order;
  bool inspection = true;  // quarantined until it is released
};

struct give_reason {
  std::optional<std::string> reason;
};

struct consume_lot {
  quantity amount;
  std::string work_order;
  std::optional<std::string> uom;
};

enum class return_to : std::uint8_t { stock, vendor };
struct return_lot {
  return_to to = return_to::stock;
  std::optional<quantity> amount;         // to stock
  std::optional<std::string> work_order;  // to stock: that it was issued to
  std::optional<std::string> reason;
};

struct scrap_lot {
  std::optional<quantity> amount;  // all that is there
  std::string reason;
};

struct child_lot {
  quantity amount;
  std::optional<std::string> number;
  std::optional<std::string> location;
};
struct split_lot {
  std::vector<child_lot> children;
};

struct merge_lots {
  std::vector<std::string> lots;  // with the one of the path
  std::optional<std::string> number;
  std::optional<std::string> location;
};

struct adjust_lot {
  quantity counted;
  std::string reason;
};

struct reserve {
  std::string lot;  // number or id
  std::string work_order;
  quantity amount;
};

struct generate_serials {
  std::string part;
  std::int64_t count = 1;
  std::string prefix;
  std::optional<std::vector<std::string>> numbers;  // instead of count and prefix
  std::optional<std::string> work_order, lot;
};

struct install_serial {
  std::optional<std::string> work_order, serial;
};

}  // namespace mes::material

namespace mes::wire {
template <>
std::span<const std::string_view> enum_names<material::return_to>();
template <>
const schema<material::create_part>& describe<material::create_part>();
template <>
const schema<material::change_part>& describe<material::change_part>();
template <>
const schema<material::create_revision>& describe<material::create_revision>();
template <>
const schema<material::create_bom>& describe<material::create_bom>();
template <>
const schema<material::receive_lot>& describe<material::receive_lot>();
template <>
const schema<material::give_reason>& describe<material::give_reason>();
template <>
const schema<material::consume_lot>& describe<material::consume_lot>();
template <>
const schema<material::return_lot>& describe<material::return_lot>();
template <>
const schema<material::scrap_lot>& describe<material::scrap_lot>();
template <>
const schema<material::child_lot>& describe<material::child_lot>();
template <>
const schema<material::split_lot>& describe<material::split_lot>();
template <>
const schema<material::merge_lots>& describe<material::merge_lots>();
template <>
const schema<material::adjust_lot>& describe<material::adjust_lot>();
template <>
const schema<material::reserve>& describe<material::reserve>();
template <>
const schema<material::generate_serials>& describe<material::generate_serials>();
template <>
const schema<material::install_serial>& describe<material::install_serial>();
}  // namespace mes::wire
