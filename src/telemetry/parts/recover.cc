// How a store comes back after any end: whole parts, then the log's whole frames that no part holds yet.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_map>

#include "base/instant.h"
#include "telemetry/parts/store.h"

namespace mes::telemetry {
namespace {

constexpr std::string_view part_suffix = ".part", wal_suffix = ".wal", unfinished_suffix = ".tmp";
constexpr char gone_mark = '-';  // no index name begins with it

std::optional<std::uint64_t> numbered(std::string_view name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return std::nullopt;
  name.remove_suffix(suffix.size());
  std::uint64_t number = 0;
  auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), number, 16);
  if (code != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return number;
}

}  // namespace

result<std::unique_ptr<store>> store::open(os::file_system& fs, std::string dir, store_options options, labeller label,
                                           const observe::logger& log) {
  std::unique_ptr<store> made(new store(fs, std::move(dir), options, std::move(label), log));
  if (auto recovered = made->recover(); !recovered) return fail(std::move(recovered.error()));
  store* s = made.get();
  made->_writer = runtime::thread("tel-log", [s] { s->write_loop(); });
  made->_cleaner = runtime::thread("tel-parts", [s] { s->background_loop(); });
  return made;
}

result<void> store::recover() {
  for (std::string_view folder : {"/wal", "/parts"})
    if (auto ready = _fs.make_dirs(_dir + std::string(folder)); !ready) return ready;
  if (auto loaded = load_parts(); !loaded) return loaded;
  drop_expired(std::chrono::system_clock::time_point(std::chrono::microseconds(instant::now().microseconds)));
  return replay();
}

result<void> store::load_parts() {
  auto names = _fs.list(_dir + "/parts");
  if (!names) return fail(std::move(names.error()));
  for (const std::string& name : *names) {
    if (name.front() == gone_mark) {
      remove_index_dir(name);
    } else if (auto loaded = load_index(name); !loaded) {
      return loaded;
    }
  }
  return {};
}

result<void> store::load_index(const std::string& index) {
  auto names = _fs.list(index_dir(index));
  if (!names) return fail(std::move(names.error()));
  part_list found;
  std::set<std::uint64_t> replaced;
  for (const std::string& name : *names) {
    std::string path = index_dir(index) + "/" + name;
    if (name.ends_with(unfinished_suffix)) {
      remove_files({path});
      continue;
    }
    auto number = numbered(name, part_suffix);
    if (!number) continue;
    _next_number = std::max(_next_number, *number + 1);
    auto opened = part::open(_fs, path, index, *number);
    if (!opened && opened.error().code == error_code::corrupt) {
      _log.error("a part is damaged and was put aside", {{"path", path}, {"error", opened.error().message}});
      if (auto aside = _fs.rename(path, path + ".damaged"); !aside) return aside;
      continue;
    }
    if (!opened) return fail(std::move(opened.error()));
    replaced.insert((*opened)->replaces().begin(), (*opened)->replaces().end());
    found.push_back(std::move(*opened));
  }
  for (const auto& p : found) {
    _next_sequence = std::max(_next_sequence, p->sequence_max() + 1);
    if (replaced.contains(p->number()))
      remove_files({p->path()});
    else
      _parts[index].push_back(p);
  }
  if (found.empty() && names->empty()) remove_index_dir(index);
  return {};
}

result<void> store::replay() {
  auto names = _fs.list(_dir + "/wal");
  if (!names) return fail(std::move(names.error()));
  std::unordered_map<std::string, std::uint64_t> held;  // by parts, up to this sequence
  for (const auto& [index, parts] : _parts)
    for (const auto& p : parts) held[index] = std::max(held[index], p->sequence_max());
  std::uint64_t rows = 0;
  for (const std::string& name : *names) {
    auto number = numbered(name, wal_suffix);
    if (!number) continue;
    _next_segment = std::max(_next_segment, *number + 1);
    std::string path = _dir + "/wal/" + name;
    _active->wal_paths.push_back(path);
    auto replayed = replay_wal(_fs, path, [&](std::shared_ptr<const chunk> c) -> result<void> {
      if (c->rows.empty()) return {};
      std::uint64_t last = c->rows.back().sequence;
      _next_sequence = std::max(_next_sequence, last + 1);
      if (last <= held[c->index]) return {};
      rows += c->rows.size();
      _active->add(std::move(c));
      return {};
    });
    if (!replayed) return fail(std::move(replayed.error()));
    if (replayed->torn_bytes > 0)
      _log.warn("the log ends in a torn write, which was never acknowledged",
                {{"path", path}, {"bytes", static_cast<std::int64_t>(replayed->torn_bytes)}});
    if (_active->size_bytes < _options.table_bytes_max) continue;
    _flushing = std::exchange(_active, std::make_shared<table>());
    if (!flush_table()) return fail(error_code::storage_failed, "The log cannot be made into parts: see the log");
  }
  if (rows > 0) _log.info("log replayed", {{"rows", static_cast<std::int64_t>(rows)}});
  if (_active->chunks.empty()) {
    remove_files(_active->wal_paths);
    _active->wal_paths.clear();
  }
  return {};
}

}  // namespace mes::telemetry
