#include "gateway/plugins/proxy_cache/response_cache.h"

#include <iterator>

namespace mes::gateway {

std::size_t cached_response::bytes() const {
  std::size_t total = body.capacity() + 256;
  for (const auto& [name, value] : headers) total += name.size() + value.size() + 64;
  return total;
}

void cache_entry::count() {
  const std::size_t now = response.bytes();
  *_total += now - _counted;
  _counted = now;
}

bool response_cache::append(cache_entry& to, std::string_view piece) {
  std::string& body = to.response.body;
  if (body.size() + piece.size() > body_bytes_max()) return false;
  const std::size_t room = body.capacity();
  body.append(piece);
  if (body.capacity() == room && to.counted() > 0) return true;
  to.count();
  std::lock_guard lock(_lock);
  return make_room();
}

void response_cache::keep(const std::string& key, std::shared_ptr<cache_entry> whole) {
  whole->response.body.shrink_to_fit();
  whole->count();
  std::lock_guard lock(_lock);
  if (auto found = _by_key.find(key); found != _by_key.end()) drop(found->second);
  _order.emplace_front(key, std::move(whole));
  _by_key[key] = _order.begin();
  make_room();
}

std::shared_ptr<const cached_response> response_cache::find(const std::string& key, std::int64_t steady_s) {
  std::lock_guard lock(_lock);
  auto found = _by_key.find(key);
  if (found == _by_key.end()) return nullptr;
  const std::shared_ptr<cache_entry>& kept = found->second->second;
  if (kept->response.forget_s <= steady_s) {
    drop(found->second);
    return nullptr;
  }
  _order.splice(_order.begin(), _order, found->second);
  return {kept, &kept->response};
}

bool response_cache::remove(const std::string& key) {
  std::lock_guard lock(_lock);
  auto found = _by_key.find(key);
  if (found == _by_key.end()) return false;
  drop(found->second);
  return true;
}

void response_cache::clear() {
  std::lock_guard lock(_lock);
  _by_key.clear();
  _order.clear();
}

void response_cache::drop(std::list<entry>::iterator at) {
  _by_key.erase(at->first);
  _order.erase(at);
}

// One that is being sent would take its memory whether it is kept or not.
bool response_cache::make_room() {
  for (auto at = _order.end(); *_bytes > _bytes_max && at != _order.begin();)
    if (auto last = std::prev(at); last->second.use_count() > 1)
      at = last;
    else
      drop(last);
  return *_bytes <= _bytes_max;
}

}  // namespace mes::gateway
