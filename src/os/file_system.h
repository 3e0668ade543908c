// The seam to the disk: what stores write through, so that tests can take the power away (os/sim_file_system.h).
//
// Bytes are durable after file::sync(), names (created, renamed, removed) after sync_dir() of their directory.
// A failed sync means that nothing is known of what was not synced before, and a second one may tell that all is well:
// never retry it. Stop, or, for want of space, cut that off.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace mes::os {

enum class open_mode : std::uint8_t {
  read,        // must be there
  read_write,  // must be there
  create,      // read and write, made when missing
  create_new,  // read and write, already_exists when there
};

// One thread at a time, except pread, which any thread may call at any time.
// Errors: storage_full (no space), storage_failed (everything else).
class file {
 public:
  virtual ~file() = default;
  file() = default;
  file(const file&) = delete;
  file& operator=(const file&) = delete;

  // Writes all of it at the end position: the size at open, moved by appends and truncate, not by pwrite or
  // preallocate. After an error a part may be there, and the end position has not moved.
  virtual result<void> append(std::string_view bytes) = 0;
  virtual result<void> pwrite(std::uint64_t offset, std::string_view bytes) = 0;
  // Fewer bytes than asked for only at the end of the file.
  virtual result<std::size_t> pread(std::uint64_t offset, std::span<char> into) const = 0;
  virtual result<void> sync() = 0;  // fdatasync: the bytes and the size
  virtual result<std::uint64_t> size() const = 0;
  virtual result<std::int64_t> modified_ms() const = 0;  // since 1970, UTC
  virtual result<void> truncate(std::uint64_t size) = 0;
  // Makes the file at least so long by writing zeros: syncs within it need no metadata, which halves their time.
  virtual result<void> preallocate(std::uint64_t size) = 0;
  virtual int descriptor() const { return -1; }  // for sendfile; -1: there is none
};

// Thread-safe. Errors beside those of a file: not_found, already_exists, permission_denied.
class file_system {
 public:
  virtual ~file_system() = default;

  virtual result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) = 0;
  virtual result<void> rename(const std::string& from, const std::string& to) = 0;  // replaces `to`
  virtual result<void> remove(const std::string& path) = 0;                         // a file, or an empty directory
  virtual result<void> make_dirs(const std::string& path) = 0;                      // with parents; fine when there
  virtual result<std::vector<std::string>> list(const std::string& dir) = 0;        // names, sorted
  virtual result<void> sync_dir(const std::string& dir) = 0;
  virtual result<std::uint64_t> free_bytes(const std::string& dir) = 0;  // that files in it may still take
};

// The operating system's. New files are readable by their owner alone (0600).
std::unique_ptr<file_system> make_real_file_system();

}  // namespace mes::os
