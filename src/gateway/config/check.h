// `mes check kong.yml`: everything that is wrong with a declarative configuration, at once.
#pragma once

#include <string>
#include <vector>

namespace mes::gateway {

struct check_report {
  std::vector<std::string> findings;  // "kong.yml:12:5: error: …", by place; warnings too
  bool ok = false;                    // no errors
  std::string summary;                // "kong.yml: 9 services, 11 routes, 20 plugins, 2 consumers"
};

// Reads and checks the file; what cannot be read is a finding.
check_report check_kong_file(const std::string& path);

}  // namespace mes::gateway
