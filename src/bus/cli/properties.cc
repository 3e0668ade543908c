#include "bus/cli/properties.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/code_point.h"

namespace mes::bus::cli {
namespace {

constexpr std::string_view blanks = " \t\f";

std::string_view without_leading_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text;
}

bool goes_on(std::string_view line) {
  const auto last = line.find_last_not_of('\\');
  const std::size_t backslashes = line.size() - (last == std::string_view::npos ? 0 : last + 1);
  return backslashes % 2 == 1;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) break;
    std::uint32_t code = 0;
    const char* const digits = text.data() + i + 1;
    if (text[i] == 'u' && i + 4 < text.size() && std::from_chars(digits, digits + 4, code, 16).ptr == digits + 4) {
      append_utf8(out, code);
      i += 4;
      continue;
    }
    constexpr std::string_view letters = "tnrf", meant = "\t\n\r\f";
    const auto at = letters.find(text[i]);
    out += at == std::string_view::npos ? text[i] : meant[at];
  }
  return out;
}

property split(std::size_t line, std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() &&
         (blanks.find(text[end]) == std::string_view::npos && text[end] != '=' && text[end] != ':'))
    end += text[end] == '\\' ? 2 : 1;
  end = std::min(end, text.size());
  std::string_view value = without_leading_blanks(text.substr(end));
  if (value.starts_with('=') || value.starts_with(':')) value = without_leading_blanks(value.substr(1));
  return {line, unescaped(text.substr(0, end)), unescaped(value)};
}

}  // namespace

std::vector<property> parse_properties(std::string_view text) {
  std::vector<property> all;
  std::string logical;
  std::size_t number = 0, begins = 0;
  bool continued = false;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = without_leading_blanks(line);
    if (!continued) {
      if (line.empty() || line.front() == '#' || line.front() == '!') continue;
      logical.clear();
      begins = number;
    }
    continued = goes_on(line);
    if (continued) line.remove_suffix(1);
    logical += line;
    if (!continued || text.empty()) all.push_back(split(begins, logical));
  }
  return all;
}

}  // namespace mes::bus::cli
