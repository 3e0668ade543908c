#include "gateway/plugins/request_transformer/value_template.h"

#include <fmt/format.h>

namespace mes::gateway {
namespace {

constexpr char line_escape = '\xff';
constexpr std::string_view next_piece = "\n__R_size = __R_size + 1; __R_table[__R_size] = ";

// As string.format's %q: a line of the text stays a line of the program, whose numbers Lua's messages have.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '\n')
      out.append(1, '\\').append(1, c);
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      fmt::format_to(std::back_inserter(out), "\\{:03}", static_cast<int>(c));
    else
      out += c;
  }
  out += '"';
}

// Of what begins with '(', how much there is up to its ')': parentheses in quotes count too. 0: it has no end.
std::size_t balanced(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return i + 1;
  }
  return 0;
}

// False if nothing in the text is Lua.
bool append_text(std::string& out, std::string_view text) {
  bool lua = false;
  std::size_t from = 0;
  for (std::size_t at = text.find("$("); at != std::string_view::npos; at = text.find("$(", at)) {
    const std::size_t bytes = balanced(text.substr(at + 1));
    if (bytes == 0) {
      at += 1;
      continue;
    }
    append_quoted(out.append(next_piece), text.substr(from, at - from));
    fmt::format_to(std::back_inserter(out), "{}__tostring({} or '')", next_piece, text.substr(at + 1, bytes));
    at = from = at + 1 + bytes;
    lua = true;
  }
  if (from < text.size()) append_quoted(out.append(next_piece), text.substr(from));
  return lua;
}

// The program that makes a template's text; "" if there is none of Lua in it.
std::string program_of(std::string_view text) {
  std::string out = "return function()\nlocal __R_size, __R_table, __tostring = 0, {}, __tostring";
  bool lua = false;
  while (!text.empty()) {
    if (text.front() == line_escape) {
      text.remove_prefix(std::min(text.find_first_not_of(line_escape), text.size()));
      out.append("\n").append(text.substr(0, text.find('\n')));
      text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
      lua = true;
      continue;
    }
    const std::size_t escaped = text.find(std::string{'\n', line_escape});
    const std::size_t bytes = escaped == std::string_view::npos ? text.size() : escaped + 1;
    lua |= append_text(out, text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  return lua ? out + "\nreturn __R_table\nend" : "";
}

}  // namespace

value_template::value_template(std::string_view text) : _text(text) {
  if (std::string program = program_of(text); !program.empty())
    _script = std::make_unique<lua_script>(lua_script::kind::value_template, std::move(program));
}

std::string check_template(std::string_view text) {
  const value_template made(text);
  const std::string wrong = made.script() ? check_lua(*made.script()) : "";
  return wrong.empty() ? "" : fmt::format("value '{}' is not in supported format, error:{}", text, wrong);
}

}  // namespace mes::gateway
