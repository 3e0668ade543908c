// The store of spans and documents: a write-ahead log with group commit before it, immutable parts behind it.
//
// append() is answered when the rows are durable (or, for lines that nobody waits for, written and synced soon after);
// rows are visible to select() before that. One thread writes the log, one makes and merges parts. Memory: the rows
// that are not in a part yet (two tables), the queue before the log, the directories of parts; each has its limit.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "observe/log.h"
#include "os/file_system.h"
#include "runtime/thread.h"
#include "telemetry/parts/labels.h"
#include "telemetry/parts/merge.h"
#include "telemetry/parts/table.h"
#include "telemetry/parts/wal.h"

namespace mes::telemetry {

struct store_options {
  std::size_t table_bytes_max = 6u << 20;
  std::size_t backlog_bytes_max = 4u << 20;  // waiting for the log; one larger request alone is taken
  std::chrono::milliseconds sync_delay{200};
  std::chrono::milliseconds table_age_max{600'000};
  std::chrono::hours retention{7 * 24};
  std::size_t indices_max = 1'000;
};

// Rows for one index, encoded by append_row.
struct row_batch {
  std::string index;
  std::string rows;
  bool with_ids = false;  // some rows have explicit ids: those that exist already are not stored again
};

// One for each row, in order: its sequence, or 0 where its id existed already.
using appended = std::vector<std::uint64_t>;

// What a query sees: unchanging, whatever happens to the store meanwhile.
struct snapshot {
  std::vector<std::shared_ptr<const chunk>> chunks;  // in order of arrival
  part_list parts;
};

struct store_figures {
  std::uint64_t parts = 0, part_bytes = 0, memory_bytes = 0, backlog_bytes = 0, indices = 0;
  std::uint64_t flushes = 0, merges = 0;
};

// Thread-safe.
class store {
 public:
  enum class durability : std::uint8_t { synced, soon };
  using done = std::function<void(result<appended>)>;  // on the store's thread; must not block

  // Recovers what was acknowledged, sweeps what was half-done, drops what is older than the retention.
  static result<std::unique_ptr<store>> open(os::file_system& fs, std::string dir, store_options options,
                                             labeller label, const observe::logger& log);
  ~store();  // what is queued is written and synced first

  // `unavailable` at once, without a call of `finished`, while too much is waiting; storage_failed for ever after a
  // failed sync; `batches` are as they were then. Later errors go to `finished`: storage_full leaves nothing of the
  // request.
  result<void> append(std::vector<row_batch>&& batches, durability wanted, done finished);

  snapshot select(const std::function<bool(std::string_view index)>& wanted) const;
  std::vector<std::string> indices() const;         // sorted
  bool has_room_for(std::string_view index) const;  // it exists, or one more may
  store_figures figures() const;
  bool healthy() const;                         // no sync has failed
  void on_failure(std::function<void()> told);  // a sync failed: nothing can be promised any more

  void flush();  // what is in memory now is in parts when this returns
  void drop_expired(std::chrono::system_clock::time_point now);
  labeller label() const { return _label; }

 private:
  struct request {
    std::vector<row_batch> batches;
    durability wanted;
    done finished;
    std::size_t size_bytes;
  };

  store(os::file_system& fs, std::string dir, store_options options, labeller label, const observe::logger& log);

  // recover.cc
  result<void> recover();
  result<void> load_parts();
  result<void> load_index(const std::string& index);
  result<void> replay();

  // store.cc: the writer's thread
  void write_loop();
  void write_requests(std::deque<request> requests);
  result<appended> number_rows(request& r, std::string& frames, std::vector<std::shared_ptr<const chunk>>& made,
                               std::set<std::uint64_t>& ids_in_flight);
  bool id_exists(const std::string& index, std::string_view id) const;
  result<void> ensure_segment();
  void sync_now();
  void rotate_if_due(bool forced);
  void fail_for_ever(const error& why);

  // flush.cc: the background thread
  void background_loop();
  bool flush_table();
  result<std::shared_ptr<const part>> write_part(const std::string& index,
                                                 const std::vector<std::shared_ptr<const chunk>>& chunks);
  bool merge_once();
  void remove_files(const std::vector<std::string>& paths);
  void remove_index_dir(const std::string& name);
  std::string index_dir(const std::string& index) const { return _dir + "/parts/" + index; }
  std::string part_path(const std::string& index, std::uint64_t number) const;

  os::file_system& _fs;
  const std::string _dir;
  const store_options _options;
  const labeller _label;
  const observe::logger& _log;

  mutable std::mutex _mutex;  // guards what follows
  std::condition_variable _work, _background, _progress;
  std::deque<request> _queue;
  std::size_t _queued_bytes = 0;
  std::shared_ptr<table> _active = std::make_shared<table>(), _flushing;
  std::map<std::string, part_list, std::less<>> _parts;
  bool _stop_writer = false, _stop_background = false, _failed = false, _flush_wanted = false, _merge_wanted = true;
  std::function<void()> _told;
  std::uint64_t _flushes = 0, _merges = 0;

  // The writer's thread alone.
  std::unique_ptr<wal_segment> _wal;
  std::uint64_t _next_sequence = 1;
  std::vector<std::pair<done, result<appended>>> _unsynced;
  bool _dirty = false;
  std::chrono::steady_clock::time_point _sync_due;

  std::uint64_t _next_number = 1;  // of parts: recovery, then the background thread alone
  std::uint64_t _next_segment = 1;

  runtime::thread _writer, _cleaner;  // last: they end before the rest goes
};

}  // namespace mes::telemetry
