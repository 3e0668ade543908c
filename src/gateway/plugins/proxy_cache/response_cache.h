// Answers of services, kept in memory: bounded in bytes, least recently used first out.
#pragma once

#include <atomic>
#include <cstdint>
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
  std::int64_t stored_s = 0;  // since 1970, UTC: for who looks at it
  std::int64_t ttl_s = 0;     // how long it is fresh
  // By a clock that nobody sets: set back, the other one would keep all that there is for so much longer.
  std::int64_t since_s = 0;
  std::int64_t forget_s = 0;  // when it goes

  std::size_t bytes() const;
};

// An answer that counts as the cache's memory from its first bytes until nobody has it any more: while it comes, while
// it is kept, and while it is sent.
class cache_entry {
 public:
  explicit cache_entry(std::shared_ptr<std::atomic<std::size_t>> total) : _total(std::move(total)) {}
  ~cache_entry() { *_total -= _counted; }
  cache_entry(const cache_entry&) = delete;
  cache_entry& operator=(const cache_entry&) = delete;

  void count();  // what it has become
  std::size_t counted() const { return _counted; }

  cached_response response;

 private:
  std::shared_ptr<std::atomic<std::size_t>> _total;  // what is being sent may outlive the cache
  std::size_t _counted = 0;
};

// Thread-safe; outlives generations, as Kong's shared memory does.
class response_cache {
 public:
  explicit response_cache(std::size_t bytes_max = 64 << 20) : _bytes_max(bytes_max) {}

  // An answer that is on its way, which is its owner's alone. What it takes makes those go that are kept and not in
  // use.
  std::shared_ptr<cache_entry> begin() { return std::make_shared<cache_entry>(_bytes); }
  bool append(cache_entry& to, std::string_view piece);  // false: there is no room for it
  void keep(const std::string& key, std::shared_ptr<cache_entry> whole);

  std::shared_ptr<const cached_response> find(const std::string& key, std::int64_t steady_s);
  bool remove(const std::string& key);
  void clear();
  std::size_t bytes() const { return *_bytes; }
  std::size_t bytes_max() const { return _bytes_max; }
  std::size_t body_bytes_max() const { return _bytes_max / 8; }  // of one answer

 private:
  using entry = std::pair<std::string, std::shared_ptr<cache_entry>>;
  void drop(std::list<entry>::iterator at);
  bool make_room();

  const std::size_t _bytes_max;
  const std::shared_ptr<std::atomic<std::size_t>> _bytes =
      std::make_shared<std::atomic<std::size_t>>(0);  // all entries'
  std::mutex _lock;
  std::list<entry> _order;  // newest first
  std::unordered_map<std::string, std::list<entry>::iterator> _by_key;
};

}  // namespace mes::gateway
