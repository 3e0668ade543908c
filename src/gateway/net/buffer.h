// Blocks of memory that connections borrow while bytes are under way, and the buffer on top of them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

#include "gateway/net/spares.h"

namespace mes::gateway {

// Of one loop; not thread-safe.
class block_pool {
 public:
  static constexpr std::size_t tiny_bytes = 2 << 10;  // what most heads fit in
  static constexpr std::size_t small_bytes = 16 << 10;
  static constexpr std::size_t large_bytes = 64 << 10;

  struct block {
    std::unique_ptr<char[]> data;
    std::size_t bytes = 0;
  };

  block take(std::size_t at_least) {
    for (size_class& c : _classes) {
      if (at_least > c.bytes) continue;
      if (auto kept = c.kept.take()) return std::move(*kept);
      return make(c.bytes);
    }
    return make(at_least);
  }

  void give(block b) {
    for (size_class& c : _classes)
      if (b.bytes == c.bytes) return c.kept.give(std::move(b));
  }

  void tidy() {
    for (size_class& c : _classes) c.kept.tidy();
  }

 private:
  struct size_class {
    std::size_t bytes;
    spares<block> kept;
  };

  static block make(std::size_t bytes) { return {std::make_unique_for_overwrite<char[]>(bytes), bytes}; }

  using blocks = spares<block>;
  std::array<size_class, 3> _classes{size_class{tiny_bytes, blocks()}, size_class{small_bytes, blocks(blocks::few)},
                                     size_class{large_bytes, blocks(blocks::few)}};
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
    if (room() < bytes) make_room(bytes);
  }

  // Into a block that is large enough for what is there, for a content that will stay a while.
  void shrink() {
    if (_block.bytes > block_pool::tiny_bytes && size() <= block_pool::tiny_bytes)
      move_to(_pool.take(block_pool::tiny_bytes));
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
  void make_room(std::size_t bytes) {
    if (_block.bytes < size() + bytes) return move_to(_pool.take(std::max(size() + bytes, block_pool::tiny_bytes + 1)));
    std::memmove(_block.data.get(), _block.data.get() + _begin, size());
    _end = size();
    _begin = 0;
  }

  void move_to(block_pool::block other) {
    if (size() > 0) std::memcpy(other.data.get(), _block.data.get() + _begin, size());
    if (_block.data) _pool.give(std::move(_block));
    _block = std::move(other);
    _end = size();
    _begin = 0;
  }

  block_pool& _pool;
  block_pool::block _block;
  std::size_t _begin = 0, _end = 0;
};

}  // namespace mes::gateway
