// What the commands share: where the bus is, places in a topic as people write them, tables.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "observe/log.h"
#include "runtime/kafka_admin.h"
#include "runtime/usage.h"

namespace mes::bus::cli {

inline constexpr int exit_failed = 1;
using runtime::exit_usage;

// The bus that a command talks to: --bus, else what --command-config names, else the local one at --port-offset.
class connection {
 public:
  void add_to(CLI::App& app);
  result<void> prepare();                                             // reads --command-config
  const runtime::kafka_cluster& cluster() const { return _cluster; }  // after it
  const observe::logger& log() const { return _log; }

 private:
  std::string _bus, _command_config;
  int _port_offset = 0;
  runtime::kafka_cluster _cluster{std::string()};
  observe::logger _log{"mes bus", observe::level::error};
};

// Nothing: go on. Else the exit code, after help or the error was printed. `to`: prepared.
std::optional<int> parse(CLI::App& app, int argc, char** argv, connection* to = nullptr);

int failed(const error& e);  // prints it; returns exit_failed

// earliest, latest, an offset, -N for that many before the end, or a time (RFC 3339).
struct start_point {
  enum class kind : std::uint8_t { earliest, latest, offset, before_end, time } what = kind::latest;
  std::int64_t value = 0;  // offset, records, or ms since 1970
};
result<start_point> parse_start_point(std::string_view text);
// The places' offsets for it, within what the partitions hold.
result<std::vector<runtime::kafka_place>> resolve(runtime::kafka_admin& bus, std::vector<runtime::kafka_place> places,
                                                  const start_point& at);

bool has_members(const runtime::kafka_group& group);
std::vector<runtime::kafka_place> places_of(const runtime::kafka_topic& topic);

// Columns as wide as their widest cell; numbers on the right.
class text_table {
 public:
  explicit text_table(std::vector<std::string> head) : _rows{std::move(head)} {}
  void row(std::vector<std::string> cells) { _rows.push_back(std::move(cells)); }
  std::size_t size() const { return _rows.size() - 1; }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> _rows;
};

// No control characters, and UTF-8: what a record holds must not drive a terminal. Other bytes are written \x1b, a
// backslash \\.
std::string printable(std::string_view text);

}  // namespace mes::bus::cli
