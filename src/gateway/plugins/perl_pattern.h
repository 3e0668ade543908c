// Regular expressions of plugins, which Kong gives to PCRE (ngx.re): look-around, back references and all.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>

#include "base/error.h"

namespace re2 {
class RE2;
}
struct pcre2_real_code_8;

namespace mes::gateway {

// RE2 runs what it knows, in a time that grows with the text alone. What it does not know is PCRE's, within bounds: a
// search of more steps than Kong's lua_regex_match_limit finds nothing, as there, and no more than the first 8 KiB of a
// text are looked at, which is all that Kong's nginx takes of a field.
class perl_pattern {
 public:
  enum class where : std::uint8_t { anywhere, whole };  // of a text: where it has to match

  static result<perl_pattern> compile(std::string_view expression, where has_to_match);  // the error: what is wrong

  bool matches(std::string_view text) const;  // thread-safe

 private:
  using linear = std::shared_ptr<const re2::RE2>;
  using backtracking = std::shared_ptr<const pcre2_real_code_8>;

  perl_pattern(std::variant<linear, backtracking> made, where has_to_match)
      : _made(std::move(made)), _where(has_to_match) {}

  std::variant<linear, backtracking> _made;
  where _where;
};

}  // namespace mes::gateway
