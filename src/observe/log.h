// Log lines as JSON, one a line, in the form that the specification fixes:
// {"timestamp","level","service","message","trace_id","request_id","user_id", ...}
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "observe/trace.h"

namespace mes::observe {

enum class level : std::uint8_t { debug, info, warn, error };

// Added to a line beside the fixed keys. Secrets never go in here.
struct field {
  std::string_view key;  // needs no escapes
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

// Who and what a line belongs to; views must outlive the call only.
struct log_scope {
  std::optional<instant> at = {};  // when it was, if not now
  const trace_context* trace = nullptr;
  std::string_view request_id;
  std::string_view user_id;
};

// Thread-safe. A line is written with one write(2) to standard output and handed to the shipper, if there is one.
class logger {
 public:
  using shipper = std::function<void(std::string lines)>;  // each ends with '\n'; must not block

  explicit logger(std::string service, level least = level::info);

  void set_shipper(shipper to) { _ship = std::move(to); }  // before threads start
  void set_stdout(bool on) { _stdout = on; }
  void set_least(level least) { _least.store(least, std::memory_order_relaxed); }  // of lines from now on
  bool enabled(level l) const { return l >= _least.load(std::memory_order_relaxed); }

  void write(level l, std::string_view message, std::initializer_list<field> fields = {},
             const log_scope& scope = {}) const;

  // The two steps of write(), for who logs so much that a write(2) a line would count: whole lines gather in a string.
  void append(std::string& lines, level l, std::string_view message, std::initializer_list<field> fields = {},
              const log_scope& scope = {}) const;
  void emit(std::string& lines) const;  // empties it

  void debug(std::string_view m, std::initializer_list<field> f = {}) const { write(level::debug, m, f); }
  void info(std::string_view m, std::initializer_list<field> f = {}) const { write(level::info, m, f); }
  void warn(std::string_view m, std::initializer_list<field> f = {}) const { write(level::warn, m, f); }
  void error(std::string_view m, std::initializer_list<field> f = {}) const { write(level::error, m, f); }

 private:
  std::string _service;
  std::atomic<level> _least;
  bool _stdout = true;
  shipper _ship;
};

std::optional<level> parse_level(std::string_view text);           // "debug", "info", "warn", "error"
void append_json_string(std::string& out, std::string_view text);  // quoted; invalid UTF-8 becomes U+FFFD

}  // namespace mes::observe
