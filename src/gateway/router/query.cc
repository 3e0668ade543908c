#include "gateway/router/query.h"

namespace mes::gateway {

host_and_port split_host_port(std::string_view host) {
  std::size_t colon = host.find(':');
  if (colon == std::string_view::npos || colon + 1 == host.size()) return {host, -1};
  int port = 0;
  for (char c : host.substr(colon + 1)) {
    if (c < '0' || c > '9' || port > 65535) return {host, -1};
    port = port * 10 + (c - '0');
  }
  return {host.substr(0, colon), port};
}

}  // namespace mes::gateway
