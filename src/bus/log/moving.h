// What a run of the cleaner moves: segments are emptied as one after the other is taken, as long as there is space.
//
// A run writes of a partition one piece that hangs together. It reaches from the first range that goes to the last, and
// where one of the write-ahead log goes, all of the log before it is in it: below a partition's cleaned end everything
// is in cleaned segments. Cleaned ranges before and behind the piece stay as they are.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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

  // All of these segments, unless that is more than may be written in all, or more of cleaned ranges that are only in
  // the way: their segments stay. False: nothing was taken.
  bool take(std::span<const std::uint64_t> segments, std::uint64_t bytes_max, std::uint64_t bridged_max);
  bool empty() const { return _bytes == 0; }
  std::uint64_t bytes() const { return _bytes; }
  std::vector<clean_task> tasks() const;

 private:
  struct piece {
    std::size_t first = 0, last = 0;  // one past it
    bool is_empty() const { return first == last; }
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
    std::vector<std::uint64_t> written_before, cleaned_before;  // bytes in front of each range, and of their end

    std::uint64_t written(const piece& x) const { return written_before[x.last] - written_before[x.first]; }
    std::uint64_t cleaned_in(const piece& x) const { return cleaned_before[x.last] - cleaned_before[x.first]; }
  };
  struct cost {
    std::uint64_t bytes = 0, bridged = 0;
  };
  // What taking them would come to, and the pieces of all parts then. Nothing: more than so many bytes.
  std::optional<cost> reach(std::span<const std::uint64_t> segments, std::uint64_t bytes_max,
                            std::vector<piece>& pieces) const;

  std::vector<part> _parts;
  struct place {
    std::size_t part, range;
  };
  std::map<std::uint64_t, std::vector<place>> _places;  // by segment
  std::uint64_t _bytes = 0;
};

}  // namespace mes::bus::log
