// The commands that talk to a running supervisor, or read what it has written.
#pragma once

#include <string>

namespace mes::platform {

// Each returns the process' exit code; 1 also when no platform runs on `data`.
int status_command(const std::string& data, bool as_json);
int down_command(const std::string& data);
int restart_command(const std::string& data, const std::string& role);

// The last `lines` of one role's log, or of all roles' by time; `follow` = go on until interrupted.
int logs_command(const std::string& data, const std::string& role, bool follow, int lines);

}  // namespace mes::platform
