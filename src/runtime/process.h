// What every role stands on: its loop, logger, metrics, spans, and an orderly stop.
//
// A role's entry is `int run(process&)`: open stores, start servers on process.loop(), call process.ready() when it
// can serve, then return process.run(), which ends at SIGINT or SIGTERM after the stop handlers ran in reverse order.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "observe/log.h"
#include "observe/metrics.h"
#include "observe/trace.h"
#include "runtime/config.h"
#include "runtime/event_loop.h"

namespace mes::runtime {

class process {
 public:
  using settings_reader = std::function<result<config>()>;

  // Throws std::invalid_argument for settings that cannot be used. Ignores SIGPIPE, takes SIGINT and SIGTERM.
  // `read_again` reads the settings anew from where they came from, for read_settings().
  process(std::string role, config settings, settings_reader read_again = {});
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  const std::string& role() const;          // "work-order"
  const std::string& service_name() const;  // in logs and spans: "work-order-service", "gateway"
  const config& settings() const;
  std::filesystem::path data_dir() const;   // DATA/<role>, made if missing
  std::filesystem::path data_root() const;  // DATA
  int port(int base) const;                 // base + port offset

  // Where the engines are: the settings, or one machine's ports with the offset.
  std::string bus_address() const;  // "127.0.0.1:9092"
  std::string redis_host() const;
  int redis_port() const;
  std::string otlp_url() const;  // "http://127.0.0.1:4318"; "" if spans go nowhere (setting "none")

  event_loop& loop();
  observe::logger& log();
  observe::registry& metrics();
  observe::span_sink& spans();  // exported as OTLP/HTTP protobuf in batches to the setting `otlp`

  // Other services by name: "http://127.0.0.1:3008" on one machine (the specification's port + offset), or
  // "http://auth-service:3008" where the setting `service_host` is "dns" (Kubernetes).
  std::string service_url(std::string_view service) const;

  // What the settings are now that their file may have changed; settings() stays as it was at the start.
  result<config> read_settings() const;
  // Runs `step` on the loop at each SIGHUP, which else ends the process.
  void on_hangup(std::function<void()> step);

  void ready();  // /health/ready answers 200 from now on; logs the line "ready"
  bool is_ready() const;
  void on_stop(std::function<void()> step);  // run in reverse order, on the loop's thread; may block for seconds
  // For steps that need the loop to end, as http_server::stop does: the next step waits until `done` is called.
  void on_stop_async(std::function<void(std::function<void()> done)> step);
  void stop();  // as SIGTERM; thread-safe
  int run();    // the exit code: 0, or 1 after an exception or a second signal while stopping

 private:
  struct state;
  std::unique_ptr<state> _state;
};

// What people may ask of a role: `mes ROLE COMMAND …`. argv[0] is the command; the exit code is 0, 1, or 2 for usage.
struct role_command {
  std::string_view name;
  std::string_view summary;
  int (*run)(int argc, char** argv);
};

// One row of the table of roles (src/mes/roles.cc).
struct role_definition {
  std::string_view name;                      // "work-order": the command line's `mes work-order`
  std::string_view summary;                   // for --help
  const std::vector<setting>& (*settings)();  // beside common_settings()
  int (*run)(process&);
  const std::vector<role_command>& (*commands)() = nullptr;
  // What is wrong with values that are each of their kind (wrong_setting() makes the errors); null: nothing can be.
  std::vector<error> (*check)(const config&) = nullptr;
};

}  // namespace mes::runtime
