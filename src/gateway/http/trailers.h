// Fields that follow a body (RFC 9110, section 6.5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mes::gateway {

struct field_line {
  std::string name, value;
};
using field_lines = std::vector<field_line>;

// Whether a field may be passed on behind a body: none that frames or routes the message, says who sends it, or speaks
// of one hop alone. `name` in any case.
bool may_trail(std::string_view name);

// The lines of a chunked body's end, as chunk_decoder has checked them ("Name: value CRLF" each), without those that
// may not trail.
field_lines parse_trailers(std::string_view lines);

}  // namespace mes::gateway
