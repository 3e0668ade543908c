// The level of the broker's log, which administrators change while it runs; until the next start, as in Kafka.
#pragma once

#include <optional>
#include <string_view>

#include "observe/log.h"

namespace mes::bus {

// Under Kafka's names, which are more than there are here: TRACE logs what DEBUG does, FATAL what ERROR does. The
// loop's alone; the logger itself is everybody's.
class log_level {
 public:
  explicit log_level(observe::logger& of) : _logger(of) {}

  std::string_view name() const;
  bool set(std::string_view name);  // false: no such level, nothing has changed

  static bool is_name(std::string_view name);

 private:
  observe::logger& _logger;
  std::string_view _set;  // empty: as the role said
};

}  // namespace mes::bus
