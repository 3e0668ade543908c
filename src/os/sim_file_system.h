// For tests: a disk in memory whose power can be taken away, and which fails when it is told to.
//
// It keeps two images: what is visible now, and what is durable. file::sync copies a file's bytes, sync_dir the names
// of its directory. crash(seed) keeps what is durable, and of the rest what a real disk may have kept: a random prefix
// of the changes to names, and a random subset of the 512-byte sectors that were written since.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "os/file_system.h"

namespace mes::os {

// Thread-safe. Directories are made by make_dirs (durable at once) and are otherwise plain prefixes of paths.
class sim_file_system final : public file_system {
 public:
  sim_file_system();
  ~sim_file_system() override;

  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override;
  result<void> rename(const std::string& from, const std::string& to) override;
  result<void> remove(const std::string& path) override;
  result<void> make_dirs(const std::string& path) override;
  result<std::vector<std::string>> list(const std::string& dir) override;
  result<void> sync_dir(const std::string& dir) override;
  result<std::uint64_t> free_bytes(const std::string& dir) override;

  // Power cut: what was not synced is kept or lost as `seed` decides. Files that are open fail from then on.
  void crash(std::uint64_t seed);
  // The power goes before the operation with this number (0: the next; each write, sync and change of a name counts)
  // takes effect; it and all that follow fail until crash() is called. How tests walk through every crash point.
  void cut_power_after(std::uint64_t operations);
  std::uint64_t operations() const;  // so far
  bool is_cut() const;

  // Faults. `space`: bytes that all files together may have; a write that does not fit writes what fits (short write)
  // and answers storage_full.
  void limit_space(std::uint64_t bytes);
  // `bytes` that all files together may have on the disk, as with space that is allocated late, a quota, or a server:
  // each write fits, and a sync that has no room writes what fits and answers storage_full. The rest is still read, but
  // no sync writes it any more; the next one tells of it again, and the one after that is well.
  void limit_synced_space(std::uint64_t bytes);
  // Asked before each operation; true fails it with storage_failed.
  enum class operation : std::uint8_t { read, write, sync, change_name };
  void fail_when(std::function<bool(operation what, const std::string& path)> rule);
  void set_modified(const std::string& path, std::int64_t ms);               // without it a file is as new as can be
  void flip_bit(const std::string& path, std::uint64_t byte, unsigned bit);  // visible and durable

 private:
  friend class sim_file;
  struct state;
  std::shared_ptr<state> _state;
};

}  // namespace mes::os
