// What a file of reports says in sum: the figures that services and reporting must come to as well.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "platform/import/facts.h"

namespace mes::platform {

struct figures {
  std::int64_t reports = 0;
  quantity completed, rejected, mrb;
  std::int64_t reported_minutes = 0;

  void add(const import_report& r, int sign = 1);
  void add(const figures& other);
  bool operator==(const figures&) const = default;
};

struct named {
  std::string key, name;  // part number and description, resource code and name, employee id and name
};

class file_totals {
 public:
  void add(const row_facts& f);
  void remove(const import_report& r);  // the platform has refused it

  figures all;
  std::map<std::string, figures> by_part, by_resource, by_worker, by_type, by_order;
  std::vector<named> parts, resources, workers;  // in the order of the file
  std::vector<import_order> orders;
  quantity packed;
  instant first_start, last_end;

  quantity ordered() const;
};

}  // namespace mes::platform
