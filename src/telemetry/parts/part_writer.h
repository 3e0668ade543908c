// Writes a part: rows or whole blocks in order of stream and time, then its indexes and directory.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "os/file_system.h"
#include "telemetry/parts/labels.h"
#include "telemetry/parts/part.h"
#include "telemetry/parts/part_format.h"

struct ZSTD_CCtx_s;

namespace mes::telemetry {

// The file is path + ".tmp" until finish() renames it; a writer that is dropped leaves that file for the sweep at
// start. Not thread-safe. Memory: one block, one write buffer, 16 bytes for each added row with a trace
// or an id.
class part_writer {
 public:
  static result<std::unique_ptr<part_writer>> create(os::file_system& fs, std::string path);
  ~part_writer();

  // Rows come sorted by stream, then time. The views are copied.
  result<void> add(const row& r);
  // A block of `from` as it is, with its keys; its rows follow all rows added before.
  result<void> copy_block(const part& from, std::size_t block);
  void set_written(std::int64_t time_us) { _written_us = time_us; }
  void set_labels(const label_set& labels) { _labels.assign(labels.begin(), labels.end()); }
  void set_replaces(std::vector<std::uint64_t> numbers) { _replaces = std::move(numbers); }
  // The keys of copied blocks, ascending, with this part's block numbers; pulled by finish(), so that a merge need
  // not hold them. The feed returns false at its end.
  using key_feed = std::function<result<bool>(key_entry& next)>;
  void set_key_feeds(key_feed traces, key_feed ids) { _trace_feed = std::move(traces), _id_feed = std::move(ids); }
  std::uint32_t next_block() const { return static_cast<std::uint32_t>(_blocks.size()); }

  result<void> end_block();  // what was added so far becomes a block
  // Durable and visible when this returns. No blocks: an error.
  result<void> finish();
  std::uint64_t size_bytes() const { return _offset; }

 private:
  part_writer(os::file_system& fs, std::string path, std::unique_ptr<os::file> file);
  std::uint32_t stream_number(std::string_view stream);
  result<void> write(std::string_view bytes);
  result<std::uint32_t> write_keys(std::vector<key_entry>& keys, const key_feed& feed);  // how many
  result<void> flush();
  std::string directory() const;

  os::file_system& _fs;
  std::string _path;
  std::unique_ptr<os::file> _file;
  ZSTD_CCtx_s* _zstd;
  std::uint64_t _offset = 0;
  std::int64_t _written_us = 0;
  std::string _out, _raw, _packed;
  block_info _open;
  std::vector<std::string> _streams, _labels;
  std::vector<block_info> _blocks;
  std::vector<std::uint64_t> _replaces;
  std::vector<key_entry> _traces, _ids;
  key_feed _trace_feed, _id_feed;
};

}  // namespace mes::telemetry
