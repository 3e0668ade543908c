// Frames as logstash-input-beats' PROTOCOL.md has them.
#include "wire/lumberjack/lumberjack.h"

#include <gmock/gmock.h>
#include <zlib.h>

namespace mes::wire::lumberjack {
namespace {

using namespace std::string_literals;

std::string number(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}
std::string text(std::string_view value) {
  return number(static_cast<std::uint32_t>(value.size())) + std::string(value);
}
std::string window(std::uint32_t size) { return "2W" + number(size); }
std::string json_frame(std::uint32_t sequence, std::string_view json) { return "2J" + number(sequence) + text(json); }
std::string packed(const std::string& frames) {
  uLongf size = compressBound(frames.size());
  std::string bytes(size, '\0');
  compress(reinterpret_cast<Bytef*>(bytes.data()), &size, reinterpret_cast<const Bytef*>(frames.data()), frames.size());
  return "2C" + text(std::string_view(bytes).substr(0, size));
}

std::vector<std::string> decoded(decoder& d, std::string_view bytes, std::size_t piece) {
  std::vector<event> events;
  for (std::size_t at = 0; at < bytes.size(); at += piece) EXPECT_TRUE(d.feed(bytes.substr(at, piece), events));
  std::vector<std::string> told;
  for (const event& e : events) told.push_back(std::to_string(e.sequence) + e.json);
  return told;
}

class pieces : public testing::TestWithParam<std::size_t> {};

TEST_P(pieces, frames_come_out_whole_however_the_bytes_were_cut) {
  const std::string stream = window(3) + json_frame(1, R"({"a":1})") +
                             packed(json_frame(2, "{}") + "2D" + number(3) + number(1) + text("line") + text("a\"b"));
  decoder d({});
  EXPECT_THAT(decoded(d, stream, GetParam()), testing::ElementsAre(R"(1{"a":1})", "2{}", R"(3{"line":"a\"b"})"));
  EXPECT_EQ(d.window(), 3u);
  EXPECT_TRUE(d.has_new_window());
  EXPECT_EQ(d.waiting_bytes(), 0u);
}
INSTANTIATE_TEST_SUITE_P(lumberjack, pieces, testing::Values(1, 2, 7, 1'000));

TEST(lumberjack, an_acknowledgement_has_the_senders_version) {
  EXPECT_EQ(acknowledgement('2', 0x01020304), "2A\x01\x02\x03\x04");
  EXPECT_EQ(acknowledgement('1', 7), "1A\0\0\0\x07"s);
}

struct bad {
  std::string name, bytes;
  error_code code;
};
class refused : public testing::TestWithParam<bad> {};

TEST_P(refused, with_its_reason) {
  decoder d({.frame_bytes_max = 1'000, .unpacked_bytes_max = 4'000});
  std::vector<event> events;
  const auto fed = d.feed(GetParam().bytes, events);
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, GetParam().code) << fed.error().message;
}
INSTANTIATE_TEST_SUITE_P(
    lumberjack, refused,
    testing::Values(bad{"http", "GET / HTTP/1.1\r\n", error_code::corrupt},
                    bad{"kind", "2Xabcdefgh", error_code::corrupt},
                    bad{"long", "2J" + number(1) + number(1'001), error_code::too_large},
                    bad{"pairs", "2D" + number(1) + number(0xffffffff), error_code::too_large},
                    bad{"no_zlib", "2C" + text("not zlib"), error_code::corrupt},
                    bad{"bomb", packed(json_frame(1, std::string(100'000, ' '))), error_code::too_large},
                    bad{"packed_twice", packed(packed(json_frame(1, "{}"))), error_code::corrupt},
                    bad{"packed_cut", packed(json_frame(1, "{}").substr(0, 9)), error_code::corrupt}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace mes::wire::lumberjack
