#include "gateway/config/target_address.h"

#include <gtest/gtest.h>

namespace mes::gateway {
namespace {

// kong/tools/utils.lua, normalize_ip and format_host, with the port of kong/db/dao/targets.lua; addresses of IPv6 stay
// as short as they were written.
TEST(target_address, has_a_port_whatever_was_written) {
  struct row {
    const char *written, *host;
    int port;
  };
  for (const row& r : {row{"10.20.30.40", "10.20.30.40", 8000}, row{"50.60.70.80:90", "50.60.70.80", 90},
                       row{"a.test", "a.test", 8000}, row{"a.test:0", "a.test", 0}, row{"::1", "[::1]", 8000},
                       row{"[::1]", "[::1]", 8000}, row{"[::1]:65535", "[::1]", 65535}}) {
    target_address a = read_target(r.written);
    EXPECT_EQ(a.host, r.host) << r.written;
    EXPECT_EQ(a.port, r.port) << r.written;
    EXPECT_EQ(text_of(a), std::string(r.host) + ":" + std::to_string(r.port));
    EXPECT_EQ(text_of(read_target(text_of(a))), text_of(a));
  }
}

}  // namespace
}  // namespace mes::gateway
