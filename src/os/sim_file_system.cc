#include "os/sim_file_system.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <random>
#include <set>
#include <utility>

namespace mes::os {
namespace {

constexpr std::uint64_t sector = 512;

std::string parent_of(const std::string& path) {
  auto at = path.rfind('/');
  return at == std::string::npos ? "" : path.substr(0, at);
}

// What a name stands for: bytes as they are seen, as they are safe, and what lies between.
struct inode {
  std::string visible, durable;
  std::int64_t modified_ms = INT64_MAX;
  struct change {
    std::uint64_t offset = 0;
    std::string bytes;
    std::optional<std::uint64_t> truncate_to;
  };
  std::vector<change> unsynced;
  bool tells_again = false;  // of a sync that found no space

  void apply(std::string& to, const change& c) const {
    if (c.truncate_to) {
      to.resize(*c.truncate_to, '\0');
      return;
    }
    if (to.size() < c.offset + c.bytes.size()) to.resize(c.offset + c.bytes.size(), '\0');
    to.replace(c.offset, c.bytes.size(), c.bytes);
  }
  void add(change c) {
    apply(visible, c);
    unsynced.push_back(std::move(c));
  }
};
using node = std::shared_ptr<inode>;

// A change of names in one directory, in order; null: the name goes.
struct name_change {
  std::string path;
  node to;
};

}  // namespace

struct sim_file_system::state {
  mutable std::mutex mutex;
  std::map<std::string, node> names, durable_names;
  std::vector<std::vector<name_change>> unsynced_names;  // a group is atomic: a rename
  std::set<std::string> dirs;
  std::uint64_t life = 0;  // counts crashes: handles of an earlier life are dead
  std::uint64_t operations = 0;
  std::optional<std::uint64_t> cut_at;
  bool cut = false;
  std::uint64_t space = UINT64_MAX, synced_space = UINT64_MAX;
  std::function<bool(operation, const std::string&)> rule;

  // Each operation passes here first.
  result<void> enter(operation what, const std::string& path) {
    if (what != operation::read) {
      if (cut_at && operations >= *cut_at) cut = true;
      ++operations;
    }
    if (cut) return fail(error_code::storage_failed, fmt::format("The power is off: {}", path));
    if (rule && rule(what, path)) return fail(error_code::storage_failed, fmt::format("Injected fault: {}", path));
    return {};
  }

  std::uint64_t left() const {
    std::uint64_t used = 0;
    for (auto& [path, file] : names) used += file->visible.size();
    return space - std::min(space, used);
  }

  std::uint64_t left_to_sync() const {
    std::uint64_t used = 0;
    for (auto& [path, file] : names) used += file->durable.size();
    return synced_space - std::min(synced_space, used);
  }

  void change_names(std::vector<name_change> group) {
    for (auto& c : group) set(names, c);
    unsynced_names.push_back(std::move(group));
  }
  static void set(std::map<std::string, node>& in, const name_change& c) {
    if (c.to)
      in[c.path] = c.to;
    else
      in.erase(c.path);
  }
};

class sim_file final : public file {
 public:
  sim_file(std::shared_ptr<sim_file_system::state> disk, node to, std::string path, bool writable)
      : _disk(std::move(disk)),
        _node(std::move(to)),
        _path(std::move(path)),
        _end(_node->visible.size()),
        _life(_disk->life),
        _writable(writable) {}

  result<void> append(std::string_view bytes) override {
    if (auto written = pwrite(_end, bytes); !written) return written;
    _end += bytes.size();
    return {};
  }

  result<void> pwrite(std::uint64_t offset, std::string_view bytes) override {
    std::lock_guard lock(_disk->mutex);
    if (auto entered = enter(sim_file_system::operation::write); !entered) return entered;
    if (!_writable) return fail(error_code::storage_failed, fmt::format("{} is open for reading", _path));
    return put(offset, bytes);
  }

  result<std::size_t> pread(std::uint64_t offset, std::span<char> into) const override {
    std::lock_guard lock(_disk->mutex);
    if (auto entered = enter(sim_file_system::operation::read); !entered) return fail(entered.error());
    if (offset >= _node->visible.size()) return 0;
    return _node->visible.copy(into.data(), into.size(), offset);
  }

  result<void> sync() override {
    std::lock_guard lock(_disk->mutex);
    if (auto entered = enter(sim_file_system::operation::sync); !entered) return entered;
    bool all_fits = !std::exchange(_node->tells_again, false);
    for (inode::change& c : _node->unsynced) {
      const std::uint64_t end = c.offset + c.bytes.size(), have = std::max(c.offset, _node->durable.size());
      const std::uint64_t grows = end - std::min(end, have), left = _disk->left_to_sync();
      if (grows > left) {
        c.bytes.resize(c.bytes.size() - (grows - left));
        all_fits = false;
        _node->tells_again = true;
      }
      if (c.truncate_to || !c.bytes.empty()) _node->apply(_node->durable, c);
    }
    _node->unsynced.clear();
    if (!all_fits) return fail(error_code::storage_full, fmt::format("No space left: {}", _path));
    return {};
  }

  result<std::uint64_t> size() const override {
    std::lock_guard lock(_disk->mutex);
    return _node->visible.size();
  }

  result<std::int64_t> modified_ms() const override {
    std::lock_guard lock(_disk->mutex);
    return _node->modified_ms;
  }

  result<void> truncate(std::uint64_t size) override {
    std::lock_guard lock(_disk->mutex);
    if (auto entered = enter(sim_file_system::operation::write); !entered) return entered;
    _node->add({.truncate_to = size});
    _end = size;
    return {};
  }

  result<void> preallocate(std::uint64_t size) override {
    std::lock_guard lock(_disk->mutex);
    if (auto entered = enter(sim_file_system::operation::write); !entered) return entered;
    std::uint64_t have = _node->visible.size();
    if (size <= have) return {};
    return put(have, std::string(size - have, '\0'));
  }

 private:
  result<void> enter(sim_file_system::operation what) const {
    if (_life != _disk->life) return fail(error_code::storage_failed, fmt::format("Open before the crash: {}", _path));
    return _disk->enter(what, _path);
  }

  result<void> put(std::uint64_t offset, std::string_view bytes) {
    std::uint64_t grows =
        offset + bytes.size() > _node->visible.size() ? offset + bytes.size() - _node->visible.size() : 0;
    std::uint64_t left = _disk->left();
    std::string_view fits = bytes.substr(
        0, grows <= left ? bytes.size() : bytes.size() - std::min<std::uint64_t>(bytes.size(), grows - left));
    if (!fits.empty()) _node->add({.offset = offset, .bytes = std::string(fits)});
    if (fits.size() < bytes.size()) return fail(error_code::storage_full, fmt::format("No space left: {}", _path));
    return {};
  }

  std::shared_ptr<sim_file_system::state> _disk;
  node _node;
  const std::string _path;
  std::uint64_t _end;
  const std::uint64_t _life;
  const bool _writable;
};

sim_file_system::sim_file_system() : _state(std::make_shared<state>()) { _state->dirs = {"", "/"}; }
sim_file_system::~sim_file_system() = default;

result<std::unique_ptr<file>> sim_file_system::open(const std::string& path, open_mode mode) {
  std::lock_guard lock(_state->mutex);
  if (_state->cut) return fail(error_code::storage_failed, fmt::format("The power is off: {}", path));
  auto found = _state->names.find(path);
  const bool makes = mode == open_mode::create || mode == open_mode::create_new;
  if (found != _state->names.end() && mode == open_mode::create_new)
    return fail(error_code::already_exists, fmt::format("{} is there already", path));
  if (found == _state->names.end()) {
    if (!makes || !_state->dirs.contains(parent_of(path)))
      return fail(error_code::not_found, fmt::format("There is no {}", path));
    if (auto entered = _state->enter(operation::change_name, path); !entered) return fail(entered.error());
    _state->change_names({{path, std::make_shared<inode>()}});
    found = _state->names.find(path);
  }
  return std::make_unique<sim_file>(_state, found->second, path, mode != open_mode::read);
}

result<void> sim_file_system::rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(_state->mutex);
  auto found = _state->names.find(from);
  if (found == _state->names.end()) return fail(error_code::not_found, fmt::format("There is no {}", from));
  if (auto entered = _state->enter(operation::change_name, from); !entered) return entered;
  _state->change_names({{to, found->second}, {from, nullptr}});
  return {};
}

result<void> sim_file_system::remove(const std::string& path) {
  std::lock_guard lock(_state->mutex);
  if (_state->dirs.erase(path) != 0) return {};
  if (!_state->names.contains(path)) return fail(error_code::not_found, fmt::format("There is no {}", path));
  if (auto entered = _state->enter(operation::change_name, path); !entered) return entered;
  _state->change_names({{path, nullptr}});
  return {};
}

result<void> sim_file_system::make_dirs(const std::string& path) {
  std::lock_guard lock(_state->mutex);
  for (std::string dir = path; !dir.empty(); dir = parent_of(dir)) _state->dirs.insert(dir);
  return {};
}

result<std::vector<std::string>> sim_file_system::list(const std::string& dir) {
  std::lock_guard lock(_state->mutex);
  if (!_state->dirs.contains(dir)) return fail(error_code::not_found, fmt::format("There is no {}", dir));
  std::vector<std::string> found;
  for (auto& [path, file] : _state->names)
    if (parent_of(path) == dir) found.push_back(path.substr(dir.size() + 1));
  for (auto& path : _state->dirs)
    if (!path.empty() && path != "/" && parent_of(path) == dir) found.push_back(path.substr(dir.size() + 1));
  std::ranges::sort(found);
  return found;
}

result<void> sim_file_system::sync_dir(const std::string& dir) {
  std::lock_guard lock(_state->mutex);
  if (auto entered = _state->enter(operation::sync, dir); !entered) return entered;
  // A rename between directories is kept whole with the first of them that is synced.
  std::erase_if(_state->unsynced_names, [&](auto& group) {
    if (std::ranges::none_of(group, [&](auto& c) { return parent_of(c.path) == dir; })) return false;
    for (auto& c : group) state::set(_state->durable_names, c);
    return true;
  });
  return {};
}

result<std::uint64_t> sim_file_system::free_bytes(const std::string& dir) {
  std::lock_guard lock(_state->mutex);
  if (!_state->dirs.contains(dir)) return fail(error_code::not_found, fmt::format("There is no {}", dir));
  return _state->left();
}

void sim_file_system::crash(std::uint64_t seed) {
  std::lock_guard lock(_state->mutex);
  std::mt19937_64 random(seed);
  auto kept = std::uniform_int_distribution<std::size_t>(0, _state->unsynced_names.size())(random);
  for (std::size_t i = 0; i < kept; ++i)
    for (auto& c : _state->unsynced_names[i]) state::set(_state->durable_names, c);
  _state->unsynced_names.clear();
  _state->names = _state->durable_names;
  std::set<node> survivors;
  for (auto& [path, file] : _state->names) survivors.insert(file);
  for (auto& [path, first] : _state->names) {
    if (survivors.erase(first) == 0) continue;  // another name of the same file
    inode& file = *first;
    const bool all_or_none = random() % 4 == 0, keep = random() % 2 == 0;
    for (auto& c : file.unsynced) {
      if (c.truncate_to) {
        if (all_or_none ? keep : random() % 2 == 0) file.apply(file.durable, c);
        continue;
      }
      for (std::uint64_t at = c.offset, end = c.offset + c.bytes.size(); at < end;) {
        std::uint64_t next = std::min(end, (at / sector + 1) * sector);
        if (all_or_none ? keep : random() % 2 == 0)
          file.apply(file.durable, {.offset = at, .bytes = c.bytes.substr(at - c.offset, next - at)});
        at = next;
      }
    }
    file.unsynced.clear();
    file.visible = file.durable;
  }
  ++_state->life;
  _state->cut = false;
  _state->cut_at.reset();
}

void sim_file_system::cut_power_after(std::uint64_t operations) {
  std::lock_guard lock(_state->mutex);
  _state->cut_at = _state->operations + operations;
}
std::uint64_t sim_file_system::operations() const {
  std::lock_guard lock(_state->mutex);
  return _state->operations;
}
bool sim_file_system::is_cut() const {
  std::lock_guard lock(_state->mutex);
  return _state->cut;
}
void sim_file_system::limit_space(std::uint64_t bytes) {
  std::lock_guard lock(_state->mutex);
  _state->space = bytes;
}
void sim_file_system::limit_synced_space(std::uint64_t bytes) {
  std::lock_guard lock(_state->mutex);
  _state->synced_space = bytes;
}
void sim_file_system::fail_when(std::function<bool(operation, const std::string&)> rule) {
  std::lock_guard lock(_state->mutex);
  _state->rule = std::move(rule);
}

void sim_file_system::set_modified(const std::string& path, std::int64_t ms) {
  std::lock_guard lock(_state->mutex);
  _state->names.at(path)->modified_ms = ms;
}

void sim_file_system::flip_bit(const std::string& path, std::uint64_t byte, unsigned bit) {
  std::lock_guard lock(_state->mutex);
  inode& file = *_state->names.at(path);
  for (std::string* image : {&file.visible, &file.durable})
    if (byte < image->size()) (*image)[byte] = static_cast<char>((*image)[byte] ^ (1 << bit));
}

}  // namespace mes::os
