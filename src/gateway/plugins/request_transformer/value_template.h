// A transformer's value with parts taken from the request: "$(headers.x-user)", "$(query_params['id'] or 'none')",
// "$(uri_captures[1])".
//
// Kong runs Lua there. Here each part is a list of alternatives joined with `or`: a member of headers, query_params or
// uri_captures, or a text in quotes. Other expressions are refused when the configuration is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "gateway/plugins/plugin.h"
#include "gateway/plugins/uri_captures.h"

namespace mes::gateway {

class value_template {
 public:
  static result<value_template> parse(std::string_view text);

  bool needs_captures() const;
  // A part without a value is left out.
  std::string render(const plugin_context& c, const uri_captures& captures) const;

 private:
  enum class source : std::uint8_t { text, header, query, capture };
  struct alternative {
    source from = source::text;
    std::string name;
  };
  using part = std::vector<alternative>;  // the first that has a value; one of source::text is plain text

  static result<part> parse_expression(std::string_view expression);
  static std::optional<std::string> value_of(const alternative& a, const plugin_context& c,
                                             const uri_captures& captures);

  std::vector<part> _parts;
};

std::string check_template(std::string_view text);  // "" if fine

}  // namespace mes::gateway
