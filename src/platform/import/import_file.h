// One pass over the file that is imported: facts, rejects and skipped rows, in order.
#pragma once

#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "platform/import/csv.h"
#include "platform/import/facts.h"
#include "platform/import/mapping.h"

namespace mes::platform {

// Two passes over the same bytes give the same items: the first sums up, the second sends.
class import_file {
 public:
  // Reads the header. `mapping` must outlive the object.
  static result<std::unique_ptr<import_file>> open(const std::string& path, const import_mapping& mapping);

  struct item {
    csv_row row;
    std::optional<row_facts> facts;  // none: a reject, or skipped
    std::string reason;              // of the reject; "" = skipped
  };
  bool next(item& into);  // false at the end

  std::int64_t size_bytes() const { return _size; }
  std::int64_t bytes_read() const { return _csv.bytes_read(); }

 private:
  import_file(std::ifstream in, const import_mapping& mapping, std::int64_t size)
      : _in(std::move(in)), _csv(_in, mapping.separator, mapping.quote), _size(size) {}

  std::ifstream _in;
  csv_reader _csv;
  std::int64_t _size;
  std::optional<fact_reader> _facts;
};

}  // namespace mes::platform
