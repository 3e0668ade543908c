// Expected values from RFC 9112 and RFC 9110; what a strict server does with ambiguous messages.
#include "gateway/http/head.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace mes::gateway {
namespace {

// The status that a whole request head is refused with; 0 = taken.
int parse(std::string_view text, request_head& out) {
  std::size_t scanned = 0;
  head_state found = find_head_end(text, scanned);
  if (found == head_state::bad) return 400;
  if (found == head_state::incomplete) return -1;
  return parse_request_head(text.substr(0, scanned), out);
}

int parse(std::string_view text) {
  request_head ignored;
  return parse(text, ignored);
}

TEST(request_head, takes_a_plain_request_apart) {
  request_head r;
  ASSERT_EQ(parse("GET /a/b?c=d HTTP/1.1\r\nHost: example.com:8000\r\nAccept:  text/plain \r\n\r\n", r), 0);
  EXPECT_EQ(r.method, "GET");
  EXPECT_EQ(r.target, "/a/b?c=d");
  EXPECT_EQ(r.authority, "example.com:8000");
  EXPECT_EQ(r.headers.get(field_id::accept), "text/plain");
  EXPECT_EQ(r.headers.get("aCCept"), "text/plain");
  EXPECT_EQ(r.body, body_kind::none);
  EXPECT_TRUE(r.keep_alive);
}

TEST(request_head, knows_every_field_by_any_case) {
  request_head r;
  ASSERT_EQ(
      parse("GET / HTTP/1.1\r\nHOST: a\r\nx-REQUEST-id: 7\r\nTraceParent: t\r\nX-Forwarded-Prefix: /p\r\n\r\n", r), 0);
  EXPECT_EQ(r.headers.get(field_id::x_request_id), "7");
  EXPECT_EQ(r.headers.get(field_id::traceparent), "t");
  EXPECT_EQ(r.headers.get(field_id::x_forwarded_prefix), "/p");
}

TEST(request_head, decides_whether_the_connection_is_kept) {
  struct {
    std::string_view text;
    bool keep;
  } cases[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Close\r\n\r\n", false},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
  };
  for (const auto& c : cases) {
    request_head r;
    ASSERT_EQ(parse(c.text, r), 0) << c.text;
    EXPECT_EQ(r.keep_alive, c.keep) << c.text;
  }
}

TEST(request_head, takes_the_authority_of_an_absolute_target) {
  request_head r;
  ASSERT_EQ(parse("GET http://other.example:81/x?y HTTP/1.1\r\nHost: example.com\r\n\r\n", r), 0);
  EXPECT_EQ(r.authority, "other.example:81");
  EXPECT_EQ(r.target, "/x?y");
}

// One message for us must be one message for the next server.
TEST(request_head, refuses_what_two_servers_could_read_differently) {
  struct {
    int status;
    std::string_view text;
  } cases[] = {
      {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked\r\n\r\n"},
      {501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"},
      {501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"},
      {400,
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0b"
       "chunked\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\n Transfer-Encoding: chunked\r\n\r\n"},
      {400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n"},
      {400, "GET / HTTP/1.1\nHost: a\n\n"},
      {400, "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n"},
      {400, std::string_view("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 36)},
      {400, "GET / HTTP/1.1\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
      {400, "GET / HTTP/1.0\r\nHost:\r\n\r\n"},
      {400, "GET http://a_b/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n"},
      {400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
      {400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET / http/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET / HTTP/1.1x\r\nHost: a\r\n\r\n"},
      {400, "GET /\r\nHost: a\r\n\r\n"},
      {505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
      {505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(parse(c.text), c.status) << c.text;
}

TEST(request_head, limits_the_number_of_fields) {
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (std::size_t i = 1; i < headers_max; ++i) text += "X: y\r\n";
  EXPECT_EQ(parse(text + "\r\n"), 0);
  EXPECT_EQ(parse(text + "X: y\r\n\r\n"), 400);
}

TEST(request_head, is_found_however_it_comes) {
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
  std::size_t scanned = 0;
  for (std::size_t n = 0; n < text.size() - 4; ++n)
    ASSERT_EQ(find_head_end(std::string_view(text).substr(0, n), scanned), head_state::incomplete) << n;
  EXPECT_EQ(find_head_end(text, scanned), head_state::complete);
  EXPECT_EQ(scanned, text.size() - 4);
}

TEST(response_head, frames_its_body_by_request_and_status) {
  struct {
    std::string_view text;
    bool to_head;
    body_kind body;
  } cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, body_kind::length},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, body_kind::none},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, body_kind::none},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, body_kind::chunked},
      {"HTTP/1.1 200 OK\r\n\r\n", false, body_kind::until_close},
      {"HTTP/1.1 204 No Content\r\n\r\n", false, body_kind::none},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, body_kind::none},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", false, body_kind::none},
      {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", false, body_kind::none},
  };
  for (const auto& c : cases) {
    response_head r;
    ASSERT_TRUE(parse_response_head(c.text, c.to_head, r)) << c.text;
    EXPECT_EQ(r.body, c.body) << c.text;
  }
}

// RFC 9110, section 5.5: visible characters, blanks, tabs and bytes above ASCII; at any place of a long value.
TEST(request_head, takes_every_character_of_a_value_and_no_other) {
  for (int c = 0; c < 256; ++c) {
    bool fine = c == '\t' || (c >= 0x20 && c != 0x7f);
    if (c == '\r' || c == '\n') continue;  // ends of lines
    for (std::size_t at = 0; at < 70; ++at) {
      std::string value = "a" + std::string(70, 'v') + "z";
      value[at + 1] = static_cast<char>(c);
      EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: a\r\nX: " + value + "\r\n\r\n"), fine ? 0 : 400) << c << " at " << at;
    }
  }
}

TEST(field_names, differ_in_nothing_but_the_case_of_letters) {
  for (int a = 0; a < 256; ++a)
    for (int b = 0; b < 256; ++b) {
      auto letter = [](int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
      bool same = a == b || (letter(a) && letter(b) && (a ^ b) == 0x20);
      for (std::size_t at : {0U, 7U, 9U}) {
        std::string one(10, 'n'), other(10, 'N');
        one[at] = static_cast<char>(a);
        other[at] = static_cast<char>(b);
        ASSERT_EQ(equals_ignoring_case(one, other), same) << a << ' ' << b;
      }
    }
}

TEST(field_names, of_literals_are_known_as_those_of_texts_are) {
  constexpr field_name literal = "X-Consumer-ID", other = "X-Consumers";
  std::string text = "x-consumer-id", unknown = "x-cOnsumers";
  EXPECT_EQ(literal.id, field_id::x_consumer_id);
  EXPECT_EQ(literal, field_name(text));
  EXPECT_EQ(other.id, field_id::other);
  EXPECT_EQ(other, field_name(unknown));
  EXPECT_FALSE(other == field_name(std::string_view("X-Consumer")));
  for (const known_field& known : known_fields) EXPECT_EQ(field_id_of(known.name), known.id) << known.name;
}

// As nginx 1.22 takes them, and with one meaning only.
TEST(response_head, takes_what_services_that_work_behind_nginx_send) {
  struct {
    std::string_view text;
    body_kind body;
    std::uint64_t length;
    std::size_t lengths_shown;
    bool keep;
  } cases[] = {
      {"HTTP/1.1 200 OK\nContent-Length: 2\n\n", body_kind::length, 2, 1, true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\n", body_kind::length, 2, 1, true},
      {"HTTP/1.0 200 OK\nX: y\n\n", body_kind::until_close, 0, 0, false},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\nContent-Length: 2\r\n\r\n", body_kind::length, 2, 1, true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", body_kind::chunked, 0, 0, false},
      {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n", body_kind::chunked, 0, 0,
       false},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n", body_kind::length, 2, 1, true},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Identity\r\n\r\n", body_kind::until_close, 0, 0, false},
      {"HTTP/1.1 200 OK\r\nno-colon\r\nContent-Length: 2\r\n\r\n", body_kind::length, 2, 1, true},
  };
  for (const auto& c : cases) {
    std::size_t scanned = 0;
    for (std::size_t n = 0; n < c.text.size(); ++n)
      ASSERT_EQ(find_head_end(c.text.substr(0, n), scanned, line_ends::crlf_or_lf), head_state::incomplete) << c.text;
    ASSERT_EQ(find_head_end(c.text, scanned, line_ends::crlf_or_lf), head_state::complete) << c.text;
    EXPECT_EQ(scanned, c.text.size());
    response_head r;
    ASSERT_TRUE(parse_response_head(c.text, false, r)) << c.text;
    EXPECT_EQ(r.body, c.body) << c.text;
    EXPECT_EQ(r.content_length, c.length) << c.text;
    EXPECT_EQ(r.keep_alive, c.keep) << c.text;
    EXPECT_EQ(std::ranges::count(r.headers, field_id::content_length, &header_view::id), c.lengths_shown) << c.text;
    EXPECT_EQ(r.headers.find(field_id::content_length) != nullptr, c.lengths_shown > 0) << c.text;
  }
}

TEST(response_head, refuses_ambiguity_from_a_service_too) {
  for (std::string_view text :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 05\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: y\r\n folded\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: y\r\n\r\n", "HTTP/1.1 200 OK\nX: y\rz\n\n", "HTTP/1.1 099 x\r\n\r\n",
        "HTTP/1.1 20 x\r\n\r\n", "HTTP/1.1 2000 x\r\n\r\n", "ICY 200 OK\r\n\r\n"}) {
    response_head r;
    EXPECT_FALSE(parse_response_head(text, false, r)) << text;
  }
  std::size_t scanned = 0;
  EXPECT_EQ(find_head_end("\nHTTP/1.1 200 OK\n\n", scanned, line_ends::crlf_or_lf), head_state::bad);
}

}  // namespace
}  // namespace mes::gateway
