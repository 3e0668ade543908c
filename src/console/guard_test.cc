#include "console/guard.h"

#include <gtest/gtest.h>

namespace mes::console {
namespace {

using runtime::http_request;

struct sent {
  std::string method = "GET";
  std::string host = "127.0.0.1:3000";
  std::string origin;
  std::string site;
  std::string from = "127.0.0.1";
};

http_request make(const sent& what) {
  http_request request{.method = what.method, .target = "/", .path = "/", .remote_address = what.from};
  if (!what.host.empty()) request.headers.set("Host", what.host);
  if (!what.origin.empty()) request.headers.set("Origin", what.origin);
  if (!what.site.empty()) request.headers.set("Sec-Fetch-Site", what.site);
  return request;
}

int status(const guard& by, const sent& what) {
  const auto refused = by.refuse(make(what));
  return refused ? refused->status : 0;
}

TEST(guard, knows_this_machines_names) {
  const guard plain("", false);
  for (const char* host :
       {"localhost", "LOCALHOST:3000", "plant.localhost:3000", "127.0.0.1:3000", "127.1.2.3", "[::1]:3000"})
    EXPECT_EQ(status(plain, {.host = host}), 0) << host;
}

TEST(guard, refuses_names_that_were_made_to_point_here) {
  const guard plain("", false);
  for (const char* host : {"evil.example", "localhost.evil.example:3000", "127.0.0.1.evil.example", "127.evil.1.2",
                           "10.0.0.5:3000", "", "[::2]", "["})
    EXPECT_EQ(status(plain, {.host = host}), 421) << host;
}

TEST(guard, takes_the_names_that_it_is_given) {
  const guard given("mes.plant.example, 10.0.0.5", false);
  EXPECT_EQ(status(given, {.host = "MES.plant.example"}), 0);
  EXPECT_EQ(status(given, {.host = "10.0.0.5:3000"}), 0);
  EXPECT_EQ(status(given, {.host = "plant.example"}), 421);
}

TEST(guard, refuses_writes_from_other_sites) {
  const guard plain("", false);
  EXPECT_EQ(status(plain, {.method = "POST"}), 0);  // no browser: curl sends neither header
  EXPECT_EQ(status(plain, {.method = "POST", .origin = "http://127.0.0.1:3000", .site = "same-origin"}), 0);
  EXPECT_EQ(status(plain, {.method = "POST", .origin = "http://127.0.0.1:8080"}), 403);
  EXPECT_EQ(status(plain, {.method = "POST", .origin = "https://evil.example"}), 403);
  EXPECT_EQ(status(plain, {.method = "DELETE", .origin = "null"}), 403);
  EXPECT_EQ(status(plain, {.method = "POST", .site = "cross-site"}), 403);
  EXPECT_EQ(status(plain, {.method = "POST", .site = "same-site"}), 403);
  EXPECT_EQ(status(plain, {.method = "GET", .origin = "https://evil.example", .site = "cross-site"}), 0);
}

TEST(guard, shows_views_to_this_machine_alone_unless_told_otherwise) {
  EXPECT_FALSE(guard("", false).refuse_view(make({})));
  EXPECT_FALSE(guard("", false).refuse_view(make({.from = "::1"})));
  EXPECT_FALSE(guard("", false).refuse_view(make({.from = "::ffff:127.0.0.1"})));
  EXPECT_TRUE(guard("", false).refuse_view(make({.from = "10.0.0.7"})));
  EXPECT_FALSE(guard("", true).refuse_view(make({.from = "10.0.0.7"})));
}

}  // namespace
}  // namespace mes::console
