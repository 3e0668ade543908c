// Finds the matchers that may fit a request without looking at all of them.
//
// A tree that tells matchers apart by what they demand: the path's prefix, the host, headers, the SNI, the method, and
// at last all regular expressions of the path at once. What a matcher demands is taken out of its expression, so the
// index only leaves out what the expression refuses anyway; the winner is always found by the expressions themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "gateway/router/matcher.h"

namespace mes::gateway {

class route_index {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  explicit route_index(const std::vector<route_matcher>& matchers);  // which outlive the index
  ~route_index();
  route_index(const route_index&) = delete;
  route_index& operator=(const route_index&) = delete;

  // The position of the first matcher that fits; `m` says what of the path has matched. `compared`, if given, counts
  // the matchers that were looked at.
  std::uint32_t find(const route_subject& subject, route_match& m, std::size_t* compared = nullptr) const;

  struct node;

 private:
  const std::vector<route_matcher>& _matchers;
  std::unique_ptr<node> _http, _https;  // what depends on the protocol is decided when the tree is built
};

}  // namespace mes::gateway
