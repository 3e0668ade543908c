#include "pages/pages.h"

#include <gtest/gtest.h>

#include <array>

namespace mes::pages {
namespace {

using runtime::http_request;
using runtime::http_response;

constexpr std::array<asset, 5> files = {{
    {"/assets/main-1.js", "", "text/javascript", "\"js\"", "plain"},
    {"/assets/main-1.js", "br", "text/javascript", "\"js-br\"", "brotli"},
    {"/assets/main-1.js", "gzip", "text/javascript", "\"js-gz\"", "gzipped"},
    {"/index.html", "", "text/html; charset=utf-8", "\"index\"", "<html>"},
    {"/traces.html", "", "text/html; charset=utf-8", "\"traces\"", "<html traces>"},
}};

http_response get(std::string path, std::string_view accept_encoding = "", std::string_view if_none_match = "",
                  std::string method = "GET", std::string_view index = "/index.html") {
  http_request request{.method = std::move(method), .target = path, .path = path};
  if (!accept_encoding.empty()) request.headers.set("Accept-Encoding", accept_encoding);
  if (!if_none_match.empty()) request.headers.set("If-None-Match", if_none_match);
  return serve_page(request, index, files);
}

TEST(pages, give_the_encoding_that_the_client_takes) {
  EXPECT_EQ(get("/assets/main-1.js").body, "plain");
  EXPECT_EQ(get("/assets/main-1.js", "gzip, deflate, br, zstd").body, "brotli");  // what Chromium sends
  EXPECT_EQ(get("/assets/main-1.js", "gzip").headers.get("Content-Encoding"), "gzip");
  EXPECT_EQ(get("/assets/main-1.js", "br;q=0.1, gzip;q=0.8").body, "gzipped");
  EXPECT_EQ(get("/assets/main-1.js", "br;q=0, gzip;q=0").body, "plain");
  EXPECT_EQ(get("/assets/main-1.js", "*").body, "brotli");
  EXPECT_EQ(get("/assets/main-1.js", "gzip").headers.get("Vary"), "Accept-Encoding");
}

TEST(pages, qualities_follow_the_standard) {
  // RFC 9110, section 12.5.3, has these five examples.
  EXPECT_EQ(encoding_quality("compress, gzip", "gzip"), 1000);
  EXPECT_EQ(encoding_quality("", "gzip"), 0);
  EXPECT_EQ(encoding_quality("*", "gzip"), 1000);
  EXPECT_EQ(encoding_quality("compress;q=0.5, gzip;q=1.0", "gzip"), 1000);
  EXPECT_EQ(encoding_quality("gzip;q=1.0, identity; q=0.5, *;q=0", "br"), 0);
  EXPECT_EQ(encoding_quality("gzip;q=high", "gzip"), 0);
}

TEST(pages, every_address_of_the_program_is_the_index) {
  EXPECT_EQ(get("/").body, "<html>");
  EXPECT_EQ(get("/logs").body, "<html>");
  EXPECT_EQ(get("/traces/0af7651916cd43dd8448eb211c80319c").body, "<html>");
  EXPECT_EQ(get("/trace/0af7651916cd43dd8448eb211c80319c", "", "", "GET", "/traces.html").body, "<html traces>");
  EXPECT_EQ(get("/assets/main-0.js").status, 404);
}

TEST(pages, are_asked_for_again_but_assets_are_kept) {
  EXPECT_EQ(get("/").headers.get("Cache-Control"), "no-cache");
  EXPECT_EQ(get("/assets/main-1.js").headers.get("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(get("/", "", "\"index\"").status, 304);
  EXPECT_EQ(get("/", "", "W/\"index\", \"x\"").status, 304);
  EXPECT_EQ(get("/", "", "*").status, 304);
  EXPECT_EQ(get("/", "", "\"older\"").status, 200);
  EXPECT_EQ(get("/assets/main-1.js", "br", "\"js\"").status, 200);  // another representation
  EXPECT_TRUE(get("/", "", "\"index\"").body.empty());
}

TEST(pages, are_only_read) {
  const http_response refused = get("/", "", "", "POST");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.get("Allow"), "GET, HEAD");
}

TEST(pages, forbid_scripts_from_elsewhere) {
  const http_response page = get("/");
  EXPECT_NE(page.headers.get("Content-Security-Policy").find("script-src 'self'"), std::string_view::npos);
  EXPECT_EQ(page.headers.get("Content-Security-Policy").find("unsafe"), std::string_view::npos);
  EXPECT_EQ(page.headers.get("X-Content-Type-Options"), "nosniff");
}

TEST(pages, that_are_not_built_say_how_to_build_them) {
  const http_response page = serve_page({.method = "GET", .target = "/", .path = "/"}, "/index.html", {});
  EXPECT_EQ(page.status, 503);
  EXPECT_NE(page.body.find("./dev build"), std::string::npos);
}

}  // namespace
}  // namespace mes::pages
