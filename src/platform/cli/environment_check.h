// A setting's environment variable that is written with a slip would say nothing; in mes.yaml and as a flag it is
// refused.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "runtime/process.h"

namespace mes::platform {

// "MES_THREDS is no setting; did you mean MES_THREADS?" for each of `variables` (NAME=VALUE) that is near a setting of
// some role or command and none itself. Names that are near none are others': secrets that kong.yml speaks of, what
// Kubernetes tells of services.
std::vector<std::string> misspelled_settings(std::span<const std::string> variables,
                                             std::span<const runtime::role_definition> roles);

// Prints them, once.
void check_environment(std::span<const runtime::role_definition> roles);

}  // namespace mes::platform
