#include "runtime/http.h"

#include <gtest/gtest.h>

namespace mes::runtime {
namespace {

TEST(http, decodes_percent_escapes) {
  EXPECT_EQ(percent_decode("a%20b%2Fc"), "a b/c");
  EXPECT_EQ(percent_decode("%c3%BC"), "\xc3\xbc");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  EXPECT_EQ(percent_decode("%2B", true), "+");
  for (const char* malformed : {"%", "%4", "%zz", "100%", "%%41x"})
    EXPECT_EQ(percent_decode(malformed), malformed == std::string("%%41x") ? "%Ax" : malformed);
}

// RFC 3986, section 2.3: ALPHA, DIGIT, "-", ".", "_", "~" stay.
TEST(http, encodes_all_but_the_unreserved) {
  EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encode("a b/c?d=\xc3\xbc"), "a%20b%2Fc%3Fd%3D%C3%BC");
}

// Cases of the WHATWG URL standard's urlencoded parser (web-platform-tests, url/urlencoded-parser.any.js).
TEST(http, parses_queries) {
  EXPECT_EQ(parse_query("a=b&c=d"), (query_parameters{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(parse_query("a"), (query_parameters{{"a", ""}}));
  EXPECT_EQ(parse_query("=b"), (query_parameters{{"", "b"}}));
  EXPECT_EQ(parse_query("a=b=c"), (query_parameters{{"a", "b=c"}}));
  EXPECT_EQ(parse_query("&a=b&&a=c"), (query_parameters{{"a", "b"}, {"a", "c"}}));
  EXPECT_EQ(parse_query("a+b=c%20d"), (query_parameters{{"a b", "c d"}}));
  EXPECT_EQ(parse_query(""), query_parameters{});
}

TEST(http, finds_fields_without_case) {
  http_headers headers;
  headers.add("X-Request-ID", "1");
  headers.add("x-request-id", "2");
  EXPECT_EQ(headers.get("x-REQUEST-id"), "1");
  EXPECT_FALSE(headers.has("X-Request"));
  headers.set("X-request-ID", "3");
  EXPECT_EQ(std::distance(headers.begin(), headers.end()), 1);
  EXPECT_EQ(headers.get("X-Request-ID"), "3");
  headers.remove("X-REQUEST-ID");
  EXPECT_FALSE(headers.has("X-Request-ID"));
}

TEST(http, writes_problem_documents) {
  http_response r = http_response::problem(404, "No \"x\".");
  EXPECT_EQ(r.body, R"({"type":"about:blank","title":"Not Found","status":404,"detail":"No \"x\"."})");
  EXPECT_EQ(r.headers.get("Content-Type"), "application/problem+json");
}

}  // namespace
}  // namespace mes::runtime
