// YAML and JSON documents with the place of every node, on libyaml (the dialect that Kong reads).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace mes::wire {

struct yaml_mark {
  int line = 0;    // from 1
  int column = 0;  // from 1
};

struct yaml_member;

class yaml_node {
 public:
  enum class kind : std::uint8_t { null, scalar, sequence, mapping };

  kind type = kind::null;
  yaml_mark mark;
  std::string scalar;                // as written, without its quotes
  bool quoted = false;               // '…' or "…": always text, never a number, boolean or null
  std::vector<yaml_node> items;      // sequence
  std::vector<yaml_member> members;  // mapping, in order; keys are scalars

  const yaml_node* find(std::string_view key) const;  // nullptr if this is no mapping or has no such key
  yaml_node* find(std::string_view key);
  bool is_null() const { return type == kind::null; }
};

// A key (first) and its value (second). Not std::pair, which needs complete types too early for a tree of itself.
struct yaml_member {
  yaml_node first;
  yaml_node second;
};

// One document. Errors say "file:line:column: what". Depth (64), aliases (expanded, at most 1 MiB of nodes in all) and
// duplicate keys are checked.
result<yaml_node> parse_yaml(std::string_view text, std::string_view file_name);
result<yaml_node> read_yaml_file(const std::string& path);

}  // namespace mes::wire
