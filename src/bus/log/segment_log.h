// The write-ahead log that all partitions share: what is appended in one turn of the loop is written and synced
// together by a thread of its own, and the next sync starts as the last ends. Nothing counts before it is synced.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "bus/log/format.h"
#include "os/file_system.h"
#include "runtime/thread.h"

namespace mes::bus::log {

// One file. Kept open while anything refers to it, so that a read in flight outlives its removal.
struct segment {
  std::uint64_t number = 0;
  std::unique_ptr<os::file> file;  // set by the writer before anything of the segment is durable
  // Batches before this were there when the process started, and were not read then: they are summed when they are.
  std::uint32_t unchecked_below = 0;
};

struct position {
  std::uint64_t segment = 0;
  std::uint32_t offset = 0;
};

struct segment_log_options {
  os::file_system* files = nullptr;
  std::string directory;
  std::uint32_t segment_bytes = 64U << 20;
  bool sync = true;              // false: durable means written
  std::function<void()> notify;  // called by the writer when collect() has something to do
};

// Bounds of the histogram of sync times; one more bucket takes the rest.
inline constexpr std::array sync_bucket_bounds_s = {0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005,
                                                    0.01,   0.02,   0.05,   0.1,   0.5,   1.0};

struct sync_stats {
  std::uint64_t syncs = 0;
  std::uint64_t bytes = 0;
  std::uint64_t zeroed_bytes = 0;  // written ahead of them
  std::uint64_t total_ns = 0;      // of writes and syncs
  std::array<std::uint64_t, sync_bucket_bounds_s.size() + 1> buckets{};
};

// One thread (the loop) calls everything; the writer is private.
class segment_log {
 public:
  using done = std::move_only_function<void(bool durable)>;

  // Goes on at `end` of `active`, whose file is cut there already; without one the first append makes segment 1.
  segment_log(segment_log_options options, std::shared_ptr<segment> active, std::uint32_t end);
  ~segment_log();
  void finish();  // submits, waits until the writer has written everything, and ends it

  struct place {
    std::shared_ptr<segment> in;
    std::uint32_t payload_at = 0;
  };
  // The payload is copied, unless it is large and lies in `memory`, which is then kept until it is durable.
  place append(frame_header header, std::string_view payload, std::shared_ptr<const char[]> memory = nullptr);
  void when_durable(done callback);  // with everything appended so far; false: none of it was stored
  void submit();                     // at the end of a turn: the writer may take what was appended
  void run_on_writer(std::move_only_function<void()> job);  // between two groups; here, once it has ended

  // After notify(): runs the callbacks of finished groups in order. An error other than storage_full, of a
  // write or a sync, is fatal: the callbacks of that group and all later ones are never run.
  result<void> collect();

  // So much of what is free is not for records: what makes space needs some.
  void reserve(std::uint64_t bytes) { _reserved = bytes; }
  bool is_full() const { return _is_full; }                     // what was last to be written found no space
  std::size_t pending_bytes() const { return _pending_bytes; }  // appended, not yet durable
  position durable() const { return _durable; }                 // the end of what is durable
  // In a callback: those of the same group that follow it have not been run, though durable() is behind them all.
  bool is_calling_back() const { return _is_calling_back; }
  std::shared_ptr<segment> closed(std::uint64_t number);  // a segment that durable() has left behind; told once
  sync_stats stats() const;

 private:
  // Bytes that were copied, and behind them those of a large payload where they lie.
  struct chunk {
    std::string copied;
    std::string_view lent;
    std::shared_ptr<const char[]> lender;
    std::size_t size() const { return copied.size() + lent.size(); }
  };
  struct write {
    std::shared_ptr<segment> to;
    std::uint32_t at = 0;
    std::size_t chunk = 0;           // of the group's
    std::size_t from = 0, size = 0;  // in it
    bool opens = false;              // the first of its segment
  };
  struct group {
    std::vector<chunk> chunks;
    std::vector<write> writes;
    std::vector<done> callbacks;
    bool has_records = false;
    std::optional<error> fault;
  };

  void add_write(std::uint32_t at, bool opens, bool lends);
  static void join(group& waiting, group&& more);
  void keep_chunks(group& g);

  void run_writer();
  result<void> store(group& g);
  result<void> take_back(const group& g, std::shared_ptr<segment> to, std::uint32_t end);
  std::uint64_t room_for_records() const;
  static result<void> write_out(const write& w, const chunk& from);
  result<void> open_segment(const write& w);
  void fail_everything(group& failed);

  segment_log_options _options;
  std::shared_ptr<segment> _active;  // where the next append goes
  std::uint32_t _end = 0;
  position _durable;
  std::shared_ptr<segment> _durable_segment;
  std::vector<std::shared_ptr<segment>> _closed;
  std::size_t _pending_bytes = 0;
  bool _is_full = false;
  bool _is_calling_back = false;
  group _filling;
  std::vector<std::string> _spare;  // emptied chunks: memory that is mapped already
  bool _finished_writing = false;   // the writer has ended

  std::atomic<std::uint64_t> _reserved = 0;
  mutable std::mutex _mutex;  // guards what follows
  std::condition_variable _wake;
  std::vector<group> _submitted;
  std::vector<group> _finished;
  std::vector<std::move_only_function<void()>> _jobs;
  sync_stats _stats;
  bool _halted = false;  // after a failure, until the loop has seen it
  bool _stopping = false;

  // The writer's own.
  std::shared_ptr<segment> _written_segment;
  std::uint32_t _written = 0;
  std::uint64_t _allocated = 0;
  std::uint32_t _small_in_a_row = 0;
  std::uint64_t _zeroed = 0;

  runtime::thread _writer;
};

}  // namespace mes::bus::log
