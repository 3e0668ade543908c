#include "os/overlay_file_system.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/instant.h"

namespace mes::os {

struct overlay_file_system::node {
  std::mutex lock;
  std::unique_ptr<file> below;  // while nothing was written to it
  std::string bytes;            // then

  result<void> copy() {
    if (!below) return {};
    auto size = below->size();
    if (!size) return fail(std::move(size.error()));
    bytes.resize(*size);
    auto got = below->pread(0, bytes);
    if (!got) return fail(std::move(got.error()));
    bytes.resize(*got);
    below.reset();
    return {};
  }
};

namespace {

class overlay_file final : public file {
 public:
  explicit overlay_file(std::shared_ptr<overlay_file_system::node> n) : _node(std::move(n)), _end(size().value_or(0)) {}

  result<void> append(std::string_view bytes) override {
    return change([&](std::string& all) {
      if (all.size() < _end + bytes.size()) all.resize(_end + bytes.size());
      all.replace(_end, bytes.size(), bytes);
      _end += bytes.size();
    });
  }
  result<void> pwrite(std::uint64_t offset, std::string_view bytes) override {
    return change([&](std::string& all) {
      if (all.size() < offset + bytes.size()) all.resize(offset + bytes.size());
      all.replace(offset, bytes.size(), bytes);
    });
  }
  result<void> truncate(std::uint64_t size) override {
    return change([&](std::string& all) {
      all.resize(size);
      _end = size;
    });
  }
  result<void> preallocate(std::uint64_t size) override {
    return change([&](std::string& all) { all.resize(std::max<std::uint64_t>(all.size(), size)); });
  }
  result<std::size_t> pread(std::uint64_t offset, std::span<char> into) const override {
    const std::lock_guard lock(_node->lock);
    if (_node->below) return _node->below->pread(offset, into);
    const std::string& all = _node->bytes;
    if (offset >= all.size()) return std::size_t{0};
    return all.copy(into.data(), into.size(), offset);
  }
  result<void> sync() override { return {}; }
  result<std::uint64_t> size() const override {
    const std::lock_guard lock(_node->lock);
    if (_node->below) return _node->below->size();
    return _node->bytes.size();
  }
  result<std::int64_t> modified_ms() const override {
    const std::lock_guard lock(_node->lock);
    return _node->below ? _node->below->modified_ms() : result<std::int64_t>(instant::now().ms());
  }

 private:
  template <class Change>
  result<void> change(Change&& apply) {
    const std::lock_guard lock(_node->lock);
    if (auto ok = _node->copy(); !ok) return ok;
    apply(_node->bytes);
    return {};
  }

  std::shared_ptr<overlay_file_system::node> _node;
  std::uint64_t _end;
};

}  // namespace

// Under the lock.
result<std::shared_ptr<overlay_file_system::node>> overlay_file_system::find(const std::string& path) {
  if (const auto known = _nodes.find(path); known != _nodes.end()) return known->second;
  if (_gone.contains(path)) return fail(error_code::not_found, fmt::format("{}: it was removed", path));
  auto below = _below.open(path, open_mode::read);
  if (!below) return fail(std::move(below.error()));
  auto made = std::make_shared<node>();
  made->below = std::move(*below);
  _nodes[path] = made;
  return made;
}

result<std::unique_ptr<file>> overlay_file_system::open(const std::string& path, open_mode mode) {
  const std::lock_guard lock(_lock);
  auto found = find(path);
  if (found && mode == open_mode::create_new) return fail(error_code::already_exists, path);
  const bool makes = mode == open_mode::create || mode == open_mode::create_new;
  if (!found && !(makes && found.error().code == error_code::not_found)) return fail(std::move(found.error()));
  if (!found) _nodes[path] = std::make_shared<node>();
  return std::make_unique<overlay_file>(_nodes[path]);
}

result<void> overlay_file_system::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(_lock);
  auto found = find(from);
  if (!found) return fail(std::move(found.error()));
  _nodes[to] = *found;
  _nodes.erase(from);
  _gone.insert(from);
  return {};
}

result<void> overlay_file_system::remove(const std::string& path) {
  const std::lock_guard lock(_lock);
  if (auto found = find(path); !found) return fail(std::move(found.error()));
  _nodes.erase(path);
  _gone.insert(path);
  return {};
}

result<std::vector<std::string>> overlay_file_system::list(const std::string& dir) {
  auto below = _below.list(dir);
  if (!below) return below;
  const std::lock_guard lock(_lock);
  std::set<std::string> names;
  for (const std::string& name : *below)
    if (!_gone.contains(dir + '/' + name)) names.insert(name);
  for (const auto& [path, n] : _nodes)
    if (path.starts_with(dir + '/') && path.find('/', dir.size() + 1) == std::string::npos)
      names.insert(path.substr(dir.size() + 1));
  return std::vector<std::string>(names.begin(), names.end());
}

}  // namespace mes::os
