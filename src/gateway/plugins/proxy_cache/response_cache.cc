#include "gateway/plugins/proxy_cache/response_cache.h"

namespace mes::gateway {

std::size_t cached_response::bytes() const {
  std::size_t total = body.size() + 256;
  for (const auto& [name, value] : headers) total += name.size() + value.size() + 64;
  return total;
}

std::shared_ptr<const cached_response> response_cache::find(const std::string& key, std::int64_t now_s) {
  std::lock_guard lock(_lock);
  auto found = _by_key.find(key);
  if (found == _by_key.end()) return nullptr;
  if (found->second->second->forget_s <= now_s) {
    drop(found->second);
    return nullptr;
  }
  _order.splice(_order.begin(), _order, found->second);
  return found->second->second;
}

void response_cache::keep(const std::string& key, cached_response response) {
  std::lock_guard lock(_lock);
  if (auto found = _by_key.find(key); found != _by_key.end()) drop(found->second);
  std::size_t size = response.bytes();
  if (size > _bytes_max / 8) return;
  while (!_order.empty() && _bytes + size > _bytes_max) drop(std::prev(_order.end()));
  _order.emplace_front(key, std::make_shared<const cached_response>(std::move(response)));
  _by_key[key] = _order.begin();
  _bytes += size;
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
  _bytes = 0;
}

std::size_t response_cache::bytes() const {
  std::lock_guard lock(_lock);
  return _bytes;
}

void response_cache::drop(std::list<entry>::iterator at) {
  _bytes -= at->second->bytes();
  _by_key.erase(at->first);
  _order.erase(at);
}

}  // namespace mes::gateway
