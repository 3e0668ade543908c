#include "bus/log/key_map.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/sha256.h"

namespace mes::bus::log {
namespace {

constexpr std::size_t slots_min = 1'024;

std::array<std::uint64_t, 2> hash_of(std::string_view key) {
  const auto digest = sha256(key);
  std::array<std::uint64_t, 2> hash{};
  std::memcpy(hash.data(), digest.data(), sizeof hash);
  return hash;
}

}  // namespace

key_map::key_map(std::size_t memory_bytes_max)
    : _slots_max(std::max(slots_min, std::bit_floor(memory_bytes_max / sizeof(slot)))), _slots(slots_min) {}

std::size_t key_map::place(const std::array<std::uint64_t, 2>& hash) const {
  std::size_t at = hash[0] & (_slots.size() - 1);
  while (_slots[at].offset >= 0 && _slots[at].hash != hash) at = (at + 1) & (_slots.size() - 1);
  return at;
}

void key_map::grow() {
  std::vector<slot> before(_slots.size() * 2);
  before.swap(_slots);
  for (const slot& s : before)
    if (s.offset >= 0) _slots[place(s.hash)] = s;
}

bool key_map::put(std::string_view key, std::int64_t offset) {
  const auto hash = hash_of(key);
  std::size_t at = place(hash);
  if (_slots[at].offset < 0) {
    if (_used + 1 > _slots.size() / 4 * 3) {
      if (_slots.size() * 2 > _slots_max) return false;
      grow();
      at = place(hash);
    }
    ++_used;
  }
  _slots[at] = {hash, offset};
  return true;
}

std::optional<std::int64_t> key_map::find(std::string_view key) const {
  const slot& s = _slots[place(hash_of(key))];
  return s.offset < 0 ? std::nullopt : std::optional(s.offset);
}

}  // namespace mes::bus::log
