// When and what the cleaner cleans, and what becomes of its outcome.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "bus/log/moving.h"
#include "bus/log/number_text.h"
#include "bus/log/store_state.h"

namespace mes::bus::log {
namespace kafka = wire::kafka;
namespace {

constexpr std::uint64_t sparse_below_one_of = 4;  // a segment of which less than this part is left is emptied
constexpr std::size_t small_cleaned_max = 16;     // cleaned segments as small as that; more become one
constexpr std::uint64_t most_left = 8;  // of a full disk's oldest segment one such part has to become free at least
constexpr std::uint64_t left_to_producers = 2;  // segments that the cleaner does not use of what is free
constexpr std::size_t few_segments = 8;         // a log of more keeps room for one free for the cleaner

double config_ratio(const topic& t, const std::string& key, double otherwise) {
  const auto it = t.configs.find(key);
  return it == t.configs.end() ? otherwise : parse_number<double>(it->second).value_or(otherwise);
}

}  // namespace

void write_cleaned(kafka::writer& out, const std::vector<cleaned_change>& changes) {
  out.varuint(static_cast<std::uint32_t>(changes.size()));
  for (const cleaned_change& c : changes) {
    out.uuid(c.topic);
    out.int32(c.partition);
    out.int64(c.what.end);
    out.int64(c.what.compacted);
    out.varuint(static_cast<std::uint32_t>(c.what.segments.size()));
    for (const std::uint64_t number : c.what.segments) out.int64(static_cast<std::int64_t>(number));
  }
}

std::vector<cleaned_change> read_cleaned(kafka::reader& in) {
  std::vector<cleaned_change> changes;
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    cleaned_change c;
    c.topic = in.uuid();
    c.partition = in.int32();
    c.what.end = in.int64();
    c.what.compacted = in.int64();
    for (std::uint32_t k = 0, size = in.varuint(); k < size && in.ok(); ++k)
      c.what.segments.push_back(static_cast<std::uint64_t>(in.int64()));
    if (in.ok()) changes.push_back(std::move(c));
  }
  return changes;
}

// ---- What to clean ----

// Compaction as Kafka's log cleaner decides it. A partition has no active segment of its own here; what came since
// segment.ms or segment.bytes last ran out stands for it, and is not compacted.
std::vector<clean_task> store::tasks_of_compaction(std::int64_t now_ms) {
  std::vector<clean_task> tasks;
  for (const auto& [name, t] : _by_name) {
    if (!t->is_compacted()) continue;
    const std::int64_t lag_min = t->config_number("min.compaction.lag.ms", 0);
    const std::int64_t lag_max = t->config_number("max.compaction.lag.ms", INT64_MAX);
    const std::int64_t roll_ms = std::min(t->config_number("segment.ms", 604'800'000), lag_max);
    const auto roll_bytes = static_cast<std::uint64_t>(t->config_number("segment.bytes", _options.segment_bytes));
    const double ratio_min = config_ratio(*t, "min.cleanable.dirty.ratio", 0.5);
    for (std::size_t i = 0; i < t->partitions.size(); ++i) {
      const partition& p = *t->partitions[i];
      const partition_key key{t->id, static_cast<std::int32_t>(i)};
      if (_uncleanable.contains(key)) continue;
      const std::int64_t dirty_from = std::max(p.cleaned().compacted, p.log_start());
      std::int64_t& rolled = _rolled[key];
      rolled = std::max(rolled, dirty_from);
      if (const auto first = p.batch_at(rolled); first && rolled < p.high_watermark())
        if (now_ms - first->max_timestamp_ms > roll_ms || p.bytes_between(rolled, p.high_watermark()) >= roll_bytes)
          rolled = p.high_watermark();
      std::int64_t end = std::min({rolled, p.last_batch_offset(), p.last_stable_offset()});
      if (lag_min > 0) end = p.first_newer_than(now_ms - lag_min, dirty_from, end);
      if (end <= dirty_from) continue;
      const std::uint64_t dirty = p.bytes_between(dirty_from, end);
      const std::uint64_t before = p.bytes_between(p.log_start(), dirty_from);
      const auto first = p.batch_at(dirty_from);
      const bool overdue = first && lag_max < INT64_MAX && now_ms - first->max_timestamp_ms > lag_max;
      if (dirty == 0 || (!overdue && static_cast<double>(dirty) <= ratio_min * static_cast<double>(dirty + before)))
        continue;
      clean_task task;
      task.topic = t->id;
      task.partition = key.second;
      task.topic_name = name;
      task.log_start = p.log_start();
      task.end = end;
      task.cleaned_end = p.cleaned().end;
      for (const range& r : p.ranges())
        if (r.first_offset < std::max(end, task.cleaned_end)) task.ranges.push_back(r);
      task.compact = true;
      task.compacted = dirty_from;
      task.aborted = p.producers().aborted(p.log_start(), end);
      task.delete_retention_ms = t->config_number("delete.retention.ms", 86'400'000);
      tasks.push_back(std::move(task));
    }
  }
  return tasks;
}

// Segments that hold something of a partition that cannot be read back: they stay.
std::set<std::uint64_t> store::stuck_segments() const {
  std::set<std::uint64_t> stuck;
  for (const auto& [topic_id, index] : _uncleanable)
    if (const auto t = find(topic_id))
      for (const range& r : t->partitions[static_cast<std::size_t>(index)]->ranges()) stuck.insert(r.in->number);
  return stuck;
}

// Segments of the write-ahead log of which less than one of `one_of` is left, as far as emptying them writes less than
// such a part of what goes. What a partition has in segments that stay in front of them moves along, for all below its
// cleaned end is in cleaned segments: one in front of which much is left puts the others off, and holds none for good.
// No more than what frees `enough`.
store::emptying store::worth_emptying(std::uint64_t one_of, std::uint64_t enough) const {
  struct part {
    const partition* of;
    std::uint64_t bytes;
  };
  std::map<std::uint64_t, std::vector<part>> left;
  for (const auto& [id, t] : _by_id)
    for (const auto& p : t->partitions)
      for (const range& r : p->ranges())
        if (!is_cleaned(r.in->number)) left[r.in->number].push_back({p.get(), r.bytes});
  const auto stuck = stuck_segments();
  std::unordered_map<const partition*, std::uint64_t> in_front;
  std::vector<std::uint64_t> waiting;  // for others behind them that make it worth it
  std::uint64_t goes = 0, moves = 0;
  emptying found;
  for (const auto& [number, s] : _segments) {
    const auto parts = left.find(number);
    if (parts == left.end()) continue;
    std::uint64_t bytes = 0;
    for (const part& p : parts->second) bytes += p.bytes;
    const std::uint64_t size = s->file->size().value_or(0);
    const bool sparse = bytes * one_of < size && !stuck.contains(number);
    for (const part& p : parts->second) {
      std::uint64_t& before = in_front[p.of];
      before += p.bytes;
      if (sparse) moves += std::exchange(before, 0);
    }
    if (!sparse) continue;
    goes += size;
    waiting.push_back(number);
    if (moves * one_of >= goes) continue;
    found.segments.insert(waiting.begin(), waiting.end());
    found.frees = goes - moves;
    waiting.clear();
    if (found.frees >= enough) break;
  }
  return found;
}

// The cleaner leaves to producers a little, so that they are not refused while it makes space.
store::room store::room_on_disk() const {
  const std::uint64_t free = _options.files->free_bytes(_options.directory).value_or(UINT64_MAX);
  const std::uint64_t left = free - std::min(free / 2, left_to_producers * _options.segment_bytes);
  return {free, left >> std::min(_space_was_short, 63U)};
}

// Segments are shared: what is kept for long would hold all that is beside it. Those of which little is left, or which
// the disk's limit wants gone, are emptied; so are cleaned segments of which little is left, or which are many and
// small: each has two open files. Partitions that are cleaned `elsewhere` are left out.
//
// A run is all or nothing, so it takes no more than has room; on a disk that is all but full the first segment that
// fits makes some for the next. What is there only to keep a partition together has to be worth it: the others wait for
// the next run, which has what is between them behind it or in front.
std::vector<clean_task> store::tasks_of_moving(const std::set<partition_key>& elsewhere, room space) const {
  std::map<std::uint64_t, std::uint64_t> left;
  for (const auto& [id, t] : _by_id)
    for (const auto& p : t->partitions)
      for (const range& r : p->ranges())
        if (is_cleaned(r.in->number)) left[r.in->number] += r.bytes;
  const auto stuck = stuck_segments();
  std::vector<std::uint64_t> sparse, small;
  std::uint64_t small_bytes = 0;
  for (const auto& [number, s] : _cleaned) {
    const auto bytes = left.find(number);
    if (bytes == left.end() || stuck.contains(number)) continue;
    if (bytes->second * sparse_below_one_of < s->file->size().value_or(0)) {
      sparse.push_back(number);
    } else if (bytes->second * sparse_below_one_of < _options.segment_bytes) {
      small.push_back(number);
      small_bytes += bytes->second;
    }
  }
  if (small.size() <= small_cleaned_max) small.clear();
  const auto of_log = worth_emptying(sparse_below_one_of, UINT64_MAX).segments;
  const bool full = _log->is_full();
  if (_to_empty.empty() && sparse.empty() && small.empty() && of_log.empty() && !full) return {};

  move_plan plan;
  for (const auto& [name, t] : _by_name)
    for (std::size_t i = 0; i < t->partitions.size(); ++i)
      if (const partition_key key{t->id, static_cast<std::int32_t>(i)};
          !elsewhere.contains(key) && !_uncleanable.contains(key))
        plan.add(t->id, key.second, name, *t->partitions[i]);
  const auto take = [&](const std::vector<std::uint64_t>& these, std::uint64_t bridged_max) {
    return plan.take(these, plan.empty() ? space.free : space.for_cleaner, bridged_max);
  };
  const auto size_of = [](const std::shared_ptr<segment>& s) { return s->file->size().value_or(0); };
  for (const std::uint64_t number : _to_empty) take({number}, UINT64_MAX);
  for (const std::uint64_t number : sparse) take({number}, size_of(_cleaned.at(number)) / sparse_below_one_of);
  for (const std::uint64_t number : of_log) take({number}, size_of(_segments.at(number)) / sparse_below_one_of);
  while (small.size() > 1 && !take(small, small_bytes)) {  // as many as have room and lie together: the latest ones
    small_bytes -= left[small.front()];
    small.erase(small.begin());
  }
  // Where nothing else can be done about a full disk, the oldest segment has nothing in front that moves along.
  for (auto s = _segments.begin(); full && plan.empty() && s != _segments.end(); ++s)
    if (!stuck.contains(s->first))
      plan.take(std::vector{s->first}, std::min(space.free, size_of(s->second) / most_left * (most_left - 1)), 0);
  return plan.tasks();
}

store::clean_run store::next_run(std::int64_t now_ms) {
  const room space = room_on_disk();
  clean_run run;
  std::uint64_t needed = 0;
  // A partition is in one task of a run alone, and what is compacted need not be moved before.
  std::set<partition_key> compacted;
  for (clean_task& task : tasks_of_compaction(now_ms)) {
    const partition_key key{task.topic, task.partition};
    const std::uint64_t at_most = bytes_at_most(task.ranges);
    if (at_most <= space.for_cleaner - needed) {
      needed += at_most;
      compacted.insert(key);
      run.tasks.push_back(std::move(task));
    } else if (trial one{key, task.topic_name, at_most, space.for_cleaner}; at_most > one.room && is_worth_it(one)) {
      _trial = std::move(one);
      run.tasks.clear();
      run.tasks.push_back(std::move(task));
      run.bytes_max = space.for_cleaner;
      return run;
    }
  }
  for (clean_task& moving : tasks_of_moving(compacted, {space.free - needed, space.for_cleaner - needed}))
    run.tasks.push_back(std::move(moving));
  return run;
}

// How much stays shows only while it is written. Where that was too much it is tried again once there is more room, or
// something else to be compacted.
bool store::is_worth_it(const trial& now) const {
  const auto found = _without_room.find(now.of);
  if (found == _without_room.end()) return true;
  const auto grew = [](std::uint64_t from, std::uint64_t to) { return to > from + from / 4; };
  const trial& failed = found->second;
  return grew(failed.room, now.room) || grew(failed.needs_at_most, now.needs_at_most) ||
         grew(now.needs_at_most, failed.needs_at_most);
}

void store::start_cleaning(std::int64_t now_ms) {
  // A disk that records have filled to the last byte could never be emptied of what expired beside others.
  // What one segment has left always has room, with its index.
  _log->reserve(_segments.size() > few_segments ? _options.segment_bytes + _options.segment_bytes / 16 : 0);
  if (_cleaning || _stop_cleaning) return;
  clean_run run = next_run(now_ms);
  if (run.tasks.empty()) {
    if (_space_was_short > 0) _space_was_short -= 1;
    return;
  }
  clean_options options;
  options.files = _options.files;
  options.directory = _options.directory;
  options.segment_bytes = _options.segment_bytes;
  options.first_number = _last_cleaned + 1;
  options.bytes_max = run.bytes_max;
  options.memory_bytes_max = _options.cleaner_memory_bytes;
  options.batch_bytes_max = _options.cleaner_batch_bytes_max;
  options.now_ms = now_ms;
  options.stop = &_stop_cleaning;
  _cleaning = true;
  for (const clean_task& task : run.tasks)
    for (const auto* ranges : {&task.kept, &task.ranges, &task.kept_behind})
      for (const range& r : *ranges) _read_by_cleaner.insert(r.in->number);
  _cleaner.join();
  _cleaner =
      runtime::thread("bus-cleaner", [options, tasks = std::move(run.tasks), mail = _mail, notify = _options.notify] {
        mail->put_cleaned(clean(options, tasks));
        notify();
      });
}

// ---- What becomes of it ----

void store::end_cleaning() {
  _cleaning = false;
  _read_by_cleaner.clear();
}

void store::finish_cleaning(clean_outcome outcome) {
  for (const clean_failure& f : outcome.uncleanable) {
    if (!find(f.topic)) continue;
    if (f.broken_index && mend_index(*f.broken_index)) continue;  // the next run reads it
    _uncleanable.insert({f.topic, f.partition});
    _cleaning_stats.uncleanable_partitions = _uncleanable.size();
    _logger.error("partition cannot be compacted: a batch cannot be read back",
                  {{"topic", std::string_view(f.topic_name)},
                   {"partition", std::int64_t{f.partition}},
                   {"reason", std::string_view(f.why)}});
  }
  for (const large_batch& b : outcome.too_large) tell_of(b);
  for (const auto& s : outcome.segments) _last_cleaned = std::max(_last_cleaned, s->number);
  const auto tried = std::exchange(_trial, std::nullopt);
  const bool is_short = !outcome.fault && outcome.fault.error().code == error_code::storage_full;
  if (!is_short && _space_was_short > 0) _space_was_short -= 1;
  if (!outcome.fault) {
    end_cleaning();
    _cleaning_stats.failed_runs += 1;
    if (is_short && tried) return put_off(*tried);
    if (is_short) _space_was_short += 1;
    _logger.warn("compaction gave up, to be tried again", {{"error", std::string_view(outcome.fault.error().message)}});
    return;
  }
  std::vector<cleaned_change> changes;
  for (cleaned_task& done : outcome.done) {
    const auto t = find(done.topic);
    if (!t) continue;
    // What was deleted meanwhile may have no file any more when the log is read again.
    const std::int64_t start = t->partitions[static_cast<std::size_t>(done.partition)]->log_start();
    std::erase_if(done.ranges, [start](const range& r) { return r.end_offset <= start; });
    cleaned_change c{done.topic, done.partition, {done.end, done.compacted, {}}};
    for (const range& r : done.ranges) c.what.segments.push_back(r.in->number);
    changes.push_back(std::move(c));
    if (done.compacted > t->partitions[static_cast<std::size_t>(done.partition)]->cleaned().compacted)
      _without_room.erase({done.topic, done.partition});
    _fresh[{done.topic, done.partition}] = std::move(done);
  }
  if (changes.empty()) {
    end_cleaning();
    return discard(outcome);
  }
  _cleaning_stats.runs += 1;
  _cleaning_stats.bytes_read += outcome.bytes_read;
  _cleaning_stats.bytes_written += outcome.bytes_written;
  _cleaning_stats.records_dropped += outcome.records_dropped;
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(change::cleaned));
  write_cleaned(out, changes);
  append_state(std::move(out.buffer()), [this, outcome = std::move(outcome), partitions = changes.size()](bool stored) {
    end_cleaning();
    _fresh.clear();
    if (!stored) return discard(outcome);
    for (const auto& s : outcome.segments) _cleaned[s->number] = s;
    _logger.info("log cleaned", {{"partitions", static_cast<std::int64_t>(partitions)},
                                 {"bytes_read", static_cast<std::int64_t>(outcome.bytes_read)},
                                 {"bytes_written", static_cast<std::int64_t>(outcome.bytes_written)},
                                 {"records_dropped", static_cast<std::int64_t>(outcome.records_dropped)}});
    _look_for_unused = true;
  });
}

// Once of each.
void store::tell_of(const large_batch& b) {
  if (!find(b.topic)) return;
  std::int64_t& told = _told_too_large.try_emplace({b.topic, b.partition}, -1).first->second;
  if (b.offset <= told) return;
  told = b.offset;
  _logger.warn("a batch is too large to be compacted, and stays as it is",
               {{"topic", std::string_view(b.topic_name)},
                {"partition", std::int64_t{b.partition}},
                {"offset", b.offset},
                {"unpacks_to_more_than", static_cast<std::int64_t>(_options.cleaner_batch_bytes_max)}});
}

void store::put_off(const trial& failed) {
  _without_room[failed.of] = failed;
  _logger.warn("not compacted: the disk has no room for what is left of a partition, which is written as a whole",
               {{"topic", std::string_view(failed.topic)},
                {"partition", std::int64_t{failed.of.second}},
                {"bytes_needed_at_most", static_cast<std::int64_t>(failed.needs_at_most)},
                {"bytes_for_it", static_cast<std::int64_t>(failed.room)}});
}

void store::forget_cleaning_of(const topic& t) {
  for (std::size_t i = 0; i < t.partitions.size(); ++i) {
    const partition_key key{t.id, static_cast<std::int32_t>(i)};
    _rolled.erase(key);
    _uncleanable.erase(key);
    _told_too_large.erase(key);
    _without_room.erase(key);
  }
  _cleaning_stats.uncleanable_partitions = _uncleanable.size();
}

// Files of a run that does not count.
void store::discard(const clean_outcome& outcome) {
  for (const auto& s : outcome.segments)
    for (const std::string& name : {index_name(s->number), segment_name(s->number)})
      if (auto removed = _options.files->remove(path(name)); !removed && removed.error().code != error_code::not_found)
        _logger.warn("a file could not be removed; the next start removes it", {{"file", std::string_view(name)}});
}

void store::apply_cleaned(const cleaned_change& c) {
  const auto t = find(c.topic);
  const auto index = static_cast<std::size_t>(c.partition);
  if (!t || index >= t->partitions.size()) return;
  if (const auto fresh = _fresh.find({c.topic, c.partition}); fresh != _fresh.end())
    return t->partitions[index]->replace_below(c.what.end, c.what.compacted, std::move(fresh->second.ranges));
  t->partitions[index]->set_cleaned(c.what.end, c.what.compacted);
  _recovered_cleaned[{c.topic, c.partition}] = c.what.segments;
}

// ---- At the start ----

// The batches of a closed segment by its frames, where its index file does not hold together.
result<std::vector<indexed_range>> store::scan_closed(const std::shared_ptr<segment>& s) {
  auto size = s->file->size();
  if (!size) return fail(std::move(size.error()));
  std::string bytes(*size, '\0');
  auto got = s->file->pread(0, bytes);
  if (!got) return fail(std::move(got.error()));
  const auto broken = [&](std::size_t at) {
    return fail(error_code::corrupt, fmt::format("{} is broken at byte {}", path(segment_name(s->number)), at));
  };
  if (*got != bytes.size() || !is_segment_header(bytes, s->number)) return broken(0);
  std::vector<indexed_range> found;
  const std::string_view all = bytes;
  for (std::size_t at = segment_header_size; at < all.size();) {
    const auto header = read_frame_header(all.substr(at), s->number);
    const std::size_t payload_at = at + frame_header_size;
    if (!header || header->payload_size > all.size() - payload_at) return broken(at);
    const std::string_view payload = all.substr(payload_at, header->payload_size);
    if (!payload_holds(*header, payload)) return broken(at);
    at = payload_at + header->payload_size;
    if (header->kind != frame_kind::batch) continue;
    const auto batch = kafka::peek_batch(payload);
    if (found.empty() || found.back().topic != header->topic || found.back().partition != header->partition) {
      found.push_back({header->topic, header->partition, {}});
      found.back().what.in = s;
      found.back().what.first_offset = header->base_offset;
    }
    range& r = found.back().what;
    r.entries.push_back(
        {header->base_offset, batch->max_timestamp_ms, static_cast<std::uint32_t>(payload_at), header->payload_size});
    r.count += 1;
    r.bytes += header->payload_size;
    r.end_offset = batch->last_offset() + 1;
    r.max_timestamp_ms = std::max(r.max_timestamp_ms, batch->max_timestamp_ms);
  }
  return found;
}

result<void> store::load_cleaned(const std::vector<std::string>& names) {
  std::map<std::uint64_t, std::vector<indexed_range>> found;
  std::set<std::uint64_t> used;
  for (const auto& [key, numbers] : _recovered_cleaned) {
    const auto t = find(key.first);
    if (!t) continue;
    std::vector<range> ranges;
    for (const std::uint64_t number : numbers) {
      if (used.insert(number).second) {
        auto file = _options.files->open(path(segment_name(number)), os::open_mode::read);
        if (!file)
          return fail(file.error().code == error_code::not_found ? error_code::corrupt : file.error().code,
                      fmt::format("{}: it holds records of topic {}", file.error().message, t->name));
        const auto s = std::make_shared<segment>(segment{number, std::move(*file)});
        _cleaned[number] = s;
        if (auto read = read_index(*_options.files, path(index_name(number)), s, UINT32_MAX, false)) {
          s->unchecked_below = UINT32_MAX;
          found[number] = std::move(*read);
        } else {
          _logger.warn("index file missing or broken, the segment is read whole",
                       {{"segment", std::string_view(segment_name(number))}});
          auto scanned = scan_closed(s);
          if (!scanned) return fail(std::move(scanned.error()));
          found[number] = std::move(*scanned);
        }
      }
      for (const indexed_range& r : found[number])
        if (r.topic == key.first && r.partition == key.second) ranges.push_back(r.what);
    }
    partition& p = *t->partitions[static_cast<std::size_t>(key.second)];
    p.replace_below(p.cleaned().end, p.cleaned().compacted, std::move(ranges));
  }
  _recovered_cleaned.clear();
  for (const std::string& name : names) {
    const auto number = parse_segment_name(name);
    if (!number || !is_cleaned(*number) || used.contains(*number)) continue;
    for (const std::string& unused : {index_name(*number), name})
      if (auto removed = _options.files->remove(path(unused));
          !removed && removed.error().code != error_code::not_found)
        return removed;
  }
  return {};
}

}  // namespace mes::bus::log
