// What a run of the cleaner moves: segments are emptied as one after the other is taken, as long as there is space.
//
// A run writes of a partition one piece that hangs together. It reaches from the first range that goes to the last, and
// where one of the write-ahead log goes, all of the log before it is in it: below a partition's cleaned end everything
// is in cleaned segments. Cleaned ranges before and behind the piece stay as they are.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "bus/log/cleaner.h"

namespace mes::bus::log {

// What to write of ranges at most, with headers and indexes.
std::uint64_t bytes_at_most(std::span<const range> ranges);

class move_plan {
 public:
  void add(const uuid& topic, std::int32_t index, const std::string& topic_name, const partition& p);

  struct cost {
    std::uint64_t bytes = 0;    // to be written
    std::uint64_t bridged = 0;  // of cleaned ranges that are in the way: their segments stay
  };
  // Of these segments beside what was taken.
  cost cost_of(std::span<const std::uint64_t> segments) const;
  void take(std::span<const std::uint64_t> segments);
  bool empty() const { return _bytes == 0; }
  std::uint64_t bytes() const { return _bytes; }
  std::vector<clean_task> tasks() const;

 private:
  struct piece {
    std::size_t first = 0, last = 0;  // one past it
    void reach(std::size_t from, std::size_t to);
    bool holds(std::size_t i) const { return first <= i && i < last; }
  };
  struct part {
    uuid topic;
    std::int32_t index = 0;
    std::string topic_name;
    const partition* of = nullptr;
    std::size_t cleaned = 0;  // ranges, in front
    piece goes;
  };
  std::map<std::size_t, piece> pieces_with(std::span<const std::uint64_t> segments) const;

  std::vector<part> _parts;
  struct place {
    std::size_t part, range;
  };
  std::map<std::uint64_t, std::vector<place>> _places;  // by segment
  std::uint64_t _bytes = 0;
};

}  // namespace mes::bus::log
