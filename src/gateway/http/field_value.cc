#include "gateway/http/field_value.h"

#include "base/percent.h"

namespace mes::gateway {

std::string escape_controls(std::string_view value) {
  std::string out;
  out.reserve(value.size() + 8);
  for (const char c : value) {
    if (is_control(c))
      append_percent(out, c);
    else
      out += c;
  }
  return out;
}

}  // namespace mes::gateway
