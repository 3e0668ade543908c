// Facts from Kong 3.4.2: spec/01-unit/18-tools_uri_spec.lua and spec/fixtures/router_path_handling_tests.lua (v0).
#include "gateway/router/path.h"

#include <gtest/gtest.h>

namespace mes::gateway {
namespace {

// As nginx 1.22 answers requests for them: 400, or not.
TEST(path, has_whole_escapes_or_is_refused) {
  for (std::string_view fine : {"/", "/a%2fb", "/%41", "/%25", "/%c3%28", "/100%25%2B"})
    EXPECT_TRUE(has_whole_escapes(fine)) << fine;
  for (std::string_view wrong : {"/%", "/%4", "/%zz", "/%4%41", "/a%", "/%00", "/%4z", "/%%34%31"})
    EXPECT_FALSE(has_whole_escapes(wrong)) << wrong;
}

TEST(path, is_normalised_as_kong_does_it) {
  struct {
    std::string_view path, expected;
  } cases[] = {
      {"/", "/"},
      {"/a", "/a"},
      {"/a/./b", "/a/b"},
      {"/a/../b", "/b"},
      {"/a/b/..", "/a/"},
      {"/a/.", "/a/"},
      {"/..", "/"},
      {"/../../a", "/a"},
      {"/a//b", "/a/b"},
      {"//a", "/a"},
      {"/%61bc", "/abc"},
      {"/a%2fb", "/a%2Fb"},  // reserved characters stay encoded, in upper case
      {"/a%2Fb", "/a%2Fb"},
      {"/%2e%2e/a", "/a"},
      {"/a/%2e/b", "/a/b"},
      {"/%zz", "/%zz"},
      {"/a%20b", "/a b"},
      {"/a/...", "/a/..."},
      {"/a..b/.c", "/a..b/.c"},
  };
  for (const auto& c : cases) EXPECT_EQ(normalize_path(c.path, true), c.expected) << c.path;
}

TEST(path, is_escaped_for_the_service) {
  EXPECT_EQ(escape_path("/a b"), "/a%20b");
  EXPECT_EQ(escape_path("/\xc3\xa4"), "/%C3%A4");
  EXPECT_EQ(escape_path("/a%2Fb!$&'()*+,;=:@[]"), "/a%2Fb!$&'()*+,;=:@[]");
  EXPECT_EQ(escape_path("/\"<>\\^`{|}"), "/%22%3C%3E%5C%5E%60%7B%7C%7D");
}

TEST(path, is_plain_only_if_nothing_would_change) {
  for (std::string_view p : {"/", "/api/v1/parts", "/a.b/c..d/", "/a-b_c~d"}) EXPECT_TRUE(is_plain_path(p)) << p;
  for (std::string_view p : {"/a//b", "/./a", "/a/..", "/.hidden", "/%41", "/a b", "/\xc3"})
    EXPECT_FALSE(is_plain_path(p)) << p;
}

TEST(path, is_put_together_for_the_service) {
  struct {
    std::string_view service, route;
    bool strip;
    std::string_view request, expected;
  } cases[] = {
      {"/", "/", true, "/", "/"},
      {"/", "/", true, "/foo/bar", "/foo/bar"},
      {"/", "/", false, "/foo/bar/", "/foo/bar/"},
      {"/", "/foo/bar", true, "/foo/bar", "/"},
      {"/", "/foo/bar", true, "/foo/bar/", "/"},
      {"/", "/foo/bar/", true, "/foo/bar/", "/"},
      {"/", "/fee", true, "/feebor", "/bor"},
      {"/foo/bar", "/", true, "/", "/foo/bar"},
      {"/foo/bar", "/", true, "/hello", "/foo/bar/hello"},
      {"/fee/bor", "/foo/bar", true, "/foo/bar", "/fee/bor"},
      {"/fee/bor", "/foo/bar", true, "/foo/bar/", "/fee/bor/"},
      {"/fee/bor", "/foo", true, "/foobar", "/fee/bor/bar"},
      {"/fee/bor/", "/foo", true, "/foobar", "/fee/bor/bar"},
      {"/fee/bor/", "/foo", true, "/foo", "/fee/bor"},
      {"/fee/bor/", "/foo/", true, "/foo/", "/fee/bor/"},
      {"/fee/bor/", "/foo", true, "/foo/x", "/fee/bor/x"},
      {"/fee", "/foo", false, "/foo/bar", "/fee/foo/bar"},
      {"/fee/", "/foo", false, "/foo/bar", "/fee/foo/bar"},
      {"/fee", "/", false, "/", "/fee"},
      {"", "/api/v1/parts", false, "/api/v1/parts/7", "/api/v1/parts/7"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(upstream_path(c.service, c.request, c.request.substr(0, c.route.size()), c.strip), c.expected)
        << c.service << " " << c.route << " " << c.strip << " " << c.request;
}

}  // namespace
}  // namespace mes::gateway
