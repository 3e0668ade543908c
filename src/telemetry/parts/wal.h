// The write-ahead log: what was appended since the last part, in segments that are deleted once a part holds them.
//
// A segment is "MESWAL01" and frames: u32 size, u64 XXH3 of the payload, payload (index, first sequence, rows).
// A frame whose size or hash does not hold ends the segment: it is the torn tail of a crash, never acknowledged.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "os/file_system.h"
#include "telemetry/parts/chunk.h"

namespace mes::telemetry {

// Not thread-safe. After an error of append or sync the segment must not be written any more.
class wal_segment {
 public:
  static result<std::unique_ptr<wal_segment>> create(os::file_system& fs, std::string path);

  static void append_frame(std::string& out, const std::string& index, std::uint64_t first_sequence,
                           std::string_view rows);
  result<void> append(std::string_view frames);
  result<void> sync() { return _file->sync(); }
  const std::string& path() const { return _path; }
  std::uint64_t size_bytes() const { return _size; }

 private:
  wal_segment(std::unique_ptr<os::file> file, std::string path) : _file(std::move(file)), _path(std::move(path)) {}

  std::unique_ptr<os::file> _file;
  std::string _path;
  std::uint64_t _size = 0;
};

struct wal_replay {
  std::uint64_t frames = 0;
  std::uint64_t torn_bytes = 0;  // behind the last frame that holds
};

// Hands every whole frame of the segment to `take`, in order.
result<wal_replay> replay_wal(os::file_system& fs, const std::string& path,
                              const std::function<result<void>(std::shared_ptr<const chunk>)>& take);

}  // namespace mes::telemetry
