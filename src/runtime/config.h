// Settings of a role: a table of names, defaults and help; resolved once from flag, environment, file, default.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace mes::runtime {

enum class setting_type : std::uint8_t { text, integer, boolean, duration_ms, size_bytes };

// One row: flag --name-with-hyphens, environment MES_NAME_WITH_UNDERSCORES, key name in mes.yaml's section of the role.
struct setting {
  std::string_view name;  // "retention_ms"
  setting_type type = setting_type::text;
  std::string_view default_value;
  std::string_view help;  // one sentence, with the unit
  std::int64_t min = 0;   // for numbers
  std::int64_t max = INT64_MAX;
};

// Immutable; asking for a name that is not in the table is a bug and throws std::logic_error.
//
// Written forms: integers in decimal; true|false|yes|no|on|off|1|0; durations with ms, s, m, h, d ("30s"), bare only 0
// and milliseconds of a name that ends in _ms; sizes as bytes or with K, M, G, also KiB, MiB, GiB (powers of 1024).
class config {
 public:
  // `given` maps names to text from flags, the environment and the file, the strongest already chosen.
  // The error lists every unknown name and every bad value, each with what was expected.
  static result<config> resolve(const std::vector<setting>& table, const std::map<std::string, std::string>& given);

  const std::string& text(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;  // integer, duration_ms, size_bytes
  bool flag(std::string_view name) const;
  std::chrono::milliseconds duration(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> _values;  // numbers and booleans in canonical form
};

// What is wrong with a setting's value: the message is "name: what".
error wrong_setting(std::string_view name, std::string_view what);

inline constexpr int port_offset_max = 50'000;  // the least of it is 0

// What every role has, before its own: data, port_offset, bind, bus, redis, otlp, log_host, log_port, log_level,
// service_host. Addresses left empty are derived from port_offset (runtime::process has them).
const std::vector<setting>& common_settings();

}  // namespace mes::runtime
