// The arguments of a query or of an urlencoded body, as nginx' decode_args and encode_args have them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace mes::gateway {

class form_arguments {
 public:
  struct argument {
    std::string name;
    std::optional<std::string> value;  // nothing: "name" without '='
  };

  static form_arguments parse(std::string_view text);
  // A body is larger than a query ever is: error_code::too_large beyond 1000 arguments, the most that Kong's plugins
  // read.
  static result<form_arguments> parse_body(std::string_view text);
  std::string encode() const;

  const argument* find(std::string_view name) const;  // the first
  std::size_t count(std::string_view name) const;
  void erase(std::string_view name);
  void set(std::string_view name, std::string value);  // in place of all of that name
  void add(std::string_view name, std::string value);
  // All values of `name` become those of `new_name`, whose own are gone; so they are if there is no `name`, as in Kong.
  void rename(std::string_view name, std::string_view new_name);

  bool empty() const { return _arguments.empty(); }
  auto begin() const { return _arguments.begin(); }
  auto end() const { return _arguments.end(); }

 private:
  std::vector<argument> _arguments;
};

}  // namespace mes::gateway
