#include "observe/label.h"

#include "base/utf8.h"

namespace mes::observe {

std::string label_text(std::string_view value) {
  std::string out;
  for (const char c : valid_utf8(value)) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

}  // namespace mes::observe
