#include "gateway/router/patterns.h"

#include <fmt/format.h>

#include <algorithm>

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

namespace {

// "[:alpha:]": its length, 0 if there is none.
std::size_t named_class(std::string_view rest) {
  if (!rest.starts_with("[:")) return 0;
  const std::size_t end = rest.find_first_not_of("^abcdefghijklmnopqrstuvwxyz", 2);
  return end != std::string_view::npos && rest.substr(end).starts_with(":]") ? end + 2 : 0;
}

// A character, or one with its backslash; false if that stands for a class, with which no range begins.
bool take_item(std::string_view& rest) {
  const bool escaped = rest.front() == '\\' && rest.size() > 1;
  const bool is_class = escaped && std::string_view("dDwWsSpP").contains(rest[1]);
  rest.remove_prefix(escaped ? 2 : 1);
  return !is_class;
}

// Behind a range's first character: its "-", and the last one.
bool begins_range(std::string_view rest) {
  return rest.size() > 1 && rest[0] == '-' && rest[1] != ']' && rest[1] != '-';
}

// Takes the class that `rest` begins with, as Rust reads it (regex-syntax, ast/parser.rs), up to what RE2 would read
// otherwise: that is the answer, "" if there is nothing.
std::string_view take_class(std::string_view& rest) {
  rest.remove_prefix(rest.starts_with("[^") ? 2 : 1);
  // What is at the start is a character; for RE2 it may begin a range.
  const std::size_t dashes = std::min(rest.find_first_not_of('-'), rest.size());
  rest.remove_prefix(dashes);
  if (dashes > 1 && !rest.starts_with(']')) return "--";
  if (dashes == 0 && rest.starts_with(']')) {
    if (begins_range(rest.substr(1))) return "]-";
    rest.remove_prefix(1);
  }
  while (!rest.empty() && rest.front() != ']') {
    if (const std::size_t length = named_class(rest)) {
      rest.remove_prefix(length);
      continue;
    }
    for (std::string_view operation : {"&&", "--", "~~", "["})
      if (rest.starts_with(operation)) return operation;
    if (take_item(rest) && begins_range(rest)) {
      rest.remove_prefix(1);
      take_item(rest);  // whatever it is
    }
  }
  if (!rest.empty()) rest.remove_prefix(1);
  return "";
}

}  // namespace

std::string check_classes(std::string_view expression) {
  for (std::string_view rest = expression; !rest.empty();) {
    if (rest.front() != '[') {
      take_item(rest);
    } else if (std::string_view operation = take_class(rest); !operation.empty()) {
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
