#include "gateway/router/patterns.h"

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

std::string regex_of_path(std::string_view path) { return "^" + pattern_of(path.substr(1)); }

std::string header_pattern_of(std::string_view value) {
  std::string lower(value.substr(2));
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return pattern_of(lower);
}

}  // namespace mes::gateway
