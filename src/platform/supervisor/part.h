// What the supervisor starts: a process, the ports it will hold, whom it needs, and how to ask whether it serves.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mes::platform {

// How to ask a part on this machine whether it is ready; `none` = it is, as soon as it runs.
struct readiness {
  enum class kind : std::uint8_t { none, http, redis };
  kind by = kind::none;
  std::uint16_t port = 0;
  std::string path;  // http: answers 200
};

struct part {
  std::string name;
  std::vector<std::string> argv;                         // argv[0] is the path of the program
  std::vector<std::pair<std::string, std::string>> env;  // beside the supervisor's own
  std::vector<std::uint16_t> ports;
  readiness ready;
  std::vector<std::string> needs;  // stopped after this part; those that are not there are ignored
  bool waits = false;              // started only when all of `needs` are ready; else at once, it retries by itself
};

enum class part_state : std::uint8_t { waiting, starting, ready, backing_off, stopping, stopped };

constexpr std::string_view name_of(part_state s) {
  switch (s) {
    case part_state::waiting:
      return "waiting";
    case part_state::starting:
      return "starting";
    case part_state::ready:
      return "ready";
    case part_state::backing_off:
      return "backing-off";
    case part_state::stopping:
      return "stopping";
    case part_state::stopped:
      return "stopped";
  }
  return "";
}

// As `mes status` shows it.
struct part_status {
  std::string name;
  int pid = 0;  // 0 while it does not run
  part_state state = part_state::waiting;
  std::vector<std::uint16_t> ports;
  std::int64_t start_ms = -1;  // from the start of the process to the first "ready"; -1 = not yet
  int restarts = 0;
  std::string last_exit;  // "exit code 3", "signal 9 (Killed)"; "" = it has not ended yet
};

}  // namespace mes::platform
