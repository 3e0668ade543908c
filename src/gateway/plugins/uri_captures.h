// What a route's regular expression caught of a request's path.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/plugins/plugin.h"

namespace re2 {
class RE2;
}

namespace mes::gateway {

// The expressions of all routes of a configuration. Immutable.
class uri_captures {
 public:
  uri_captures();
  explicit uri_captures(const configuration& all);
  ~uri_captures();
  uri_captures(uri_captures&&) noexcept;
  uri_captures& operator=(uri_captures&&) noexcept;

  // By name, and by number from "1"; "0" is all that matched. A group that has no part in it is not there. Empty if the
  // route has no expression.
  std::map<std::string, std::string> of(const plugin_context& c) const;
  boost::json::object as_json(const plugin_context& c) const;

 private:
  std::unordered_map<const route*, std::vector<std::unique_ptr<re2::RE2>>> _by_route;
};

}  // namespace mes::gateway
