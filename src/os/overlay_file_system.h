// What another file system holds, and what is changed of it, in memory alone: for trying what a change would do.
//
// A file is copied to memory when it is first written to. Nothing is ever durable.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "os/file_system.h"

namespace mes::os {

// Thread-safe.
class overlay_file_system final : public file_system {
 public:
  explicit overlay_file_system(file_system& below) : _below(below) {}

  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override;
  result<void> rename(const std::string& from, const std::string& to) override;
  result<void> remove(const std::string& path) override;
  result<void> make_dirs(const std::string&) override { return {}; }
  result<std::vector<std::string>> list(const std::string& dir) override;
  result<void> sync_dir(const std::string&) override { return {}; }
  result<std::uint64_t> free_bytes(const std::string&) override { return UINT64_MAX; }

  struct node;

 private:
  result<std::shared_ptr<node>> find(const std::string& path);

  file_system& _below;
  std::mutex _lock;
  std::map<std::string, std::shared_ptr<node>> _nodes;  // that were opened or made
  std::set<std::string> _gone;
};

}  // namespace mes::os
