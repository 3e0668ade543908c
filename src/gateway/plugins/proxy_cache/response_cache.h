// Answers of services, kept in memory: bounded in bytes, least recently used first out.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mes::gateway {

struct cached_response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::int64_t stored_s = 0;  // since 1970, UTC
  std::int64_t ttl_s = 0;     // how long it is fresh
  std::int64_t forget_s = 0;  // when it goes

  std::size_t bytes() const;
};

// Thread-safe; outlives generations, as Kong's shared memory does.
class response_cache {
 public:
  explicit response_cache(std::size_t bytes_max = 64 << 20) : _bytes_max(bytes_max) {}

  std::shared_ptr<const cached_response> find(const std::string& key, std::int64_t now_s);
  void keep(const std::string& key, cached_response response);  // what is larger than an eighth of all is not kept
  bool remove(const std::string& key);
  void clear();
  std::size_t bytes() const;
  std::size_t bytes_max() const { return _bytes_max; }

 private:
  using entry = std::pair<std::string, std::shared_ptr<const cached_response>>;
  void drop(std::list<entry>::iterator at);

  const std::size_t _bytes_max;
  mutable std::mutex _lock;
  std::list<entry> _order;  // newest first
  std::unordered_map<std::string, std::list<entry>::iterator> _by_key;
  std::size_t _bytes = 0;
};

}  // namespace mes::gateway
