// Where in a tree of entities a finding is: for answers that name fields instead of lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/diagnostic.h"

namespace mes::gateway {

// "config" and "minute": "config.minute"; either may be empty.
std::string member_path(std::string_view path, std::string_view member);

// Marks every node of a tree with the number of its path as its line, so that what is found there can be told by path:
// "services[0].routes[1].paths[0]", "" = the tree itself.
class finding_places {
 public:
  void mark(wire::yaml_node& node, const std::string& path = "");
  std::string_view path_of(wire::yaml_mark mark) const;

 private:
  std::vector<std::string> _paths;
};

// The finding's reason in Kong's words, else its sentence without what it is about ("service 'a', path: …").
std::string reason_of(const diagnostic& finding, std::string_view what);

}  // namespace mes::gateway
