// The front of the store: the queue, the log, and what queries see.
#include "telemetry/parts/store.h"

#include <fmt/format.h>

#include <algorithm>

namespace mes::telemetry {

using clock = std::chrono::steady_clock;

store::store(os::file_system& fs, std::string dir, store_options options, labeller label, const observe::logger& log)
    : _fs(fs), _dir(std::move(dir)), _options(options), _label(std::move(label)), _log(log) {}

store::~store() {
  {
    std::lock_guard lock(_mutex);
    _stop_writer = true;
  }
  _work.notify_all();
  _progress.notify_all();
  _writer.join();  // needs the background thread while it waits for a flush
  {
    std::lock_guard lock(_mutex);
    _stop_background = true;
  }
  _background.notify_all();
}

result<void> store::append(std::vector<row_batch>&& batches, durability wanted, done finished) {
  std::size_t size = 0;
  for (const row_batch& b : batches) size += b.rows.size() + b.index.size();
  std::lock_guard lock(_mutex);
  if (_failed) return fail(error_code::storage_failed, "A sync of the log failed: nothing can be stored any more");
  if (_queued_bytes > 0 && _queued_bytes + size > _options.backlog_bytes_max)
    return fail(error_code::unavailable, "Too much is waiting to be stored");
  _queued_bytes += size;
  _queue.push_back({std::move(batches), wanted, std::move(finished), size});
  _work.notify_one();
  return {};
}

snapshot store::select(const std::function<bool(std::string_view index)>& wanted) const {
  snapshot seen;
  std::lock_guard lock(_mutex);
  for (const auto& [index, parts] : _parts)
    if (wanted(index)) seen.parts.insert(seen.parts.end(), parts.begin(), parts.end());
  for (const auto& t : {_flushing, _active}) {
    if (!t) continue;
    for (const auto& c : t->chunks)
      if (wanted(c->index)) seen.chunks.push_back(c);
  }
  return seen;
}

std::vector<std::string> store::indices() const {
  std::set<std::string> names;
  std::lock_guard lock(_mutex);
  for (const auto& [index, parts] : _parts)
    if (!parts.empty()) names.insert(index);
  for (const auto& t : {_flushing, _active})
    if (t)
      for (const auto& c : t->chunks) names.insert(c->index);
  return {names.begin(), names.end()};
}

bool store::has_room_for(std::string_view index) const {
  {
    std::lock_guard lock(_mutex);
    if (_parts.contains(index)) return true;
  }
  std::vector<std::string> known = indices();
  return known.size() < _options.indices_max || std::binary_search(known.begin(), known.end(), index);
}

store_figures store::figures() const {
  store_figures f;
  f.indices = indices().size();
  std::lock_guard lock(_mutex);
  for (const auto& [index, parts] : _parts) {
    f.parts += parts.size();
    for (const auto& p : parts) f.part_bytes += p->size_bytes();
  }
  for (const auto& t : {_flushing, _active})
    if (t) f.memory_bytes += t->size_bytes;
  f.backlog_bytes = _queued_bytes;
  f.flushes = _flushes;
  f.merges = _merges;
  return f;
}

bool store::healthy() const {
  std::lock_guard lock(_mutex);
  return !_failed;
}

void store::on_failure(std::function<void()> told) {
  std::lock_guard lock(_mutex);
  _told = std::move(told);
}

void store::flush() {
  std::unique_lock lock(_mutex);
  _flush_wanted = true;
  _work.notify_one();
  _progress.wait(lock, [&] { return (!_flush_wanted && !_flushing) || _failed; });
}

void store::write_loop() {
  while (true) {
    std::deque<request> taken;
    bool stopping = false, forced = false;
    {
      std::unique_lock lock(_mutex);
      auto ready = [&] { return !_queue.empty() || _stop_writer || _flush_wanted; };
      if (_dirty)
        _work.wait_until(lock, _sync_due, ready);
      else if (!_active->chunks.empty())
        _work.wait_until(lock, _active->since + _options.table_age_max, ready);
      else
        _work.wait(lock, ready);
      taken.swap(_queue);
      stopping = _stop_writer && taken.empty();
      forced = _flush_wanted;
    }
    if (!taken.empty()) write_requests(std::move(taken));
    if (_dirty && (stopping || forced || clock::now() >= _sync_due)) sync_now();
    if (stopping) return;
    rotate_if_due(forced);
  }
}

void store::write_requests(std::deque<request> requests) {
  std::string frames;
  std::vector<std::shared_ptr<const chunk>> made;
  std::set<std::uint64_t> ids_in_flight;
  std::vector<result<appended>> outcomes;
  std::size_t size = 0;
  bool sync = false;
  for (request& r : requests) {
    outcomes.push_back(number_rows(r, frames, made, ids_in_flight));
    size += r.size_bytes;
    sync = sync || r.wanted == durability::synced;
  }
  result<void> written = ensure_segment();
  if (written) written = _wal->append(frames);
  if (!written) _log.error("the log cannot be written", {{"error", written.error().message}});
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!written && outcomes[i]) outcomes[i] = std::unexpected(written.error());
    _unsynced.emplace_back(std::move(requests[i].finished), std::move(outcomes[i]));
  }
  {
    std::lock_guard lock(_mutex);
    _queued_bytes -= size;
    if (written)
      for (auto& c : made) _active->add(std::move(c));
  }
  if (!_dirty) _sync_due = clock::now() + _options.sync_delay;
  _dirty = true;
  if (sync || !written) sync_now();
}

result<appended> store::number_rows(request& r, std::string& frames, std::vector<std::shared_ptr<const chunk>>& made,
                                    std::set<std::uint64_t>& ids_in_flight) {
  appended sequences;
  for (row_batch& b : r.batches) {
    std::uint64_t first = _next_sequence;
    std::string kept;
    std::string_view in = b.rows;
    row next;
    while (!in.empty()) {
      if (!read_row(in, next)) return fail(error_code::internal, "A batch holds no rows");
      if (b.with_ids && !next.id.empty() &&
          (!ids_in_flight.insert(table::table_id_key(b.index, next.id)).second || id_exists(b.index, next.id))) {
        sequences.push_back(0);
        continue;
      }
      sequences.push_back(_next_sequence++);
      if (b.with_ids) append_row(kept, next);
    }
    std::string rows = b.with_ids ? std::move(kept) : std::move(b.rows);
    if (rows.empty()) continue;
    wal_segment::append_frame(frames, b.index, first, rows);
    made.push_back(make_chunk(std::move(b.index), std::move(rows), first));
  }
  return sequences;
}

bool store::id_exists(const std::string& index, std::string_view id) const {
  part_list parts;
  {
    std::lock_guard lock(_mutex);
    std::uint64_t key = table::table_id_key(index, id);
    if (_active->ids.contains(key) || (_flushing && _flushing->ids.contains(key))) return true;
    if (auto found = _parts.find(index); found != _parts.end()) parts = found->second;
  }
  for (const auto& p : parts) {
    if (!p->has_ids()) continue;
    auto blocks = p->blocks_of_id(id_key_of(id));
    // A part that cannot be read must not make an event disappear: stored twice is the lesser harm.
    if (blocks && !blocks->empty()) return true;
  }
  return false;
}

result<void> store::ensure_segment() {
  if (_wal) return {};
  auto made = wal_segment::create(_fs, fmt::format("{}/wal/{:016x}.wal", _dir, _next_segment++));
  if (!made) return fail(std::move(made.error()));
  if (auto named = _fs.sync_dir(_dir + "/wal"); !named) return named;
  _wal = std::move(*made);
  std::lock_guard lock(_mutex);
  _active->wal_paths.push_back(_wal->path());
  return {};
}

void store::sync_now() {
  result<void> synced = _wal ? _wal->sync() : result<void>{};
  if (!synced) fail_for_ever(synced.error());
  _dirty = false;
  auto waiting = std::exchange(_unsynced, {});
  for (auto& [finished, outcome] : waiting) {
    if (!finished) continue;
    if (!synced && outcome)
      finished(std::unexpected(synced.error()));
    else
      finished(std::move(outcome));
  }
}

void store::fail_for_ever(const error& why) {
  _log.error("a sync of the log failed: the store stops", {{"error", why.message}});
  std::function<void()> told;
  {
    std::lock_guard lock(_mutex);
    if (!_failed) told = _told;
    _failed = true;
  }
  _progress.notify_all();
  if (told) told();
}

void store::rotate_if_due(bool forced) {
  std::unique_lock lock(_mutex);
  bool due = forced || _active->size_bytes >= _options.table_bytes_max ||
             (!_active->chunks.empty() && clock::now() >= _active->since + _options.table_age_max);
  if (!due) return;
  if (_dirty) {
    lock.unlock();
    sync_now();  // a part must not hold what the log may lose: sequences would be given twice
    lock.lock();
  }
  // While the table before is still being flushed, new requests wait in the queue up to its limit.
  _progress.wait(lock, [&] { return !_flushing || _failed || _stop_writer; });
  _flush_wanted = false;
  if (_failed || _flushing || _active->chunks.empty()) {
    _progress.notify_all();
    return;
  }
  _flushing = std::exchange(_active, std::make_shared<table>());
  _wal.reset();
  _background.notify_one();
}

}  // namespace mes::telemetry
