#include "gateway/http/field_value.h"

#include <fmt/format.h>

#include <iterator>

namespace mes::gateway {

std::string escape_controls(std::string_view value) {
  std::string out;
  out.reserve(value.size() + 8);
  for (const char c : value) {
    if (is_control(c))
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out;
}

}  // namespace mes::gateway
