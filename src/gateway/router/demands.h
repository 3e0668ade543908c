// What a request must have for an expression to hold at all: keys for an index.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/router/expression.h"

namespace mes::gateway {

// One kind of key: of the path its beginning, of the host "=name", ">.suffix" or "<prefix.", of the others a value.
struct key_kind {
  match_field field = match_field::path;
  std::string name;  // of a header
};

// Any request for which `e` holds has one of these keys. nullopt: nothing can be said; empty: it never holds.
std::optional<std::vector<std::string>> demanded_keys(const expression& e, const key_kind& kind, bool https);

// Headers of which `e` demands certain values.
std::vector<std::string> demanded_headers(const expression& e, bool https);

// Patterns of which the path must match one. nullopt and empty as above.
std::optional<std::vector<std::string>> demanded_patterns(const expression& e, bool https);

// What every text that the pattern matches begins with; "" if nothing can be said.
std::string literal_beginning(std::string_view pattern);

}  // namespace mes::gateway
