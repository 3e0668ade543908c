#include "gateway/config/check_memory.h"

#include <utility>

#include "base/sha256.h"

namespace mes::gateway {
namespace {

std::string memory_key(std::string_view check, std::string_view text) {
  return std::string(check).append(1, ' ').append(sha256_hex(text));
}

}  // namespace

void check_memory::begin_load() { _before = std::exchange(_now, {}); }

std::optional<check_memory::finding> check_memory::find(std::string_view check, std::string_view text) {
  const std::string key = memory_key(check, text);
  if (auto known = _before.extract(key); !known.empty()) _now.insert(std::move(known));
  auto found = _now.find(key);
  return found == _now.end() ? std::nullopt : std::optional(found->second);
}

void check_memory::keep(std::string_view check, std::string_view text, finding found) {
  _now.insert_or_assign(memory_key(check, text), std::move(found));
}

}  // namespace mes::gateway
