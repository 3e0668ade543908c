// `mes ROLE`: one role in the foreground, the form that the supervisor and containers use.
#pragma once

#include <map>
#include <span>
#include <string>

#include "runtime/process.h"
#include "runtime/usage.h"

namespace mes::platform {

using runtime::exit_usage;

struct play_options {
  std::string config_file;                   // --config, "" = look for it
  std::map<std::string, std::string> flags;  // by setting name, only those given
};

int play(const runtime::role_definition& role, std::span<const runtime::role_definition> all_roles,
         const play_options& options);

}  // namespace mes::platform
