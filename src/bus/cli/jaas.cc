#include "bus/cli/jaas.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace mes::bus::cli {
namespace {

constexpr std::string_view blanks = " \t\r\n\f";

// Words, quoted texts, and the characters = and ; one by one.
class scanner {
 public:
  explicit scanner(std::string_view text) : _rest(text) {}

  std::optional<std::string> next() {
    _rest.remove_prefix(std::min(_rest.find_first_not_of(blanks), _rest.size()));
    if (_rest.empty()) return std::nullopt;
    if (_rest.front() == '"') return quoted();
    const auto end =
        _rest.front() == '=' || _rest.front() == ';' ? 1 : std::min(_rest.find_first_of(" \t\r\n\f=;"), _rest.size());
    std::string word(_rest.substr(0, end));
    _rest.remove_prefix(end);
    return word;
  }
  bool open_quote() const { return _open_quote; }

 private:
  std::string quoted() {
    std::string out;
    for (std::size_t i = 1; i < _rest.size(); ++i) {
      if (_rest[i] == '"') {
        _rest.remove_prefix(i + 1);
        return out;
      }
      if (_rest[i] == '\\' && i + 1 < _rest.size()) ++i;
      out += _rest[i];
    }
    _rest = {};
    _open_quote = true;
    return out;
  }

  std::string_view _rest;
  bool _open_quote = false;
};

}  // namespace

result<jaas_login> parse_jaas(std::string_view text) {
  const auto wrong = [](std::string why) { return fail(error_code::invalid_argument, std::move(why)); };
  scanner in(text);
  const auto module = in.next();
  if (!module) return wrong("it is empty");
  jaas_login login;
  login.module = module->substr(module->rfind('.') + 1);
  const auto flag = in.next();
  constexpr std::string_view flags[] = {"required", "requisite", "sufficient", "optional"};
  if (!flag || std::ranges::find(flags, *flag) == std::end(flags))
    return wrong(fmt::format("'required' must follow {}", *module));
  for (;;) {
    const auto name = in.next();
    if (!name) return wrong("it must end with ;");
    if (*name == ";") break;
    const auto equals = in.next();
    const auto value = in.next();
    if (*name == "=" || !equals || *equals != "=" || !value || *value == ";" || *value == "=")
      return wrong(fmt::format("a value must follow {}=", *name));
    if (in.open_quote()) return wrong(fmt::format("the quotes of {} are not closed", *name));
    login.options[*name] = *value;
  }
  if (in.next()) return wrong("only one login module is possible");
  return login;
}

}  // namespace mes::bus::cli
