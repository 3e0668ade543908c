// Blocks of memory that connections borrow while bytes are under way, and the buffer on top of them.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace mes::gateway {

// Of one loop; not thread-safe. Keeps a few blocks for reuse, newest first (warm in the cache).
class block_pool {
 public:
  static constexpr std::size_t small_bytes = 16 << 10;
  static constexpr std::size_t large_bytes = 64 << 10;

  struct block {
    std::unique_ptr<char[]> data;
    std::size_t bytes = 0;
  };

  block take(std::size_t at_least) {
    auto& kept = at_least <= small_bytes ? _small : _large;
    if (at_least <= large_bytes && !kept.empty()) {
      block b = std::move(kept.back());
      kept.pop_back();
      return b;
    }
    std::size_t bytes = at_least <= small_bytes ? small_bytes : at_least <= large_bytes ? large_bytes : at_least;
    return {std::make_unique_for_overwrite<char[]>(bytes), bytes};
  }

  void give(block b) {
    auto& kept = b.bytes == small_bytes ? _small : _large;
    if ((b.bytes == small_bytes || b.bytes == large_bytes) && kept.size() < kept_max) kept.push_back(std::move(b));
  }

 private:
  static constexpr std::size_t kept_max = 64;
  std::vector<block> _small, _large;
};

// Bytes between a writer at the tail and a reader at the front. Holds a block only while it has bytes or is filled.
class io_buffer {
 public:
  explicit io_buffer(block_pool& pool) : _pool(pool) {}
  ~io_buffer() { release(); }
  io_buffer(const io_buffer&) = delete;
  io_buffer& operator=(const io_buffer&) = delete;

  std::string_view view() const { return {_block.data.get() + _begin, _end - _begin}; }
  std::size_t size() const { return _end - _begin; }
  bool empty() const { return _begin == _end; }
  std::size_t capacity() const { return _block.bytes; }

  // Room at the tail, without moving what is there.
  char* tail() { return _block.data.get() + _end; }
  std::size_t room() const { return _block.bytes - _end; }
  void added(std::size_t bytes) { _end += bytes; }

  // Makes room for `bytes` at the tail; moves the content if it must.
  void reserve(std::size_t bytes) {
    if (room() >= bytes) return;
    if (_block.bytes >= size() + bytes) {
      std::memmove(_block.data.get(), _block.data.get() + _begin, size());
    } else {
      block_pool::block larger = _pool.take(size() + bytes);
      if (size() > 0) std::memcpy(larger.data.get(), _block.data.get() + _begin, size());
      if (_block.data) _pool.give(std::move(_block));
      _block = std::move(larger);
    }
    _end = size();
    _begin = 0;
  }

  void append(std::string_view text) {
    reserve(text.size());
    if (!text.empty()) std::memcpy(tail(), text.data(), text.size());
    _end += text.size();
  }

  void consume(std::size_t bytes) {
    _begin += bytes;
    if (_begin == _end) _begin = _end = 0;
  }

  // Gives the block back; the content is gone.
  void release() {
    if (_block.data) _pool.give(std::move(_block));
    _block = {};
    _begin = _end = 0;
  }

 private:
  block_pool& _pool;
  block_pool::block _block;
  std::size_t _begin = 0, _end = 0;
};

}  // namespace mes::gateway
