#include "bus/log/moving.h"

#include <algorithm>

#include "bus/log/store_state.h"

namespace mes::bus::log {
namespace {

constexpr std::uint64_t around_each_range = 256;  // its place in an index, and its share of a file's beginning and end

}  // namespace

std::uint64_t bytes_at_most(std::span<const range> ranges) {
  std::uint64_t sum = 0;
  for (const range& r : ranges)
    sum += r.bytes + r.count * std::uint64_t{frame_header_size + index_entry_size + 1} + around_each_range;
  return sum;
}

void move_plan::piece::reach(std::size_t from, std::size_t to) {
  first = first == last ? from : std::min(first, from);
  last = std::max(last, to);
}

void move_plan::add(const uuid& topic, std::int32_t index, const std::string& topic_name, const partition& p) {
  const auto& ranges = p.ranges();
  const auto log = std::ranges::find_if(ranges, [](const range& r) { return !is_cleaned(r.in->number); });
  for (std::size_t i = 0; i < ranges.size(); ++i) _places[ranges[i].in->number].push_back({_parts.size(), i});
  _parts.push_back({topic, index, topic_name, &p, static_cast<std::size_t>(log - ranges.begin()), {}});
}

std::map<std::size_t, move_plan::piece> move_plan::pieces_with(std::span<const std::uint64_t> segments) const {
  std::map<std::size_t, piece> pieces;
  for (const std::uint64_t number : segments) {
    const auto places = _places.find(number);
    if (places == _places.end()) continue;
    for (const place& at : places->second) {
      const part& p = _parts[at.part];
      piece& reached = pieces.try_emplace(at.part, p.goes).first->second;
      reached.reach(std::min(at.range, p.cleaned), at.range + 1);
    }
  }
  return pieces;
}

move_plan::cost move_plan::cost_of(std::span<const std::uint64_t> segments) const {
  cost sum;
  for (const auto& [index, reached] : pieces_with(segments)) {
    const part& p = _parts[index];
    for (std::size_t i = reached.first; i < reached.last; ++i) {
      if (p.goes.holds(i)) continue;
      const range& r = p.of->ranges()[i];
      sum.bytes += bytes_at_most({&r, 1});
      if (i < p.cleaned && std::ranges::find(segments, r.in->number) == segments.end()) sum.bridged += r.bytes;
    }
  }
  return sum;
}

void move_plan::take(std::span<const std::uint64_t> segments) {
  _bytes += cost_of(segments).bytes;
  for (const auto& [index, reached] : pieces_with(segments)) _parts[index].goes = reached;
}

std::vector<clean_task> move_plan::tasks() const {
  std::vector<clean_task> tasks;
  for (const part& p : _parts) {
    if (p.goes.first == p.goes.last) continue;
    const auto at = [&](std::size_t i) { return p.of->ranges().begin() + static_cast<std::ptrdiff_t>(i); };
    clean_task task;
    task.topic = p.topic;
    task.partition = p.index;
    task.topic_name = p.topic_name;
    task.kept.assign(at(0), at(p.goes.first));
    task.ranges.assign(at(p.goes.first), at(p.goes.last));
    if (p.goes.last < p.cleaned) task.kept_behind.assign(at(p.goes.last), at(p.cleaned));
    task.log_start = p.of->log_start();
    const cleaned_part before = p.of->cleaned();
    task.end = std::max(before.end, at(p.goes.last - 1)->end_offset);
    task.compacted = before.compacted;
    tasks.push_back(std::move(task));
  }
  return tasks;
}

}  // namespace mes::bus::log
