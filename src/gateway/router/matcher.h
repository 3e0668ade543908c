// What the router compares: each route as one or more expressions with priorities (kong/router/compat.lua).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/config/configuration.h"
#include "gateway/router/expression.h"

namespace mes::gateway {

// A route with several paths becomes one of these for all of its regular expressions, and one for each length of its
// prefixes.
struct route_matcher {
  const route* of = nullptr;
  std::size_t route_index = 0;
  std::uint64_t priority = 0;
  std::string id;  // of the route; of a split one a UUIDv5 of "id#length"
  std::vector<std::string> paths;
  expression test;
};

// All of them, the one that wins first: by priority, then by the larger id. Routes of disabled services and of streams
// are not among them.
std::vector<route_matcher> make_matchers(const configuration& all);

// The priority of a route whose paths are of one kind and length. `regex_rank` stands for its regex_priority: its place
// among those of all routes, since the number itself may be any, and there are 32 bits for it.
std::uint64_t route_priority(const route& r, bool regex, std::size_t prefix_bytes, std::uint64_t regex_rank);

// "3 kinds of matchers, no wildcard host, 1 header, path of 7 characters": for people.
std::string describe_priority(const route_matcher& m);

}  // namespace mes::gateway
