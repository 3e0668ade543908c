// What one row of an import says: a report, and the part, resource, worker and order that it names.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/instant.h"
#include "base/quantity.h"
#include "base/uuid.h"
#include "platform/import/csv.h"
#include "platform/import/mapping.h"

namespace mes::platform {

struct import_order {
  std::string number, part;
  quantity ordered;
  std::string uom;
};

struct import_report {
  uuid id;  // the same for the same row of the same source, always
  std::string order, part, operation, kind, resource, worker, type;
  instant started, ended;
  quantity completed, rejected, mrb;
  bool rework = false;
  std::string note;
};

struct row_facts {
  std::string part_description, resource_name, worker_name;
  import_order order;
  import_report report;
};

// Turns rows into facts. Not thread-safe; rows must come in the file's order, because identical rows are told apart by
// their ordinal and an order's later rows must agree with its first.
class fact_reader {
 public:
  // The error names every column that the header lacks.
  static result<fact_reader> make(const import_mapping& mapping, const std::vector<std::string>& header);

  bool is_skipped(const csv_row& row) const;
  result<row_facts> read(const csv_row& row);  // the error's message is the reason for the list of rejects

 private:
  explicit fact_reader(const import_mapping& mapping) : _mapping(&mapping) {}

  const std::string& column(const csv_row& row, const std::string& name) const;
  bool holds(const csv_row& row, const std::vector<row_condition>& all) const;
  result<std::string> text(const csv_row& row, std::string_view field) const;
  result<quantity> amount(const csv_row& row, std::string_view field) const;
  result<instant> time_of(const csv_row& row, std::string_view field) const;
  result<void> check_against_first(const import_order& order);
  uuid identify(const csv_row& row);

  const import_mapping* _mapping;
  std::unordered_map<std::string, std::size_t> _columns;
  std::size_t _width = 0;
  uuid _name_space;
  std::map<uuid, std::uint32_t> _seen;  // rows by content -> how often
  std::unordered_map<std::string, import_order> _orders;
};

uuid import_name_space(const import_mapping& mapping);

}  // namespace mes::platform
