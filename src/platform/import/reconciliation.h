// What the file says beside what the platform says, figure by figure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/import/api.h"
#include "platform/import/totals.h"

namespace mes::platform {

struct reconciled_figure {
  std::string name, file;
  std::optional<std::string> services, reporting;  // none: that side does not tell it

  bool equal() const { return (!services || *services == file) && (!reporting || *reporting == file); }
};

struct reconciliation {
  std::vector<reconciled_figure> figures;
  bool equal() const;
  std::string to_table() const;
};

// What the services' REST says of the file's orders, parts, resources and workers.
struct service_totals {
  figures sum;
  quantity ordered, packed;
  std::int64_t orders = 0, parts = 0, resources = 0, workers = 0;  // of the file's, how many are there
};

// What reporting says: one answer a grouping, within the file's time.
struct reporting_totals {
  api::production_answer by_part, by_resource, by_worker, by_type, by_order;
};

reconciliation reconcile(const file_totals& file, const service_totals& services, const reporting_totals& reporting);

}  // namespace mes::platform
