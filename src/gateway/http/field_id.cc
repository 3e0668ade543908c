#include "gateway/http/field_id.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace mes::gateway {
namespace {

using entry = std::pair<std::string_view, field_id>;

constexpr auto names = std::to_array<entry>({
    {"host", field_id::host},
    {"connection", field_id::connection},
    {"keep-alive", field_id::keep_alive},
    {"proxy", field_id::proxy},
    {"proxy-connection", field_id::proxy_connection},
    {"te", field_id::te},
    {"trailer", field_id::trailer},
    {"transfer-encoding", field_id::transfer_encoding},
    {"upgrade", field_id::upgrade},
    {"content-length", field_id::content_length},
    {"content-type", field_id::content_type},
    {"expect", field_id::expect},
    {"accept", field_id::accept},
    {"authorization", field_id::authorization},
    {"cookie", field_id::cookie},
    {"origin", field_id::origin},
    {"date", field_id::date},
    {"server", field_id::server},
    {"via", field_id::via},
    {"x-request-id", field_id::x_request_id},
    {"traceparent", field_id::traceparent},
    {"idempotency-key", field_id::idempotency_key},
    {"x-real-ip", field_id::x_real_ip},
    {"x-forwarded-for", field_id::x_forwarded_for},
    {"x-forwarded-proto", field_id::x_forwarded_proto},
    {"x-forwarded-host", field_id::x_forwarded_host},
    {"x-forwarded-port", field_id::x_forwarded_port},
    {"x-forwarded-path", field_id::x_forwarded_path},
    {"x-forwarded-prefix", field_id::x_forwarded_prefix},
    {"x-consumer-id", field_id::x_consumer_id},
    {"x-consumer-custom-id", field_id::x_consumer_custom_id},
    {"x-consumer-username", field_id::x_consumer_username},
    {"x-credential-identifier", field_id::x_credential_identifier},
    {"x-anonymous-consumer", field_id::x_anonymous_consumer},
});
static_assert(names.size() + 1 == static_cast<std::size_t>(field_id::count));

// Length, first and last letter tell nearly all of the names apart; the comparison that follows is exact.
constexpr std::size_t slot_of(std::string_view name) {
  auto at = [&](std::size_t i) { return static_cast<unsigned char>(name[i] | 0x20); };
  return (name.size() * 7 + at(0) * 3 + at(name.size() - 1) + at(name.size() / 2) * 5) & 127;
}

constexpr std::size_t depth = 3;
constexpr auto table = [] {
  std::array<std::array<std::int8_t, depth>, 128> slots{};
  for (auto& slot : slots) slot.fill(-1);
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto& slot = slots[slot_of(names[i].first)];
    std::size_t k = 0;
    while (slot[k] >= 0) ++k;  // beyond `depth` this is no constant expression: the build says so
    slot[k] = static_cast<std::int8_t>(i);
  }
  return slots;
}();

// Of eight bytes at once: 'A' to 'Z' have 0x20 added.
std::uint64_t lower_case(std::uint64_t eight) {
  constexpr std::uint64_t ones = 0x0101010101010101, tops = ones * 0x80;
  std::uint64_t seven_bits = eight & ~tops;
  std::uint64_t from_a = seven_bits + ones * (0x80 - 'A'), above_z = seven_bits + ones * (0x7f - 'Z');
  std::uint64_t upper = ~eight & tops & (from_a ^ above_z);
  return eight | (upper >> 2);
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  std::size_t i = 0;
  for (; i + 8 <= a.size(); i += 8) {
    std::uint64_t x = 0, y = 0;
    std::memcpy(&x, a.data() + i, 8);
    std::memcpy(&y, b.data() + i, 8);
    if (x != y && lower_case(x) != lower_case(y)) return false;
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
    const entry& e = names[static_cast<std::size_t>(i)];
    if (equals_ignoring_case(e.first, name)) return e.second;
  }
  return field_id::other;
}

}  // namespace mes::gateway
