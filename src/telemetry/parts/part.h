// An immutable part, open for reading.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "os/file_system.h"
#include "telemetry/parts/part_format.h"
#include "telemetry/parts/row.h"

namespace mes::telemetry {

// The rows of one block and the memory that they point into.
struct block_rows {
  std::string bytes;  // with parser padding
  std::vector<row> rows;
};

// Thread-safe. Holds the directory in memory; keys and blocks are read from the file.
class part {
 public:
  // `corrupt` where the file is no whole part.
  static result<std::shared_ptr<const part>> open(os::file_system& fs, std::string path, std::string index,
                                                  std::uint64_t number);

  const std::string& index() const { return _index; }
  const std::string& path() const { return _path; }
  std::uint64_t number() const { return _number; }
  std::uint64_t size_bytes() const { return _size; }
  std::span<const block_info> blocks() const { return _blocks; }
  const std::string& stream_of(const block_info& b) const { return _streams[b.stream]; }
  const std::vector<std::string>& streams() const { return _streams; }
  const std::vector<std::string>& labels() const { return _labels; }
  const std::vector<std::uint64_t>& replaces() const { return _replaces; }
  std::uint64_t rows() const { return _rows; }
  std::int64_t time_min_us() const { return _time_min_us; }
  std::int64_t time_max_us() const { return _time_max_us; }
  std::int64_t written_us() const { return _written_us; }  // when its newest row was put into a part
  std::uint64_t sequence_max() const { return _sequence_max; }

  result<block_rows> read_block(std::size_t block) const;
  result<std::string> read_packed(const block_info& b) const;  // the compressed bytes, for merging

  // The blocks that may hold rows of the key, ascending.
  result<std::vector<std::uint32_t>> blocks_of_trace(std::uint64_t key) const { return find(_traces, key); }
  result<std::vector<std::uint32_t>> blocks_of_id(std::uint64_t key) const { return find(_ids, key); }
  bool has_ids() const { return _ids.count > 0; }

  // Reads a key index from its start; for merging.
  enum class keys : std::uint8_t { traces, ids };
  result<std::vector<key_entry>> read_keys(keys which, std::size_t first, std::size_t count) const;
  std::size_t key_count(keys which) const { return which == keys::traces ? _traces.count : _ids.count; }

 private:
  static constexpr std::size_t fence_every = 512;  // one key in memory for so many in the file
  struct key_index {
    std::uint64_t offset = 0;
    std::size_t count = 0;
    std::vector<std::uint64_t> fence;
  };

  result<void> load(os::file_system& fs);
  bool parse_directory(std::string_view in);
  result<void> load_fence(key_index& keys);
  result<std::vector<key_entry>> read_entries(const key_index& keys, std::size_t first, std::size_t count) const;
  result<std::vector<std::uint32_t>> find(const key_index& keys, std::uint64_t key) const;

  std::unique_ptr<os::file> _file;
  std::string _path, _index;
  std::uint64_t _number = 0, _size = 0, _rows = 0, _sequence_max = 0;
  std::int64_t _time_min_us = 0, _time_max_us = 0, _written_us = 0;
  std::vector<std::string> _streams, _labels;
  std::vector<block_info> _blocks;
  std::vector<std::uint64_t> _replaces;
  key_index _traces, _ids;
};

}  // namespace mes::telemetry
