#include <gtest/gtest.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/nearest.h"
#include "base/quantity.h"
#include "base/uuid.h"

namespace mes {

TEST(error, codes_map_to_http_status) {
  EXPECT_EQ(http_status_of(error_code::precondition_required), 428);  // RFC 6585, section 3
  EXPECT_EQ(http_status_of(error_code::too_large), 413);
  EXPECT_EQ(name_of(error_code::internal), "internal");
}

TEST(uuid, version_5_follows_the_standard) {
  // RFC 9562, appendix A.4: DNS name space, www.example.com
  auto dns = uuid::parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  ASSERT_TRUE(dns);
  EXPECT_EQ(uuid::make_v5(*dns, "www.example.com").to_string(), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST(uuid, version_7_is_unique_and_marked) {
  uuid a = uuid::make_v7(), b = uuid::make_v7();
  EXPECT_NE(a, b);
  EXPECT_EQ(a.bytes[6] >> 4, 7);
  EXPECT_EQ(a.bytes[8] >> 6, 2);
  EXPECT_EQ(uuid::parse(a.to_string()), a);
}

// RFC 9562: a big-endian 48-bit count of milliseconds leads; the rest keeps the order in which ids were made.
TEST(uuid, version_7_sorts_in_the_order_of_making) {
  uuid before = uuid::make_v7();
  std::int64_t ms = 0;
  for (int i = 0; i < 6; ++i) ms = ms << 8 | before.bytes[static_cast<std::size_t>(i)];
  EXPECT_LE(std::abs(instant::now().ms() - ms), 60'000);
  for (int i = 0; i < 10'000; ++i) {
    uuid next = uuid::make_v7();
    ASSERT_LT(before, next);
    ASSERT_LT(before.to_string(), next.to_string());
    before = next;
  }
}

TEST(uuid, refuses_what_is_none) {
  for (const char* text : {"", "6ba7b810-9dad-11d1-80b4-00c04fd430c", "6ba7b810x9dad-11d1-80b4-00c04fd430c8",
                           "6ba7b810-9dad-11d1-80b4-00c04fd430cg"})
    EXPECT_FALSE(uuid::parse(text)) << text;
}

TEST(instant, reads_and_writes_rfc_3339) {
  // RFC 3339, section 5.8
  EXPECT_EQ(instant::parse("1985-04-12T23:20:50.52Z")->to_string(), "1985-04-12T23:20:50.520Z");
  EXPECT_EQ(instant::parse("1996-12-19T16:39:57-08:00")->to_string(), "1996-12-20T00:39:57.000Z");
  EXPECT_EQ(instant::parse("1970-01-01T00:00:00.000001Z")->microseconds, 1);
  EXPECT_EQ(instant::parse("1970-01-01T00:00:00.000001Z")->to_string(), "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(instant{253402300800000000}.to_string(), "10000-01-01T00:00:00.000Z");  // seconds of GNU date
}

TEST(instant, refuses_what_is_none) {
  for (const char* text : {"", "2012-02-30T00:00:00Z", "2012-01-01", "2012-01-01T24:00:00Z", "2012-01-01T00:00:00",
                           "2012-01-01T00:00:00+24:00", "2012-01-01T00:00:00Zx", "2012-01-01T00:00:00.Z"})
    EXPECT_FALSE(instant::parse(text)) << text;
}

TEST(quantity, is_exact) {
  EXPECT_EQ(*quantity::parse("0.1") + *quantity::parse("0.2"), *quantity::parse("0.3"));
  EXPECT_EQ(quantity::parse("-12.500000")->to_string(), "-12.5");
  EXPECT_EQ(quantity::of(7).to_string(), "7");
  for (const char* text : {"", "-", ".5", "1.", "1e3", "0.0000001", "9999999999999999", "1 "})
    EXPECT_FALSE(quantity::parse(text)) << text;
}

TEST(nearest, finds_slips_of_the_pen_alone) {
  constexpr std::string_view names[] = {"host", "port", "routes", "plugins", "partitions", "retention_ms"};
  EXPECT_EQ(nearest("routs", names), "routes");
  EXPECT_EQ(nearest("partitons", names), "partitions");
  EXPECT_EQ(nearest("prot", names), "port");  // two that changed places are one slip
  EXPECT_EQ(nearest("plug", names), "");
  EXPECT_EQ(nearest("hort", names), "host");  // as near as port, and first
  EXPECT_EQ(nearest("x", names), "");
  EXPECT_EQ(nearest("", names), "");
  EXPECT_EQ(nearest(std::string(1'000'000, 'r'), names), "");
  EXPECT_EQ(there_are("hots", std::span(names).first(2)), "did you mean 'host'? there are host, port");
  EXPECT_EQ(there_are("url", std::span(names).first(2)), "there are host, port");
}

}  // namespace mes
