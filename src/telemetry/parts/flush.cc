// The back of the store: tables become parts, parts are merged, what is too old goes.
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <unordered_map>

#include "base/instant.h"
#include "telemetry/parts/index_name.h"
#include "telemetry/parts/part_writer.h"
#include "telemetry/parts/store.h"

namespace mes::telemetry {
namespace {

constexpr std::chrono::seconds retry_delay{5};
constexpr std::chrono::hours sweep_period{1};

}  // namespace

std::string store::part_path(const std::string& index, std::uint64_t number) const {
  return fmt::format("{}/{:016x}.part", index_dir(index), number);
}

void store::background_loop() {
  auto next_sweep = std::chrono::steady_clock::now() + sweep_period;
  while (true) {
    bool flush_due = false, merge_due = false;
    {
      std::unique_lock lock(_mutex);
      _background.wait_until(lock, next_sweep, [&] { return _stop_background || _flushing || _merge_wanted; });
      if (_stop_background) return;
      flush_due = _flushing != nullptr;
      merge_due = _merge_wanted;
    }
    if (flush_due) {
      if (flush_table()) continue;
      std::unique_lock lock(_mutex);  // a full disk may get room again
      _background.wait_for(lock, retry_delay, [&] { return _stop_background; });
    } else if (merge_due && !merge_once()) {
      std::lock_guard lock(_mutex);
      _merge_wanted = false;
      malloc_trim(0);  // what a burst took goes back to the system
    }
    if (std::chrono::steady_clock::now() >= next_sweep) {
      drop_expired(std::chrono::system_clock::time_point(std::chrono::microseconds(instant::now().microseconds)));
      next_sweep += sweep_period;
    }
  }
}

bool store::flush_table() {
  std::shared_ptr<table> flushed;
  {
    std::lock_guard lock(_mutex);
    flushed = _flushing;
  }
  std::map<std::string, std::vector<std::shared_ptr<const chunk>>> by_index;
  for (const auto& c : flushed->chunks) by_index[c->index].push_back(c);
  part_list made;
  for (const auto& [index, chunks] : by_index) {
    auto written = write_part(index, chunks);
    if (!written) {
      _log.error("a part cannot be written", {{"index", index}, {"error", written.error().message}});
      for (const auto& p : made) remove_files({p->path()});
      return false;
    }
    made.push_back(std::move(*written));
  }
  {
    std::lock_guard lock(_mutex);
    for (auto& p : made) _parts[p->index()].push_back(std::move(p));
    _flushing = nullptr;
    _merge_wanted = true;
    ++_flushes;
  }
  _progress.notify_all();
  remove_files(flushed->wal_paths);
  return true;
}

result<std::shared_ptr<const part>> store::write_part(const std::string& index,
                                                      const std::vector<std::shared_ptr<const chunk>>& chunks) {
  if (auto ready = _fs.make_dirs(index_dir(index)); !ready) return fail(std::move(ready.error()));
  if (auto named = _fs.sync_dir(_dir + "/parts"); !named) return fail(std::move(named.error()));
  std::vector<const row*> order;
  label_set labels;
  for (const auto& c : chunks)
    for (const row& r : c->rows) {
      order.push_back(&r);
      _label(index, r, labels);
    }
  std::sort(order.begin(), order.end(), [](const row* a, const row* b) {
    int streams = a->stream.compare(b->stream);
    if (streams != 0) return streams < 0;
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->sequence < b->sequence;
  });
  std::uint64_t number = _next_number++;
  std::string path = part_path(index, number);
  auto writer = part_writer::create(_fs, path);
  if (!writer) return fail(std::move(writer.error()));
  for (const row* r : order)
    if (auto added = (*writer)->add(*r); !added) return fail(std::move(added.error()));
  (*writer)->set_labels(labels);
  (*writer)->set_written(instant::now().microseconds);
  if (auto finished = (*writer)->finish(); !finished) return fail(std::move(finished.error()));
  return part::open(_fs, path, index, number);
}

bool store::merge_once() {
  part_list chosen;
  {
    std::lock_guard lock(_mutex);
    for (const auto& [index, parts] : _parts) {
      chosen = choose_merge(parts);
      if (!chosen.empty()) break;
    }
  }
  if (chosen.empty()) return false;
  const std::string& index = chosen.front()->index();
  std::uint64_t number = _next_number++;
  std::string path = part_path(index, number);
  result<void> merged = merge_parts(_fs, chosen, path);
  result<std::shared_ptr<const part>> opened =
      merged ? part::open(_fs, path, index, number) : std::unexpected(merged.error());
  if (!opened) {
    // Unmerged parts answer as well: try again after the next flush.
    _log.error("parts cannot be merged", {{"index", index}, {"error", opened.error().message}});
    return false;
  }
  std::vector<std::string> old;
  {
    std::lock_guard lock(_mutex);
    auto found = _parts.find(index);
    if (found == _parts.end()) {  // expired meanwhile
      old.push_back(path);
    } else {
      std::erase_if(found->second,
                    [&](const auto& p) { return std::find(chosen.begin(), chosen.end(), p) != chosen.end(); });
      found->second.push_back(std::move(*opened));
      ++_merges;
    }
  }
  for (const auto& p : chosen) old.push_back(p->path());
  remove_files(old);
  return true;
}

void store::remove_files(const std::vector<std::string>& paths) {
  for (const std::string& path : paths)
    if (auto removed = _fs.remove(path); !removed && removed.error().code != error_code::not_found)
      _log.warn("a file cannot be removed", {{"path", path}, {"error", removed.error().message}});
}

void store::remove_index_dir(const std::string& name) {
  auto names = _fs.list(index_dir(name));
  if (!names) return;
  std::vector<std::string> paths;
  for (const std::string& file : *names) paths.push_back(index_dir(name) + "/" + file);
  paths.push_back(index_dir(name));
  remove_files(paths);
}

void store::drop_expired(std::chrono::system_clock::time_point now) {
  auto today = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  auto days = std::chrono::ceil<std::chrono::days>(_options.retention).count();
  auto written_before_us =
      std::chrono::duration_cast<std::chrono::microseconds>((now - _options.retention).time_since_epoch()).count();
  std::vector<std::string> expired;
  {
    std::lock_guard lock(_mutex);
    for (auto it = _parts.begin(); it != _parts.end();) {
      // By its day, and by when it was last written: an event of long ago that came today stays for a while.
      std::int64_t written_us = 0;
      for (const auto& p : it->second) written_us = std::max(written_us, p->written_us());
      auto day = day_of_index(it->first);
      bool old = (!day || *day + days < today) && written_us < written_before_us;
      if (old) expired.push_back(it->first);
      it = old ? _parts.erase(it) : std::next(it);
    }
  }
  for (const std::string& index : expired) {
    // Gone by one rename: a crash half-way through the removal leaves a name that the start sweeps.
    std::string gone = "-" + index;
    auto renamed = _fs.rename(index_dir(index), index_dir(gone));
    if (!renamed) {
      _log.warn("an expired index cannot be removed", {{"index", index}, {"error", renamed.error().message}});
      continue;
    }
    remove_index_dir(gone);
    _log.info("expired index removed", {{"index", index}});
  }
}

}  // namespace mes::telemetry
