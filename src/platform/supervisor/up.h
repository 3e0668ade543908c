// `mes up`: the whole platform under one supervisor, in the foreground or detached.
#pragma once

#include <string>
#include <vector>

namespace mes::platform {

struct up_options {
  std::string data = "./var";
  int port_offset = 0;
  std::vector<std::string> only;
  bool empty = false;
  bool detach = false;
  std::string config_file;
  std::vector<std::string> role_names;  // what this binary can play
};

// Returns when the platform has stopped (detached: when every part is ready); the process' exit code.
int up(const up_options& options);

}  // namespace mes::platform
