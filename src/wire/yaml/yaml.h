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

// A key that is in its mapping already.
struct yaml_repeat {
  yaml_mark mark;
  std::string key;
};

// One document. Errors say "file:line:column: what". Depth (64), aliases (expanded, at most 64 MiB of nodes in all) and
// duplicate keys are checked; with `repeats` a key that is there again replaces the earlier one, as other readers have
// it, and is noted.
result<yaml_node> parse_yaml(std::string_view text, std::string_view file_name,
                             std::vector<yaml_repeat>* repeats = nullptr);
result<yaml_node> read_yaml_file(const std::string& path, std::vector<yaml_repeat>* repeats = nullptr);

}  // namespace mes::wire
