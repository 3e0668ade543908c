// RFC 9112, section 7.1.
#include "gateway/http/chunk_decoder.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace mes::gateway {
namespace {

struct decoded {
  std::string body, rest;
};

// nullopt: refused, or not at its end.
std::optional<decoded> decode(std::string_view text, std::size_t step, chunk_decoder decoder = {}) {
  decoded out;
  for (std::size_t at = 0; at < text.size(); at += step) {
    std::string_view in = text.substr(at, step), piece;
    while (true) {
      auto status = decoder.next(in, piece);
      if (status == chunk_decoder::status::bad) return std::nullopt;
      if (status == chunk_decoder::status::more) break;
      if (status == chunk_decoder::status::done) {
        out.rest = std::string(text.substr(at + std::min(step, text.size() - at) - in.size()));
        return out;
      }
      out.body += piece;
    }
  }
  return std::nullopt;
}

TEST(chunk_decoder, takes_the_coding_off_at_any_cut) {
  std::string text = "4\r\nWiki\r\n7;name=\"v\"\r\npedia i\r\nB\r\nn \r\nchunks.\r\n0\r\nX-Trailer: gone\r\n\r\nGET /";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    auto out = decode(text, step);
    ASSERT_TRUE(out) << step;
    EXPECT_EQ(out->body, "Wikipedia in \r\nchunks.");
    EXPECT_EQ(out->rest, "GET /");
  }
}

TEST(chunk_decoder, refuses_what_is_not_the_grammar) {
  for (std::string_view text : {
           "\r\n",                      // no size
           "g\r\n",                     // no digit
           "-1\r\na\r\n0\r\n\r\n",      //
           "0x1\r\na\r\n0\r\n\r\n",     //
           "1\na\r\n0\r\n\r\n",         // bare LF
           "1\r\na\n0\r\n\r\n",         //
           "1\r\nab\r\n0\r\n\r\n",      // more than its size
           "1 \r\na\r\n0\r\n\r\n",      // blank behind the size
           "1000000000000000\r\n",      // 16 digits
           "1;a\nb\r\na\r\n0\r\n\r\n",  // LF in an extension
           "0\r\nbad trailer\r\n\r\n",  //
           "0\r\nX: y\n\r\n",           //
           "0\r\n: y\r\n\r\n",          //
           "0\r\n folded: y\r\n\r\n",   //
       })
    EXPECT_FALSE(decode(text, text.size())) << text;
}

TEST(chunk_decoder, takes_of_an_answer_what_nginx_takes) {
  const chunk_decoder lenient(chunk_decoder::source::answer);
  for (std::string_view text : {"1 \r\na\r\n0\r\n\r\n", "1\t  \r\na\r\n0 \r\n\r\n", "1 ;x\r\na\r\n0\r\n\r\n",
                                "1\na\n0\n\n", "1 ;x\na\r\n0\nX: y\n\r\n"})
    for (std::size_t step = 1; step <= text.size(); ++step) {
      auto out = decode(text, step, lenient);
      ASSERT_TRUE(out) << text;
      EXPECT_EQ(out->body, "a");
    }
  for (std::string_view text :
       {"1 1\r\na\r\n0\r\n\r\n", " 1\r\na\r\n0\r\n\r\n", "1 \rna\r\n0\r\n\r\n", "1 x\r\na\r\n0\r\n\r\n"})
    EXPECT_FALSE(decode(text, text.size(), lenient)) << text;
  EXPECT_FALSE(decode("1" + std::string(10'000, ' ') + "\r\na\r\n0\r\n\r\n", 1000, lenient));
}

TEST(chunk_decoder, bounds_extensions_and_trailers) {
  EXPECT_FALSE(decode("1;" + std::string(10'000, 'x') + "\r\na\r\n0\r\n\r\n", 1000));
  EXPECT_FALSE(decode("0\r\nX: " + std::string(10'000, 'x') + "\r\n\r\n", 1000));
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "1;abcd\r\na\r\n";
  EXPECT_FALSE(decode(many + "0\r\n\r\n", 1000));
}

std::string chunks(int count, std::string_view one) {
  std::string all;
  for (int i = 0; i < count; ++i) all += one;
  return all + "0\r\n\r\n";
}

TEST(chunk_decoder, any_number_of_small_chunks_may_have_some_overhead_each) {
  const chunk_decoder lenient(chunk_decoder::source::answer);
  auto padded = decode(chunks(10'000, "3     \r\n:\n\n\r\n"), 1000, lenient);
  ASSERT_TRUE(padded);
  EXPECT_EQ(padded->body.size(), 30'000U);
  const std::string extended = "64;chunk-signature=0123456789abcdef\r\n" + std::string(100, 'x') + "\r\n";
  EXPECT_TRUE(decode(chunks(10'000, extended), 1000));
  EXPECT_TRUE(decode(chunks(10'000, extended), 1000, lenient));
}

TEST(chunk_decoder, bounds_a_line_after_any_data_and_all_lines_by_the_data) {
  const chunk_decoder lenient(chunk_decoder::source::answer);
  const std::string data = "100000\r\n" + std::string(0x100000, 'x') + "\r\n";
  EXPECT_TRUE(decode(data + "1;" + std::string(8'000, 'x') + "\r\na\r\n0\r\n\r\n", 1000));
  for (const chunk_decoder& d : {chunk_decoder(), lenient}) {
    EXPECT_FALSE(decode(data + "1;" + std::string(10'000, 'x') + "\r\na\r\n0\r\n\r\n", 1000, d));
    EXPECT_FALSE(decode(data + "0\r\nX: " + std::string(10'000, 'x') + "\r\n\r\n", 1000, d));
    EXPECT_FALSE(decode(chunks(1000, "1;" + std::string(100, 'x') + "\r\na\r\n"), 1000, d));
  }
}

}  // namespace
}  // namespace mes::gateway
