// The addresses that the HTTP client takes apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace mes::runtime {

struct http_url {
  bool tls = false;
  std::string host;  // without brackets; "" for a unix socket
  std::uint16_t port = 80;
  std::string socket_path;  // of unix:
  std::string target;       // "/path?query"

  std::string host_field() const;  // the Host header's value
  std::string address() const;     // what connections are kept by
};

// http://host[:port][/path], https://…, unix:/path/to/socket:/path
result<http_url> parse_http_url(std::string_view text);

}  // namespace mes::runtime
