// Values of fields that are made here: of a decoded path, of a template, of a configuration. What comes in a message
// has been checked by its parser.
#pragma once

#include <string>
#include <string_view>

namespace mes::gateway {

// Control characters: with a CR and an LF a value would end its line, and its author write the next ones.
constexpr bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

// Looks at all of it, many characters at once: values are short, and nearly all are fine.
constexpr bool has_controls(std::string_view value) {
  bool found = false;
  for (const char c : value) found |= is_control(c);
  return found;
}

// Control characters as %XX, as OpenResty writes them, and so what Kong's plugins set.
std::string escape_controls(std::string_view value);

}  // namespace mes::gateway
