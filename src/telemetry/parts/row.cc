#include "telemetry/parts/row.h"

#include <xxhash.h>

#include "base/hex.h"
#include "telemetry/parts/bytes.h"

namespace mes::telemetry {

// time, sequence, trace key, body length, id length, stream length, flags; then stream, id, body.
void append_row(std::string& out, const row& r) {
  std::string_view stream = r.stream.substr(0, row::stream_bytes_max);
  std::string_view id = r.id.substr(0, row::id_bytes_max);
  put(out, r.time_us);
  put(out, r.sequence);
  put(out, r.trace_key);
  put(out, static_cast<std::uint32_t>(r.body.size()));
  put(out, static_cast<std::uint16_t>(id.size()));
  put(out, static_cast<std::uint8_t>(stream.size()));
  put(out, r.flags);
  out.append(stream);
  out.append(id);
  out.append(r.body);
}

bool read_row(std::string_view& in, row& into) {
  std::uint32_t body_size = 0;
  std::uint16_t id_size = 0;
  std::uint8_t stream_size = 0;
  return take(in, into.time_us) && take(in, into.sequence) && take(in, into.trace_key) && take(in, body_size) &&
         take(in, id_size) && take(in, stream_size) && take(in, into.flags) &&
         take_bytes(in, stream_size, into.stream) && take_bytes(in, id_size, into.id) &&
         take_bytes(in, body_size, into.body);
}

std::uint64_t trace_key_of_bytes(std::string_view sixteen_bytes) {
  if (sixteen_bytes.size() != 16) return 0;
  std::uint64_t key = 0;
  std::memcpy(&key, sixteen_bytes.data() + 8, sizeof key);
  return __builtin_bswap64(key);
}

std::uint64_t trace_key_of_hex(std::string_view hex) {
  if (hex.empty() || hex.size() > 32) return 0;
  std::uint64_t key = 0;
  for (char c : hex) {
    int digit = hex_value(c);
    if (digit < 0) return 0;
    key = key << 4 | static_cast<std::uint64_t>(digit);
  }
  return key;
}

std::uint64_t id_key_of(std::string_view id) { return XXH3_64bits(id.data(), id.size()); }

}  // namespace mes::telemetry
