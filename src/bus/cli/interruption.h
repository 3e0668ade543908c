// That a command which goes on for ever is to end: SIGINT and SIGTERM as a value, so that what it has printed goes out.
#pragma once

namespace mes::bus::cli {

class interruption {
 public:
  interruption();  // takes the signals; a second one ends the process at once
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;

  bool came() const;
  int exit_code() const;  // as shells have it: 130 after SIGINT
};

}  // namespace mes::bus::cli
