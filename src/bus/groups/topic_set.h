// Names of topics, made once: the members of a group that name the same share them, as do all copies.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mes::bus::groups {

class topic_set {
 public:
  topic_set() = default;
  explicit topic_set(std::vector<std::string> names);  // in any order, and more than once

  auto begin() const { return names().begin(); }
  auto end() const { return names().end(); }
  std::size_t size() const { return names().size(); }
  bool empty() const { return names().empty(); }
  std::size_t hash() const { return _all ? _all->hash : 0; }
  std::size_t memory_bytes() const { return _all ? _all->memory_bytes : 0; }
  const void* identity() const { return _all.get(); }  // the same: they are shared

  bool operator==(const topic_set& other) const {
    return _all == other._all || (hash() == other.hash() && std::ranges::equal(names(), other.names()));
  }

 private:
  struct contents {
    std::vector<std::string> names;  // sorted, each once
    std::size_t hash = 0, memory_bytes = 0;
  };
  std::span<const std::string> names() const { return _all ? std::span(_all->names) : std::span<const std::string>(); }

  std::shared_ptr<const contents> _all;  // null: none
};

// Finds again what is known already.
class shared_topic_sets {
 public:
  void add(const topic_set& known) { _by_hash.try_emplace(known.hash(), known); }
  const topic_set& shared(const topic_set& made) {
    const topic_set& known = _by_hash.try_emplace(made.hash(), made).first->second;
    return known == made ? known : made;
  }

 private:
  std::unordered_map<std::size_t, topic_set> _by_hash;
};

}  // namespace mes::bus::groups
