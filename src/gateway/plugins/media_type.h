// Media types (RFC 2045) as Kong's plugins compare them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mes::gateway {

struct media_type {
  std::string type, subtype;  // lower case; "*" for any
  std::map<std::string, std::string> parameters;

  static std::optional<media_type> parse(std::string_view text);
};

// Whether `wanted` ("application/json", "*/*", "application/*") covers the one; "application/json" covers
// "application/vnd.api+json".
bool includes(const media_type& wanted, const media_type& one);

}  // namespace mes::gateway
