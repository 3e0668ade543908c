// What goes away: records by age and size, the oldest beyond the limit of the disk, files that nothing refers to.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/instant.h"
#include "bus/log/store_state.h"

namespace mes::bus::log {

void store::retire() {
  for (const auto& [topic_id, index] : std::exchange(_starts_to_store, {}))
    if (const auto t = find(topic_id)) store_start(t, index);
  hold_disk_limit();
  if (_starts_under_way == 0) find_unused();
  start_cleaning(instant::now().ms());
}

void store::delete_up_to(const std::shared_ptr<topic>& t, std::int32_t partition, std::int64_t offset) {
  log::partition& p = *t->partitions[static_cast<std::size_t>(partition)];
  if (offset <= p.log_start() || !p.delete_before(offset)) return;
  p.drop_deleted();
  store_start(t, partition);
}

// Where a partition begins now; told again if there was no space, for the next start does not know it else. No file
// goes before all that is under way is stored, or refused.
void store::store_start(const std::shared_ptr<topic>& t, std::int32_t partition) {
  const auto index = static_cast<std::size_t>(partition);
  ++_starts_under_way;
  delete_records(t, partition, t->partitions[index]->log_start(),
                 [this, key = partition_key{t->id, partition}](bool stored) {
                   if (!stored) _starts_to_store.insert(key);
                   if (--_starts_under_way == 0) _look_for_unused = true;
                 });
}

namespace {

// Records may have no time: as in Kafka their segment's counts then.
std::int64_t time_of(const partition::oldest& o, std::int64_t now_ms) {
  return o.max_timestamp_ms >= 0 ? o.max_timestamp_ms : o.in.file->modified_ms().value_or(now_ms);
}

// When its last record came, as far as the clients' clocks can be believed.
std::int64_t time_of(const range& r) {
  const auto written_ms = r.in->file->modified_ms();
  if (!written_ms || r.max_timestamp_ms < 0) return written_ms.value_or(std::max<std::int64_t>(r.max_timestamp_ms, 0));
  return std::min(r.max_timestamp_ms, *written_ms);
}

// What a look has deleted of a topic, as one line of the log however many partitions there are.
struct deleted_records {
  static constexpr std::size_t named_max = 10;
  std::int64_t offsets = 0;
  std::size_t partitions = 0;
  std::string starts;  // partition@offset of the first ones

  void add(std::size_t partition, std::int64_t from, std::int64_t to) {
    offsets += to - from;
    partitions += 1;
    if (partitions <= named_max) starts += fmt::format("{}{}@{}", starts.empty() ? "" : " ", partition, to);
    if (partitions == named_max + 1) starts += " …";
  }
};

}  // namespace

void store::delete_expired(retention_by what) {
  const std::int64_t now_ms = instant::now().ms();
  for (const auto& [name, t] : _by_name) {
    const bool deletes = t->is_deleted();
    const std::int64_t keep_ms =
        what == retention_by::size ? -1 : t->config_number("retention.ms", _options.retention_ms);
    const std::int64_t keep_bytes = t->config_number("retention.bytes", _options.retention_bytes);
    deleted_records deleted;
    for (std::size_t i = 0; i < t->partitions.size(); ++i) {
      partition& p = *t->partitions[i];
      const std::int64_t start = p.log_start();
      const bool moved = p.retire([&](const partition::oldest& oldest, std::uint64_t size) {
        if (!deletes) return false;
        if (keep_ms >= 0 && time_of(oldest, now_ms) < now_ms - keep_ms) return true;
        return keep_bytes >= 0 && size - std::min(size, oldest.bytes) >= static_cast<std::uint64_t>(keep_bytes);
      });
      if (!moved) continue;
      deleted.add(i, start, p.log_start());
      store_start(t, static_cast<std::int32_t>(i));
    }
    if (deleted.partitions > 0)
      _logger.info("retention deleted the oldest records", {{"topic", std::string_view(name)},
                                                            {"offsets", deleted.offsets},
                                                            {"starts", std::string_view(deleted.starts)},
                                                            {"retention_ms", keep_ms},
                                                            {"retention_bytes", keep_bytes}});
  }
}

void store::expire_producers(std::int64_t now_ms) {
  for (const auto& [name, t] : _by_name)
    for (const auto& p : t->partitions) p->expire_producers(now_ms - _options.producer_expiry_ms);
}

// Nothing is deleted where emptying segments makes enough space: that writes less than it frees, and is tried once.
// Topics that are compacted are never deleted from; what they have in the oldest segments is moved out of them.
void store::hold_disk_limit() {
  if (_options.disk_bytes_max == 0) return;
  std::uint64_t total = disk_bytes();
  for (const auto& [number, noticed] : _unused) {
    const auto& all = is_cleaned(number) ? _cleaned : _segments;
    const auto it = all.find(number);
    const auto size = it == all.end() ? 0 : it->second->file->size().value_or(0);
    total -= std::min<std::uint64_t>(total, size);
  }
  if (total <= _options.disk_bytes_max) {
    _over_limit_told = false;
    return;
  }
  const std::uint64_t excess = total - _options.disk_bytes_max;
  if (auto less = worth_emptying(2, excess); less.frees >= excess) {
    if (_cleaning) return;
    if (!std::ranges::includes(_to_empty, less.segments)) return _to_empty.merge(less.segments);
  }
  std::uint64_t freed = 0, deleted = 0;
  const auto remove = [&](const std::shared_ptr<topic>& t, std::size_t i, const range& r) {
    deleted += r.bytes;
    delete_up_to(t, static_cast<std::int32_t>(i), std::min(r.end_offset, t->partitions[i]->high_watermark()));
  };
  // The oldest goes first, be it in a segment of the log, which goes as a whole, or moved out of one.
  std::vector<std::tuple<std::int64_t, std::shared_ptr<topic>, std::size_t, range>> moved;
  std::map<std::uint64_t, std::int64_t> newest;  // of what may be deleted in a segment
  for (const auto& [name, t] : _by_name)
    for (std::size_t i = 0; !t->is_compacted() && i < t->partitions.size(); ++i)
      for (const range& r : t->partitions[i]->ranges()) {
        const std::uint64_t number = r.in->number;
        if (is_cleaned(number))
          moved.emplace_back(time_of(r), t, i, r);
        else if (_segments.contains(number))  // others are the writer's, who may not have opened them yet
          newest[number] = std::max(newest[number], time_of(r));
      }
  std::ranges::sort(moved, {}, [](const auto& m) { return std::tuple(std::get<0>(m), std::get<3>(m).first_offset); });
  // What of it only moves, and so makes no space, is told.
  const auto take_segment = [&](std::uint64_t number) {
    std::uint64_t moves = 0;
    for (const auto& [name, t] : _by_name)
      for (std::size_t i = 0; i < t->partitions.size(); ++i) {
        const auto& ranges = t->partitions[i]->ranges();
        const auto r = std::ranges::find(ranges, number, [](const range& x) { return x.in->number; });
        if (r == ranges.end()) continue;
        if (!t->is_compacted()) {
          remove(t, i, range(*r));
          continue;
        }
        _to_empty.insert(number);
        moves += r->bytes;
      }
    return moves;
  };
  auto piece = moved.begin();
  const auto take_moved = [&](std::int64_t until_ms) {
    for (; freed < excess && piece != moved.end() && std::get<0>(*piece) <= until_ms; ++piece) {
      const auto& [time_ms, t, i, r] = *piece;
      freed += r.bytes;
      remove(t, i, r);
    }
  };
  for (const auto& [number, s] : _segments) {
    if (_unused.contains(number)) continue;
    take_moved(newest[number]);
    if (freed >= excess) break;
    const std::uint64_t size = s->file->size().value_or(0);
    freed += size - std::min(size, take_segment(number));
  }
  take_moved(INT64_MAX);
  _cleaning_stats.bytes_over_limit_deleted += deleted;
  if (deleted > 0)
    _logger.warn("disk_bytes_max reached: the oldest records were deleted",
                 {{"deleted_bytes", static_cast<std::int64_t>(deleted)},
                  {"limit_bytes", static_cast<std::int64_t>(_options.disk_bytes_max)}});
  else if (freed < excess && !std::exchange(_over_limit_told, true))
    _logger.error("The log is larger than disk_bytes_max and holds nothing that may be deleted",
                  {{"bytes", static_cast<std::int64_t>(total)},
                   {"limit_bytes", static_cast<std::int64_t>(_options.disk_bytes_max)}});
}

void store::find_unused() {
  std::set<std::uint64_t> used = _read_by_cleaner;
  for (const auto& [id, t] : _by_id)
    for (const auto& p : t->partitions)
      for (const range& r : p->ranges()) used.insert(r.in->number);
  for (const auto* all : {&_segments, &_cleaned})
    for (const auto& [number, s] : *all)
      if (!used.contains(number)) _unused.try_emplace(number, _checkpoints_made);
  const bool waiting = std::ranges::any_of(_unused, [this](const auto& u) { return u.second >= _checkpoints_kept; });
  remove_unused();
  if (waiting) put_checkpoint();
}

// A restart must find what it reads: the log from the last checkpoint on, and the cleaned segments that this or what
// follows it names. Older segments of the log go at once, for on a full disk no checkpoint can be written before: that
// their records were deleted, or moved, stands in the log behind the checkpoint. Not where the log is not synced.
void store::remove_unused() {
  for (auto it = _unused.begin(); it != _unused.end();) {
    const auto [number, noticed] = *it;
    const bool forgotten = _checkpoints_kept > noticed;
    const bool may_go = is_cleaned(number) ? forgotten : number < _checkpoint.segment && (forgotten || _options.sync);
    if (!may_go) {
      ++it;
      continue;
    }
    _logger.info("segment removed", {{"segment", std::string_view(segment_name(number))}});
    _log->run_on_writer(
        [files = _options.files, mail = _mail, log = path(segment_name(number)), index = path(index_name(number))] {
          for (const auto& name : {index, log})
            if (auto removed = files->remove(name); !removed && removed.error().code != error_code::not_found)
              mail->put_fault(std::move(removed.error()));
        });
    (is_cleaned(number) ? _cleaned : _segments).erase(number);
    _to_empty.erase(number);
    it = _unused.erase(it);
  }
}

std::uint64_t store::disk_bytes() const {
  std::uint64_t sum = _log->durable().offset;
  for (const auto* all : {&_segments, &_cleaned})
    for (const auto& [number, s] : *all) sum += s->file->size().value_or(0);
  return sum;
}

}  // namespace mes::bus::log
