// Trace and span ids at the pace of a data plane: unique, not secret, so a generator seeded from OpenSSL's is enough.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/instant.h"
#include "base/uuid.h"
#include "observe/trace.h"

namespace mes::gateway {

// Of one loop; not thread-safe. xoshiro256** (Blackman and Vigna, 2018).
class id_source {
 public:
  id_source() {
    uuid a = uuid::make_v4(), b = uuid::make_v4();
    std::memcpy(_s.data(), a.bytes.data(), 16);
    std::memcpy(_s.data() + 2, b.bytes.data(), 16);
  }

  observe::span_id span() {
    observe::span_id id;
    std::uint64_t bits = next() | 1;  // never zero
    std::memcpy(id.data(), &bits, id.size());
    return id;
  }

  // RFC 9562, version 7: milliseconds, then random bits.
  observe::trace_id trace(instant now) {
    observe::trace_id id;
    std::uint64_t high = next(), low = next();
    std::memcpy(id.data(), &high, 8);
    std::memcpy(id.data() + 8, &low, 8);
    auto ms = static_cast<std::uint64_t>(now.ms());
    for (std::size_t i = 0; i < 6; ++i) id[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    id[6] = static_cast<std::uint8_t>((id[6] & 0x0f) | 0x70);
    id[8] = static_cast<std::uint8_t>((id[8] & 0x3f) | 0x80);
    return id;
  }

 private:
  std::uint64_t next() {
    std::uint64_t result = std::rotl(_s[1] * 5, 7) * 9, t = _s[1] << 17;
    _s[2] ^= _s[0];
    _s[3] ^= _s[1];
    _s[1] ^= _s[2];
    _s[0] ^= _s[3];
    _s[2] ^= t;
    _s[3] = std::rotl(_s[3], 45);
    return result;
  }

  std::array<std::uint64_t, 4> _s{};
};

}  // namespace mes::gateway
