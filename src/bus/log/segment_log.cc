#include "bus/log/segment_log.h"

#include <algorithm>
#include <chrono>

#include "wire/kafka/crc32c.h"

namespace mes::bus::log {
namespace {

// A group smaller than this is worth a file that is zeroed ahead, which halves the time of its sync; larger ones would
// only be written twice. A producer's batch of 64 KiB is a little smaller than that.
constexpr std::size_t small_group = std::size_t{32} << 10;
constexpr std::uint64_t zeroed_ahead = std::uint64_t{1} << 20;
// Nothing is zeroed before so many small groups in a row: a large one would write over it soon.
constexpr std::uint32_t small_groups_min = 16;
// What came while the writer was busy: chunks up to the small size join the last one, into one write, until it is
// large. Emptied ones are kept, up to a total, for memory that is mapped already.
constexpr std::size_t small_chunk = std::size_t{32} << 10, large_chunk = std::size_t{4} << 20;
constexpr std::size_t spare_chunks_max = 24, spare_bytes_max = std::size_t{24} << 20;
// From here on a payload is written from where it lies.
constexpr std::size_t lent_min = std::size_t{64} << 10;

}  // namespace

segment_log::segment_log(segment_log_options options, std::shared_ptr<segment> active, std::uint32_t end)
    : _options(std::move(options)), _active(std::move(active)), _end(end) {
  _durable_segment = _written_segment = _active;
  _written = end;
  _allocated = end;
  _durable = {_active ? _active->number : 0, end};
  _writer = runtime::thread("bus-log", [this] { run_writer(); });
}

segment_log::~segment_log() { finish(); }

void segment_log::finish() {
  if (_finished_writing) return;
  submit();
  {
    const std::lock_guard lock(_mutex);
    _stopping = true;
  }
  _wake.notify_one();
  _writer.join();
  _finished_writing = true;
}

segment_log::place segment_log::append(frame_header header, std::string_view payload,
                                       std::shared_ptr<const char[]> memory) {
  header.payload_size = static_cast<std::uint32_t>(payload.size());
  const std::size_t size = frame_header_size + payload.size();
  const bool lends = memory && payload.size() >= lent_min;
  const bool opens = !_active || (_end > segment_header_size && _end + size > _options.segment_bytes);
  if (opens) {
    const std::uint64_t number = _active ? _active->number + 1 : 1;
    _active = std::make_shared<segment>();
    _active->number = number;
    _end = 0;
    add_write(0, true, lends);
    _filling.chunks.back().copied += make_segment_header(number);
    _filling.writes.back().size = segment_header_size;
    _end = segment_header_size;
  } else if (_filling.writes.empty() || _filling.chunks.back().lender) {
    add_write(_end, false, lends);
  }
  chunk& into = _filling.chunks.back();
  append_frame_header(into.copied, header, _active->number);
  if (lends) {
    into.lent = payload;
    into.lender = std::move(memory);
  } else {
    into.copied.append(payload);
  }
  _filling.writes.back().size += size;
  _filling.has_records |= header.kind == frame_kind::batch;
  const place where{_active, _end + static_cast<std::uint32_t>(frame_header_size)};
  _end += static_cast<std::uint32_t>(size);
  _pending_bytes += size;
  return where;
}

void segment_log::add_write(std::uint32_t at, bool opens, bool lends) {
  if (_filling.chunks.empty() || _filling.chunks.back().lender) {
    _filling.chunks.emplace_back();
    if (!_spare.empty() && !lends) {
      _filling.chunks.back().copied.swap(_spare.back());
      _spare.pop_back();
    }
  }
  _filling.writes.push_back({_active, at, _filling.chunks.size() - 1, _filling.chunks.back().size(), 0, opens});
}

// Large chunks are handed on, small ones copied into the last, so that they are written with it.
void segment_log::join(group& waiting, group&& more) {
  std::ranges::move(more.callbacks, std::back_inserter(waiting.callbacks));
  waiting.has_records |= more.has_records;
  if (more.writes.empty()) return;
  const auto joins = [](const chunk& c, std::size_t below) { return !c.lender && c.size() < below; };
  const bool copied = !waiting.writes.empty() && more.chunks.size() == 1 && joins(more.chunks[0], small_chunk) &&
                      joins(waiting.chunks.back(), large_chunk);
  const std::size_t first = copied ? waiting.chunks.size() - 1 : waiting.chunks.size();
  const std::size_t from = copied ? waiting.chunks.back().size() : 0;
  if (copied)
    waiting.chunks.back().copied += more.chunks[0].copied;
  else
    std::ranges::move(more.chunks, std::back_inserter(waiting.chunks));
  for (write& w : more.writes) {
    w.chunk += first;
    w.from += from;
    write* const last = waiting.writes.empty() ? nullptr : &waiting.writes.back();
    if (copied && !w.opens && last->to == w.to && last->chunk == w.chunk)
      last->size += w.size;
    else
      waiting.writes.push_back(std::move(w));
  }
}

void segment_log::keep_chunks(group& g) {
  std::size_t kept_bytes = 0;
  for (const std::string& s : _spare) kept_bytes += s.capacity();
  for (chunk& c : g.chunks) {
    if (c.lender || _spare.size() >= spare_chunks_max || kept_bytes + c.copied.capacity() > spare_bytes_max) continue;
    kept_bytes += c.copied.capacity();
    c.copied.clear();
    _spare.push_back(std::move(c.copied));
  }
}

void segment_log::when_durable(done callback) { _filling.callbacks.push_back(std::move(callback)); }

void segment_log::submit() {
  if (_filling.writes.empty() && _filling.callbacks.empty()) return;
  {
    const std::lock_guard lock(_mutex);
    // One group waits at most: what comes while the writer is busy joins it.
    if (_submitted.empty())
      _submitted.push_back(std::move(_filling));
    else
      join(_submitted.back(), std::move(_filling));
  }
  _filling = {};
  _wake.notify_one();
}

void segment_log::run_on_writer(std::move_only_function<void()> job) {
  if (_finished_writing) return job();
  {
    const std::lock_guard lock(_mutex);
    _jobs.push_back(std::move(job));
  }
  _wake.notify_one();
}

std::shared_ptr<segment> segment_log::closed(std::uint64_t number) {
  const auto it = std::ranges::find(_closed, number, [](const auto& s) { return s->number; });
  if (it == _closed.end()) return nullptr;
  auto found = std::move(*it);
  _closed.erase(it);
  return found;
}

sync_stats segment_log::stats() const {
  const std::lock_guard lock(_mutex);
  return _stats;
}

void segment_log::run_writer() {
  std::unique_lock lock(_mutex);
  for (;;) {
    _wake.wait(lock, [this] { return !_jobs.empty() || (!_submitted.empty() && !_halted) || _stopping; });
    if (!_submitted.empty() && !_halted) {
      group g = std::move(_submitted.back());
      _submitted.clear();
      lock.unlock();
      const auto before = std::chrono::steady_clock::now();
      if (auto stored = store(g); !stored) g.fault = std::move(stored.error());
      const auto took = std::chrono::steady_clock::now() - before;
      lock.lock();
      _stats.syncs += 1;
      for (const write& w : g.writes) _stats.bytes += g.fault ? 0 : w.size;
      _stats.zeroed_bytes = _zeroed;
      _stats.total_ns += static_cast<std::uint64_t>(std::chrono::nanoseconds(took).count());
      const double seconds = std::chrono::duration<double>(took).count();
      const auto bucket = std::ranges::lower_bound(sync_bucket_bounds_s, seconds) - sync_bucket_bounds_s.begin();
      _stats.buckets[static_cast<std::size_t>(bucket)] += 1;
      _halted = g.fault.has_value();
      _finished.push_back(std::move(g));
      lock.unlock();
      _options.notify();
      lock.lock();
    } else if (!_jobs.empty()) {
      auto jobs = std::move(_jobs);
      _jobs.clear();
      lock.unlock();
      for (auto& job : jobs) job();
      jobs.clear();
      lock.lock();
    } else if (_stopping) {
      return;
    }
  }
}

result<void> segment_log::open_segment(const write& w) {
  if (_written_segment && _options.sync) {
    // What was zeroed ahead of the old one goes; its size is durable before the new one exists.
    if (auto cut = _written_segment->file->truncate(_written); !cut) return cut;
    if (auto synced = _written_segment->file->sync(); !synced) return synced;
  }
  auto file = _options.files->open(_options.directory + "/" + segment_name(w.to->number), os::open_mode::create);
  if (!file) return fail(std::move(file.error()));
  if (auto cut = (*file)->truncate(0); !cut) return cut;
  w.to->file = std::move(*file);
  _allocated = 0;
  return {};
}

result<void> segment_log::write_out(const write& w, const chunk& from) {
  const auto copied = std::string_view(from.copied).substr(w.from, w.size);
  if (auto ok = w.to->file->pwrite(w.at, copied); !ok) return ok;
  if (copied.size() == w.size) return {};
  return w.to->file->pwrite(w.at + copied.size(), from.lent);
}

std::uint64_t segment_log::room_for_records() const {
  const std::uint64_t reserved = _reserved;
  if (reserved == 0) return UINT64_MAX;
  const auto free = _options.files->free_bytes(_options.directory);
  return free ? *free - std::min(*free, reserved) : UINT64_MAX;
}

// Back to what is durable, so that the next attempt finds no remains, nor a start what was refused. A segment that was
// begun is gone for good before anything comes to the one before it, which a start takes for whole if it is not the
// last.
result<void> segment_log::take_back(const group& g, std::shared_ptr<segment> to, std::uint32_t end) {
  bool removed_any = false;
  for (const write& w : g.writes)
    if (w.opens && w.to->file) {
      if (auto removed = _options.files->remove(_options.directory + "/" + segment_name(w.to->number)); !removed)
        return removed;
      w.to->file.reset();
      removed_any = true;
    }
  if (removed_any && _options.sync)
    if (auto synced = _options.files->sync_dir(_options.directory); !synced) return synced;
  _written_segment = std::move(to);
  _written = end;
  _allocated = end;
  _small_in_a_row = 0;  // the zeros may be what had no space
  if (!_written_segment) return {};
  if (auto cut = _written_segment->file->truncate(end); !cut) return cut;
  if (!_options.sync) return {};
  // What is below `end` was synced before. Of what is cut off, a file system on a network may tell once more.
  auto synced = _written_segment->file->sync();
  if (!synced && synced.error().code == error_code::storage_full) synced = _written_segment->file->sync();
  return synced;
}

result<void> segment_log::store(group& g) {
  const auto segment_before = _written_segment;
  const auto written_before = _written;
  bool opened = false;
  const std::uint64_t room = room_for_records();
  const auto attempt = [&]() -> result<void> {
    std::uint64_t records = 0;
    for (const write& w : g.writes) records += w.size;
    if (g.has_records && records > room)
      return fail(error_code::storage_full, "What is free is left to what makes space");
    for (const write& w : g.writes) {
      if (w.opens) {
        if (auto open = open_segment(w); !open) return open;
        opened = true;
        _written_segment = w.to;
      }
      const std::uint64_t end = w.at + w.size;
      _small_in_a_row = w.size < small_group ? _small_in_a_row + 1 : 0;
      if (end > _allocated && _small_in_a_row > small_groups_min && _options.sync && room > w.size + zeroed_ahead) {
        // Best effort: without it the write extends the file, or says that there is no space.
        if (w.to->file->preallocate(
                std::min<std::uint64_t>(end + zeroed_ahead, std::max<std::uint64_t>(_options.segment_bytes, end)))) {
          const std::uint64_t until =
              std::max(end, std::min<std::uint64_t>(end + zeroed_ahead, _options.segment_bytes));
          _zeroed += until - _allocated;
          _allocated = until;
        }
      }
      if (auto ok = write_out(w, g.chunks[w.chunk]); !ok) return ok;
      _allocated = std::max(_allocated, end);
      _written = static_cast<std::uint32_t>(end);
    }
    if (g.writes.empty()) return {};
    if (_options.sync)
      if (auto ok = _written_segment->file->sync(); !ok) return ok;
    // A new file is durable only with its name.
    if (opened && _options.sync) return _options.files->sync_dir(_options.directory);
    return {};
  };
  auto stored = attempt();
  if (stored || stored.error().code != error_code::storage_full) return stored;
  // No space. Where it is allocated late, only the sync tells: the kernel may have let go of any of what was written
  // since the last one, and all of that is taken back.
  if (auto back = take_back(g, segment_before, written_before); !back)
    return fail(error_code::storage_failed, std::move(back.error().message));
  return stored;
}

void segment_log::fail_everything(group& failed) {
  group rest;
  {
    const std::lock_guard lock(_mutex);
    if (!_submitted.empty()) rest = std::move(_submitted.back());
    _submitted.clear();
    _halted = false;
  }
  _active = _durable_segment;
  _end = _durable.offset;
  _pending_bytes = 0;
  group filling = std::move(_filling);
  _filling = {};
  for (group* g : {&failed, &rest, &filling})
    for (done& callback : g->callbacks) callback(false);
}

result<void> segment_log::collect() {
  for (;;) {
    group g;
    {
      const std::lock_guard lock(_mutex);
      if (_finished.empty()) return {};
      g = std::move(_finished.front());
      _finished.erase(_finished.begin());
    }
    if (g.fault) {
      if (g.fault->code != error_code::storage_full) return fail(std::move(*g.fault));
      _is_full = true;
      fail_everything(g);
      continue;
    }
    if (!g.writes.empty()) {
      _is_full = false;
      for (const write& w : g.writes) {
        if (w.to == _durable_segment) continue;
        if (_durable_segment) _closed.push_back(std::move(_durable_segment));
        _durable_segment = w.to;
      }
      _durable = {_durable_segment->number, static_cast<std::uint32_t>(g.writes.back().at + g.writes.back().size)};
    }
    for (const write& w : g.writes) _pending_bytes -= w.size - (w.opens ? segment_header_size : 0);
    _is_calling_back = true;
    for (done& callback : g.callbacks) callback(true);
    _is_calling_back = false;
    keep_chunks(g);
  }
}

}  // namespace mes::bus::log
