// What the gateway's HTTP/2 sessions agree on with their clients, and the session's calls back to a connection.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/proxy/http2_client.h"
#include "gateway/proxy/http2_limits.h"

namespace mes::gateway {

http2_session make_http2_server(http2_client& of, std::size_t header_bytes_max);  // with its first SETTINGS

}  // namespace mes::gateway
