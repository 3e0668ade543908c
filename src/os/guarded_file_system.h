// Another file system, in which nothing is changed by name once a check has failed.
#pragma once

#include <functional>
#include <utility>

#include "os/file_system.h"

namespace mes::os {

// Thread-safe if the check is. Files that are open already go on.
class guarded_file_system final : public file_system {
 public:
  using check = std::function<result<void>()>;
  guarded_file_system(file_system& below, check may_change) : _below(below), _may_change(std::move(may_change)) {}

  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override {
    if (mode == open_mode::read) return _below.open(path, mode);
    if (auto may = _may_change(); !may) return fail(std::move(may.error()));
    return _below.open(path, mode);
  }
  result<void> rename(const std::string& from, const std::string& to) override {
    const auto may = _may_change();
    return may ? _below.rename(from, to) : may;
  }
  result<void> remove(const std::string& path) override {
    const auto may = _may_change();
    return may ? _below.remove(path) : may;
  }
  result<void> make_dirs(const std::string& path) override {
    const auto may = _may_change();
    return may ? _below.make_dirs(path) : may;
  }
  result<std::vector<std::string>> list(const std::string& dir) override { return _below.list(dir); }
  result<void> sync_dir(const std::string& dir) override {
    const auto may = _may_change();
    return may ? _below.sync_dir(dir) : may;
  }
  result<std::uint64_t> free_bytes(const std::string& dir) override { return _below.free_bytes(dir); }

 private:
  file_system& _below;
  check _may_change;
};

}  // namespace mes::os
