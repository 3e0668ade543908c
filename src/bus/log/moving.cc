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
  first = is_empty() ? from : std::min(first, from);
  last = std::max(last, to);
}

void move_plan::add(const uuid& topic, std::int32_t index, const std::string& topic_name, const partition& p) {
  const auto& ranges = p.ranges();
  const auto log = std::ranges::find_if(ranges, [](const range& r) { return !is_cleaned(r.in->number); });
  part& added = _parts.emplace_back(part{topic, index, topic_name, &p, static_cast<std::size_t>(log - ranges.begin())});
  added.written_before.push_back(0);
  added.cleaned_before.push_back(0);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    _places[ranges[i].in->number].push_back({_parts.size() - 1, i});
    added.written_before.push_back(added.written_before.back() + bytes_at_most({&ranges[i], 1}));
    added.cleaned_before.push_back(added.cleaned_before.back() + (i < added.cleaned ? ranges[i].bytes : 0));
  }
}

std::optional<move_plan::cost> move_plan::reach(std::span<const std::uint64_t> segments, std::uint64_t bytes_max,
                                                std::vector<piece>& pieces) const {
  cost sum;
  std::uint64_t wanted = 0;  // of cleaned ranges that go themselves: they are not in the way
  pieces.assign(_parts.size(), {});
  for (const std::uint64_t number : segments) {
    const auto places = _places.find(number);
    if (places == _places.end()) continue;
    for (const place& at : places->second) {
      const part& p = _parts[at.part];
      piece& reached = pieces[at.part];
      if (reached.is_empty()) reached = p.goes;
      const piece before = reached;
      reached.reach(std::min(at.range, p.cleaned), at.range + 1);
      sum.bytes += p.written(reached) - p.written(before);
      sum.bridged += p.cleaned_in(reached) - p.cleaned_in(before);
      if (at.range < p.cleaned && !p.goes.holds(at.range)) wanted += p.of->ranges()[at.range].bytes;
      if (sum.bytes > bytes_max) return std::nullopt;
    }
  }
  sum.bridged -= wanted;
  return sum;
}

bool move_plan::take(std::span<const std::uint64_t> segments, std::uint64_t bytes_max, std::uint64_t bridged_max) {
  std::vector<piece> pieces;
  const auto sum = reach(segments, bytes_max - std::min(bytes_max, _bytes), pieces);
  if (!sum || sum->bridged > bridged_max) return false;
  _bytes += sum->bytes;
  for (std::size_t i = 0; i < pieces.size(); ++i)
    if (!pieces[i].is_empty()) _parts[i].goes = pieces[i];
  return true;
}

std::vector<clean_task> move_plan::tasks() const {
  std::vector<clean_task> tasks;
  for (const part& p : _parts) {
    if (p.goes.is_empty()) continue;
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
