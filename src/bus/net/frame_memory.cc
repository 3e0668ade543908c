#include "bus/net/frame_memory.h"

#include <algorithm>

namespace mes::bus::net {
namespace {

constexpr std::size_t block_size = std::size_t{256} << 10;  // rooms are multiples of it, so that one fits many

}  // namespace

std::shared_ptr<char[]> frame_memory::take(std::size_t size) {
  std::size_t room = (size + block_size - 1) / block_size * block_size;
  std::unique_ptr<char[]> memory;
  auto& blocks = _spare->blocks;
  const auto found = std::ranges::find_if(blocks, [&](const auto& block) { return block.first >= room; });
  if (found != blocks.end() && found->first <= 2 * room) {
    room = found->first;
    memory = std::move(found->second);
    _spare->bytes -= room;
    blocks.erase(found);
  } else {
    memory = std::make_unique_for_overwrite<char[]>(room);
  }
  return {memory.release(), [to = _spare, room](char* bytes) { to->keep(std::unique_ptr<char[]>(bytes), room); }};
}

void frame_memory::spare::keep(std::unique_ptr<char[]> memory, std::size_t room) {
  if (bytes + room > bytes_max) return;
  bytes += room;
  const auto before = std::ranges::upper_bound(blocks, room, {}, [](const auto& block) { return block.first; });
  blocks.emplace(before, room, std::move(memory));
}

}  // namespace mes::bus::net
