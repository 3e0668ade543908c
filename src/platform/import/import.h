// `mes import`: brings a CSV file of orders and reports in through the gateway, and shows that all of it arrived.
#pragma once

#include <string>

namespace mes::platform {

struct import_options {
  std::string file, mapping;
  std::string gateway = "http://127.0.0.1:8000";
  std::string username = "integration";
  std::string password_file;
  std::string ca_file;
  int in_flight = 64;
  int give_up_s = 120;    // without an answer to one call
  int reconcile_s = 120;  // for reporting to catch up
  bool json = false;
};

// 0: everything arrived; 1: it did not, or not yet (the same command goes on where this one stopped); 2: wrong usage.
int import_command(const import_options& options);

}  // namespace mes::platform
