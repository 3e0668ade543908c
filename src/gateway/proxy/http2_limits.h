// What a client of HTTP/2 may do, where more than one file goes by it.
#pragma once

#include <cstdint>

namespace mes::gateway {

constexpr std::uint32_t http2_stream_window_bytes = 64 << 10;
// Of a stream whose service takes all that comes: a client far away sends no more than a window a round trip.
constexpr std::uint32_t http2_wide_window_bytes = 1 << 20;
// Of any age, as calls that run into their deadlines; http2_client counts the rapid ones too.
constexpr std::uint64_t http2_resets_burst = 10'000, http2_resets_per_s = 1'000;

}  // namespace mes::gateway
