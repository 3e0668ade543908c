// Which route takes a request: Kong's router "traditional_compatible", and routes with expressions.
//
// Of all matchers that fit, the first of the list wins: that is the definition. The index finds it without looking at
// all of them, so that a lookup does not grow with the number of routes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/config/configuration.h"
#include "gateway/router/index.h"
#include "gateway/router/query.h"

namespace mes::gateway {

class router {
 public:
  explicit router(const configuration& all);  // which outlives the router
  router(const router&) = delete;
  router& operator=(const router&) = delete;

  route_match find(const route_query& query) const;          // thread-safe
  route_match find_by_list(const route_query& query) const;  // the definition; slow

  const std::vector<route_matcher>& matchers() const { return _matchers; }  // best first
  // What find() answers if the matcher at `rank` wins, and its test has found `m`.
  route_match match_of(std::uint32_t rank, route_match m) const;

 private:
  std::vector<route_matcher> _matchers;
  route_index _index;
};

}  // namespace mes::gateway
