// Names that Connection lists beside its own options: fields of this hop only (RFC 9110, section 7.6.1).
#pragma once

#include <string_view>
#include <vector>

#include "gateway/http/head.h"

namespace mes::gateway {

// Views into the head that it is made of.
class nominated_fields {
 public:
  explicit nominated_fields(const header_table& headers);
  bool has(std::string_view name) const;

 private:
  std::vector<std::string_view> _names;  // sorted: there may be as many as there are fields
};

}  // namespace mes::gateway
