// What the gateway's HTTP/2 sessions agree on with their clients, and the session's calls back to a connection.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/proxy/http2_client.h"

namespace mes::gateway {

constexpr std::uint32_t http2_stream_window_bytes = 64 << 10;
// Of a stream whose service takes all that comes: a client far away sends no more than a window a round trip.
constexpr std::uint32_t http2_wide_window_bytes = 1 << 20;

http2_session make_http2_server(http2_client& of, std::size_t header_bytes_max);  // with its first SETTINGS

}  // namespace mes::gateway
