#include "gateway/router/patterns.h"

#include <fmt/format.h>

namespace mes::gateway {

const RE2::Options& pattern_options() {
  static const RE2::Options options = [] {
    RE2::Options o(RE2::Quiet);
    o.set_max_mem(10 << 20);
    return o;
  }();
  return options;
}

std::string pattern_of(std::string_view expression) {
  std::string out;
  out.reserve(expression.size() + 8);
  for (std::size_t i = 0; i < expression.size(); ++i) {
    char c = expression[i];
    if (c == '\\' && i + 1 < expression.size()) {
      char escaped = expression[++i];
      if (escaped != '_') out += c;
      out += escaped;
      continue;
    }
    out += c;
    // Kong replaces every "?<"; look-behind, "(?<=" and "(?<!", is none that either engine knows.
    if (c == '?' && i + 1 < expression.size() && expression[i + 1] == '<') {
      out += "P<";
      ++i;
    }
  }
  return out;
}

std::string check_classes(std::string_view expression) {
  bool inside = false;
  std::size_t first = 0;  // where "]" is one of the class
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const std::string_view rest = expression.substr(i);
    if (rest.front() == '\\') {
      ++i;
    } else if (!inside && rest.front() == '[') {
      inside = true;
      first = i + (rest.starts_with("[^") ? 2 : 1);
    } else if (inside && rest.front() == ']' && i != first) {
      inside = false;
    } else if (inside && rest.starts_with("[:") && rest.find(":]") != std::string_view::npos) {
      i += rest.find(":]") + 1;
    } else if (inside) {
      for (std::string_view operation : {"&&", "--", "~~", "["})
        if (rest.starts_with(operation))
          return fmt::format(
              "'{0}' in a class is an operation of Kong's that is not available here; where the character "
              "is meant, write \\{1}",
              operation, operation.front());
    }
  }
  return "";
}

std::string regex_of_path(std::string_view path) { return "^" + pattern_of(path.substr(1)); }

std::string header_pattern_of(std::string_view value) {
  std::string lower(value.substr(2));
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return pattern_of(lower);
}

}  // namespace mes::gateway
