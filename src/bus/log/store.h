// Topics, their partitions and the log below them: opens after a stop or a crash, appends, reads, forgets.
//
// Changes of the broker's own state (topics here, groups and producer ids elsewhere) are frames of the same log: they
// take effect when they are durable, in order. A checkpoint holds all of that state up to one position.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/uuid.h"
#include "bus/log/cleaner.h"
#include "bus/log/partition.h"
#include "bus/log/segment_log.h"
#include "observe/log.h"
#include "wire/kafka/reader.h"
#include "wire/kafka/writer.h"

namespace mes::bus::log {

struct topic {
  uuid id;
  std::string name;
  std::map<std::string, std::string> configs;
  std::vector<std::unique_ptr<partition>> partitions;
  bool deleting = false;  // that is on its way to the disk

  // The number in configs[`key`], or `otherwise`.
  std::int64_t config_number(const std::string& key, std::int64_t otherwise) const;
  bool is_compacted() const;  // cleanup.policy
  bool is_deleted() const;    // cleanup.policy, too: both are possible
};

// State beside the topics that lives in the log. Payloads begin with a byte from 16 on, which tells it apart.
class state_machine {
 public:
  virtual ~state_machine() = default;
  virtual void apply(std::string_view payload) = 0;  // durable now
  virtual void topic_deleted(const std::string&) {}  // so is that one's end
  virtual void snapshot(wire::kafka::writer& out) const = 0;
  virtual bool restore(wire::kafka::reader& in, std::int8_t version) = 0;  // of the checkpoint: log/checkpoint.cc
};

// What retention may go by. Size alone: the clock may be wrong.
enum class retention_by : std::uint8_t { size, age_and_size };

struct store_options {
  os::file_system* files = nullptr;
  std::string directory;
  std::uint32_t segment_bytes = 64U << 20;
  bool sync = true;
  std::int64_t retention_ms = 604'800'000;
  std::int64_t retention_bytes = -1;  // of a partition
  std::uint64_t disk_bytes_max = 0;   // of all files together: the oldest records go beyond it; 0: no limit
  std::size_t cleaner_memory_bytes = std::size_t{32} << 20;
  std::size_t cleaner_batch_bytes_max = std::size_t{256} << 20;  // unpacked; a larger one is not compacted
  std::int64_t producer_expiry_ms = 86'400'000;
  std::int64_t now_ms = 0;       // wall clock: log/leader_epochs.h
  std::function<void()> notify;  // from the writer's thread: call collect() on the loop
};

struct store_events {
  std::function<void(const std::shared_ptr<topic>&, std::int32_t partition)> advanced;  // its high watermark moved
  std::function<void(const topic&)> deleted;
};

// Offsets that no file holds though the log goes on behind them: a segment is missing.
struct missing_records {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t from = 0, end = 0;
};

struct recovery_report {
  std::uint64_t segments = 0;
  std::uint64_t scanned_bytes = 0;
  std::uint64_t cut_bytes = 0;  // that were no whole frames
  std::string cut_at;           // "segment:offset", and where the bytes were put
  std::vector<missing_records> missing;
};

// What retention and compaction have done since the start.
struct cleaning_stats {
  std::uint64_t runs = 0, failed_runs = 0;
  std::uint64_t bytes_read = 0, bytes_written = 0;
  std::uint64_t records_dropped = 0;
  std::uint64_t bytes_over_limit_deleted = 0;  // by disk_bytes_max
  std::uint64_t uncleanable_partitions = 0;    // whose batches could not be read back
};

struct index_file;
struct cleaned_change;
struct indexed_range;
struct written_checkpoint;

// Loop thread only.
class store {
 public:
  using done = std::move_only_function<void(bool stored)>;

  static result<std::unique_ptr<store>> open(store_options options, state_machine& beside, const observe::logger& log);
  ~store();
  void set_events(store_events events) { _events = std::move(events); }
  // Writes what is pending and the checkpoint of a clean stop; nothing may be called after it.
  result<void> close();

  const uuid& cluster_id() const { return _cluster_id; }
  std::int32_t leader_epoch() const { return _leader_epoch; }  // of this start
  const recovery_report& recovery() const { return _recovery; }

  std::shared_ptr<topic> find(std::string_view name) const;
  std::shared_ptr<topic> find(const uuid& id) const;
  const std::map<std::string, std::shared_ptr<topic>, std::less<>>& topics() const { return _by_name; }

  // If someone else is making it, `done` waits for that.
  void create_topic(const std::string& name, std::int32_t partitions, const std::map<std::string, std::string>& configs,
                    std::function<void(bool stored)> done);
  // Of all topics, with those that are on their way.
  std::size_t partition_count() const { return _partitions + _partitions_coming; }
  // Another number, from 1 on, whenever topics or partitions came or went.
  std::uint64_t topics_version() const { return _topics_version; }
  bool is_being_created(std::string_view name) const { return _creating.contains(std::string(name)); }
  void delete_topic(const uuid& id, done callback);
  void add_partitions(const uuid& id, std::int32_t count, done callback);
  void set_configs(const uuid& id, const std::map<std::string, std::string>& configs, done callback);
  void delete_records(const std::shared_ptr<topic>& t, std::int32_t partition, std::int64_t before, done callback);

  // Gives the checked batch (which it changes) its offset; durable when a later when_durable() says so. It is copied,
  // unless it is large and lies in `memory`.
  std::int64_t append(const std::shared_ptr<topic>& t, std::int32_t partition, char* batch,
                      wire::kafka::batch_header header, std::shared_ptr<const char[]> memory = nullptr);
  void append_state(std::string payload, done callback);
  void when_durable(done callback);

  // Of topics that do not say.
  void set_retention(std::int64_t ms, std::int64_t bytes) {
    _options.retention_ms = ms;
    _options.retention_bytes = bytes;
  }

  void submit();
  result<void> collect();                      // an error is fatal: stop
  void delete_expired(retention_by what);      // now and then
  void expire_producers(std::int64_t now_ms);  // now and then
  void retire();                               // disk_bytes_max, compaction, files that nothing refers to; now and then
  bool is_cleaning() const { return _cleaning; }
  std::size_t unused_segments() const { return _unused.size(); }  // that wait for a checkpoint to be removed
  const cleaning_stats& cleaning() const { return _cleaning_stats; }
  bool idle() const { return _log->pending_bytes() == 0; }
  std::size_t pending_bytes() const { return _log->pending_bytes(); }
  std::uint64_t disk_bytes() const;
  // What `read` gives of `p`; read once more if an index did not hold together and could be made anew from its segment.
  template <class Read>
  auto reading(const partition& p, Read&& read) {
    auto got = read();
    return mend_index(p) ? read() : std::move(got);
  }
  sync_stats stats() const { return _log->stats(); }
  bool is_full() const { return _log->is_full(); }  // what was last to be written found no space

 private:
  store(store_options options, state_machine& beside, const observe::logger& log);
  result<void> recover();
  result<bool> load_checkpoint();
  result<void> drop_blank_end(std::vector<std::shared_ptr<segment>>& segments);
  bool restore(std::string_view body);
  bool load_index(const std::shared_ptr<segment>& s, std::uint32_t covered, bool resident);
  result<std::uint32_t> scan(const std::shared_ptr<segment>& s, bool last);
  void replay(const frame_header& header, std::string_view payload, const segment_log::place& where, bool apply);
  result<void> follows(const frame_header& header, std::string_view payload) const;
  void look_for_missing(const topic& t, std::int32_t partition);
  result<void> cut(segment& s, std::uint32_t at, std::uint64_t size);

  void apply(std::string_view payload);
  void apply_topic_created(wire::kafka::reader& in);
  void insert(std::shared_ptr<topic> t);
  void flush_dirty();

  void apply_cleaned(const cleaned_change& c);
  result<void> load_cleaned(const std::vector<std::string>& names);
  result<std::vector<indexed_range>> scan_closed(const std::shared_ptr<segment>& s);

  void hold_disk_limit();
  void delete_up_to(const std::shared_ptr<topic>& t, std::int32_t partition, std::int64_t offset);
  void store_start(const std::shared_ptr<topic>& t, std::int32_t partition);
  void find_unused();
  void remove_unused();
  void start_cleaning(std::int64_t now_ms);
  std::vector<clean_task> tasks_of_compaction(std::int64_t now_ms);
  struct emptying {
    std::set<std::uint64_t> segments;
    std::uint64_t frees = 0;  // bytes, without those that are written for it
  };
  emptying worth_emptying(std::uint64_t one_of, std::uint64_t enough) const;
  std::set<std::uint64_t> stuck_segments() const;
  using partition_key = std::pair<uuid, std::int32_t>;
  struct room {
    std::uint64_t free = 0;
    std::uint64_t for_cleaner = 0;  // less what is left to producers
  };
  room room_on_disk() const;
  std::vector<clean_task> tasks_of_moving(const std::set<partition_key>& elsewhere, room space) const;
  struct clean_run {
    std::vector<clean_task> tasks;
    std::uint64_t bytes_max = UINT64_MAX;
  };
  clean_run next_run(std::int64_t now_ms);
  // A compaction of which nobody knows beforehand whether there is room for it.
  struct trial {
    partition_key of;
    std::string topic;
    std::uint64_t needs_at_most = 0, room = 0;
  };
  bool is_worth_it(const trial& now) const;
  void tell_of(const large_batch& b);
  void put_off(const trial& failed);
  void finish_cleaning(clean_outcome outcome);
  void end_cleaning();
  void discard(const clean_outcome& outcome);
  void forget_cleaning_of(const topic& t);

  void put_checkpoint();  // not from a callback of the log: what was stored with its change has not taken effect yet
  std::string checkpoint_body(position at) const;
  index_file make_index(std::uint64_t segment, std::uint32_t covered) const;
  void close_segments();
  void write_index_of(std::uint64_t segment);
  bool adopt_index(std::uint64_t segment, std::string_view directory, const std::shared_ptr<os::file>& file);
  bool mend_index(const partition& p);  // false: there is nothing to mend, or it cannot be
  bool mend_index(std::uint64_t segment);
  result<void> read_index_anew(std::uint64_t segment);
  result<void> write_everything(position at);
  result<void> write_checkpoint(position at);
  std::string path(const std::string& name) const { return _options.directory + "/" + name; }

  store_options _options;
  state_machine& _beside;
  const observe::logger& _logger;
  store_events _events;
  uuid _cluster_id;
  std::int32_t _leader_epoch = 0;
  recovery_report _recovery;
  std::set<std::uint64_t> _unmendable;  // segments whose index is broken, and they too
  position _checkpoint;                 // what a restart reads the log from

  std::uint64_t _topics_version = 1;
  std::size_t _partitions = 0, _partitions_coming = 0;
  std::map<std::string, std::shared_ptr<topic>, std::less<>> _by_name;
  std::map<uuid, std::shared_ptr<topic>> _by_id;
  std::unordered_map<std::string, std::vector<std::function<void(bool)>>> _creating;
  std::map<std::uint64_t, std::shared_ptr<segment>> _segments;  // closed ones
  std::uint64_t _active_segment = 0;
  std::map<std::uint64_t, std::shared_ptr<segment>> _cleaned;  // segments that compaction wrote
  std::uint64_t _last_cleaned = first_cleaned;                 // the largest number that was given
  // Segments that nothing refers to, with the number of the last checkpoint that may still do.
  std::map<std::uint64_t, std::uint64_t> _unused;
  std::uint64_t _checkpoints_made = 0, _checkpoints_kept = 0;
  bool _cleaning = false;
  bool _look_for_unused = false;      // at the end of this collect()
  std::set<std::uint64_t> _to_empty;  // segments, for the limit of the disk
  std::set<partition_key> _uncleanable;
  std::map<partition_key, std::int64_t> _told_too_large;  // up to that offset: batches that are not compacted
  std::set<partition_key> _starts_to_store;
  std::size_t _starts_under_way = 0;
  unsigned _space_was_short = 0;  // how often the cleaner's part of what is free is halved: for the disk had less
  std::optional<trial> _trial;    // is running
  std::map<partition_key, trial> _without_room;   // that failed
  std::map<partition_key, std::int64_t> _rolled;  // of compacted topics: what comes from here on is not compacted yet
  std::map<partition_key, cleaned_task> _fresh;   // of the run whose change is on its way into the log
  std::map<partition_key, std::vector<std::uint64_t>> _recovered_cleaned;  // while opening
  std::set<std::uint64_t> _read_by_cleaner;  // or named by its change: none of these segments is removed
  cleaning_stats _cleaning_stats;
  bool _over_limit_told = false;

  struct dirty_partition {
    std::shared_ptr<topic> of;
    std::int32_t index;
    std::int64_t end;
  };
  std::vector<dirty_partition> _dirty;

  struct mailbox;  // what the writer's jobs hand back
  std::shared_ptr<mailbox> _mail;

  std::unique_ptr<segment_log> _log;
  std::atomic<bool> _stop_cleaning = false;
  runtime::thread _cleaner;
};

}  // namespace mes::bus::log
