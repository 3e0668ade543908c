#include "gateway/http/field_id.h"

#include <array>
#include <cstdint>

#include "base/eight_bytes.h"

namespace mes::gateway {
namespace {

// Length, first and last letter tell nearly all of the names apart; the comparison that follows is exact.
constexpr std::size_t slot_of(std::string_view name) {
  auto at = [&](std::size_t i) { return static_cast<unsigned char>(name[i] | 0x20); };
  return (name.size() * 7 + at(0) * 3 + at(name.size() - 1) + at(name.size() / 2) * 5) & 127;
}

constexpr std::size_t depth = 3;
constexpr auto table = [] {
  std::array<std::array<std::int8_t, depth>, 128> slots{};
  for (auto& slot : slots) slot.fill(-1);
  for (std::size_t i = 0; i < known_fields.size(); ++i) {
    auto& slot = slots[slot_of(known_fields[i].name)];
    std::size_t k = 0;
    while (slot[k] >= 0) ++k;  // beyond `depth` this is no constant expression: the build says so
    slot[k] = static_cast<std::int8_t>(i);
  }
  return slots;
}();

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  std::size_t i = 0;
  for (; i + 8 <= a.size(); i += 8) {
    eight_bytes x(a.data() + i), y(b.data() + i);
    if (x != y && x.lower_case() != y.lower_case()) return false;
  }
  for (; i < a.size(); ++i) {
    auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

field_id field_id_of(std::string_view name) {
  if (name.empty()) return field_id::other;
  for (std::int8_t i : table[slot_of(name)]) {
    if (i < 0) break;
    const known_field& known = known_fields[static_cast<std::size_t>(i)];
    if (known.name.size() == name.size() && equals_ignoring_case(known.name, name)) return known.id;
  }
  return field_id::other;
}

}  // namespace mes::gateway
