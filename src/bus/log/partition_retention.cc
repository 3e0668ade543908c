// What goes away of a partition: retention, deleted records, and what compaction has written anew.
#include <algorithm>

#include "bus/log/partition.h"

namespace mes::bus::log {

// Takes the entries that begin before `before` off the front.
void partition::trim(range& r, std::int64_t before) {
  std::uint32_t gone = 0;
  for (; gone < r.count; ++gone) {
    const auto e = entry(r, gone);
    if (!e || e->base_offset >= before) break;
    r.bytes -= std::min<std::uint64_t>(r.bytes, e->size);
  }
  if (r.resident())
    r.entries.erase(r.entries.begin(), r.entries.begin() + static_cast<std::ptrdiff_t>(gone));
  else
    r.skipped += gone;
  r.count -= gone;
  r.first_offset = before;
}

// As in Kafka the epoch of the first record begins with it, and those before are forgotten; without records all are.
void partition::start_at(std::int64_t offset) {
  _log_start = offset;
  _producers.forget_before(offset);
  const auto later =
      std::ranges::find_if(_epochs, [&](const leader_epoch_start& e) { return e.first_offset > offset; });
  if (later != _epochs.begin()) _epochs.erase(_epochs.begin(), std::prev(later));
  if (offset >= _end_offset) _epochs.clear();
  if (!_epochs.empty()) _epochs.front().first_offset = std::max(_epochs.front().first_offset, offset);
}

bool partition::retire(const std::function<bool(const oldest&, std::uint64_t)>& expired) {
  const std::int64_t before = _log_start;
  std::uint64_t size = bytes_between(_log_start, _end_offset);
  for (const range& r : _ranges) {
    if (r.end_offset <= _log_start) continue;
    if (r.end_offset <= _high_watermark && _log_start <= r.first_offset &&
        expired({r.max_timestamp_ms, r.bytes, *r.in}, size)) {
      size -= std::min(size, r.bytes);
      _log_start = r.end_offset;
      continue;
    }
    for (std::uint32_t k = start_of(r, _log_start).value_or(r.count); k < r.count; ++k) {
      const auto e = entry(r, k);
      if (!e || e->base_offset >= _high_watermark || !expired({e->max_timestamp_ms, e->size, *r.in}, size)) break;
      const auto next = k + 1 < r.count ? entry(r, k + 1) : std::nullopt;
      const std::int64_t end = next ? next->base_offset : r.end_offset;
      if (end > _high_watermark) break;
      size -= std::min<std::uint64_t>(size, e->size);
      _log_start = end;
    }
    break;
  }
  drop_deleted();
  start_at(_log_start);
  return _log_start != before;
}

void partition::drop_deleted() {
  const auto gone = std::ranges::find_if(_ranges, [this](const range& r) { return r.end_offset > _log_start; });
  if (gone == _ranges.begin()) return;
  _ranges.erase(_ranges.begin(), gone);
  _chunk_of = nullptr;
}

void partition::attach(range r) {
  if (r.end_offset > std::max(_log_start, _cleaned_end)) _ranges.push_back(std::move(r));
}

namespace {

// Those of a range are the last ones before its end: what lies before them was deleted, maybe up to within the first.
std::span<const index_entry> entries_of(const range& r, const std::vector<index_entry>& all) {
  const auto end =
      std::ranges::partition_point(all, [&](const index_entry& e) { return e.base_offset < r.end_offset; });
  const auto count = static_cast<std::size_t>(end - all.begin());
  return count < r.count ? std::span<const index_entry>() : std::span(all).subspan(count - r.count, r.count);
}

}  // namespace

bool partition::can_take_entries(std::uint64_t segment, const std::vector<index_entry>& its) const {
  return std::ranges::all_of(_ranges, [&](const range& r) {
    return r.in->number != segment || r.resident() || entries_of(r, its).size() == r.count;
  });
}

void partition::take_entries(std::uint64_t segment, const std::vector<index_entry>& its) {
  for (range& r : _ranges) {
    if (r.in->number != segment || r.resident()) continue;
    const auto own = entries_of(r, its);
    r.entries.assign(own.begin(), own.end());
    r.index = nullptr;
    r.skipped = 0;
  }
  _chunk_of = nullptr;
}

void partition::settle() {
  durable_up_to(_end_offset);
  drop_deleted();
  const std::int64_t first =
      _ranges.empty() ? _high_watermark : std::min(_high_watermark, _ranges.front().first_offset);
  // Records that compaction took leave gaps; everything else that is missing was deleted.
  if (first > std::max(_log_start, _cleaned_end)) start_at(first);
}

cleaned_part partition::cleaned() const {
  cleaned_part c{_cleaned_end, _compacted_end, {}};
  for (const range& r : _ranges)
    if (is_cleaned(r.in->number)) c.segments.push_back(r.in->number);
  return c;
}

void partition::set_cleaned(std::int64_t end, std::int64_t compacted) {
  _cleaned_end = end;
  _compacted_end = compacted;
  _producers.forget_before(compacted);  // compaction has dropped all records of transactions that were aborted below it
}

void partition::replace_below(std::int64_t end, std::int64_t compacted, std::vector<range> fresh) {
  set_cleaned(end, compacted);
  const auto kept = std::ranges::find_if(_ranges, [end](const range& r) { return r.end_offset > end; });
  _ranges.erase(_ranges.begin(), kept);
  _chunk_of = nullptr;
  if (!_ranges.empty() && _ranges.front().first_offset < end) trim(_ranges.front(), end);
  _chunk_of = nullptr;
  for (std::size_t i = 1; i < fresh.size(); ++i)  // nothing is there twice
    if (fresh[i].first_offset < fresh[i - 1].end_offset) trim(fresh[i], fresh[i - 1].end_offset);
  std::erase_if(fresh, [this](const range& r) { return r.count == 0 || r.end_offset <= _log_start; });
  _ranges.insert(_ranges.begin(), std::make_move_iterator(fresh.begin()), std::make_move_iterator(fresh.end()));
}

std::int64_t partition::last_batch_offset() const {
  for (auto r = _ranges.rbegin(); r != _ranges.rend(); ++r)
    for (std::uint32_t k = r->count; k-- > 0;) {
      const auto e = entry(*r, k);
      if (!e) return _log_start;
      if (e->base_offset < _high_watermark) return e->base_offset;
    }
  return _log_start;
}

std::int64_t partition::first_newer_than(std::int64_t timestamp_ms, std::int64_t offset, std::int64_t end) const {
  for (std::size_t i = first_range(offset); i < _ranges.size() && _ranges[i].first_offset < end; ++i) {
    const range& r = _ranges[i];
    if (r.max_timestamp_ms <= timestamp_ms) continue;
    for (std::uint32_t k = start_of(r, offset).value_or(r.count); k < r.count; ++k) {
      const auto e = entry(r, k);
      if (!e || e->base_offset >= end) return end;
      if (e->max_timestamp_ms > timestamp_ms) return std::max(offset, e->base_offset);
    }
  }
  return end;
}

std::optional<index_entry> partition::batch_at(std::int64_t offset) const {
  for (std::size_t i = first_range(offset); i < _ranges.size(); ++i) {
    const range& r = _ranges[i];
    if (const auto e = entry(r, start_of(r, offset).value_or(r.count))) return e;
  }
  return std::nullopt;
}

std::uint64_t partition::bytes_between(std::int64_t from, std::int64_t end) const {
  std::uint64_t sum = 0;
  for (std::size_t i = first_range(from); i < _ranges.size() && _ranges[i].first_offset < end; ++i) {
    const range& r = _ranges[i];
    if (from <= r.first_offset && r.end_offset <= end) {
      sum += r.bytes;
      continue;
    }
    for (std::uint32_t k = start_of(r, from).value_or(r.count); k < r.count; ++k) {
      const auto e = entry(r, k);
      if (!e || e->base_offset >= end) break;
      sum += e->size;
    }
  }
  return sum;
}

}  // namespace mes::bus::log
