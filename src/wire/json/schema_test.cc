#include "wire/json/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json/serialize.hpp>

#include <array>

namespace mes::wire {
namespace {

enum class colour { red, green };
struct inner {
  std::int64_t n = 0;
};
struct sample {
  std::string name;
  quantity amount;
  std::optional<instant> at;
  std::vector<inner> items;
  colour hue = colour::red;
};

}  // namespace

template <>
std::span<const std::string_view> enum_names<colour>() {
  static constexpr std::array<std::string_view, 2> names = {"red", "green"};
  return names;
}
template <>
const schema<inner>& describe<inner>() {
  static const auto s = schema<inner>("Inner").field("n", &inner::n, {.min = 1, .max = 9});
  return s;
}
template <>
const schema<sample>& describe<sample>() {
  static const auto s = schema<sample>("Sample")
                            .field("name", &sample::name, {.min_length = 1, .max_length = 5})
                            .field("amount", &sample::amount, {.min = 0})
                            .field("at", &sample::at)
                            .field("items", &sample::items, {.required = false, .max_length = 2})
                            .field("hue", &sample::hue, {.required = false});
  return s;
}

TEST(schema, decodes_and_encodes) {
  auto in = parse_json(R"({"name":"a","amount":0.3,"at":"2012-01-01T00:00:00Z","items":[{"n":3}],"hue":"green"})");
  ASSERT_TRUE(in);
  auto s = from_json<sample>(*in);
  ASSERT_TRUE(s);
  EXPECT_EQ(s->amount.millionths, 300'000);
  EXPECT_EQ(s->items.at(0).n, 3);
  EXPECT_EQ(s->hue, colour::green);
  auto again = from_json<sample>(json::value(to_json(*s)));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->amount, s->amount);
}

TEST(schema, names_every_wrong_field_by_its_pointer) {
  auto s = from_json<sample>(*parse_json(
      R"({"name":"too long","amount":-1,"at":"yesterday","items":[{"n":3},{"n":"x"}],"hue":"blue","extra/":1})"));
  ASSERT_FALSE(s);
  std::vector<std::string> paths;
  for (const field_error& f : s.error().fields) paths.push_back(f.path);
  EXPECT_THAT(paths, testing::UnorderedElementsAre("/extra~1", "/name", "/amount", "/at", "/items/1/n", "/hue"));
}

TEST(schema, says_what_is_required) {
  auto s = from_json<sample>(*parse_json("{}"));
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().fields.at(0), (field_error{"/name", "is required"}));
}

TEST(schema, makes_json_schema_with_references) {
  schema_components components;
  describe<sample>().json_schema(components);
  EXPECT_TRUE(components.contains("Inner"));
  EXPECT_EQ(json::serialize(components.at("Inner").at("properties").at("n")),
            R"({"type":"integer","format":"int64","minimum":1,"maximum":9})");
}

TEST(parse_json, refuses_what_is_no_json) {
  for (const char* text :
       {"", "{", "{\"a\":1}x", "[1,]", "\"\xff\"", "{\"a\" 1}", R"({"a":1,"a":2})", R"([{"b":{"a":1,"a":1}}])"})
    EXPECT_FALSE(parse_json(text)) << text;
  EXPECT_FALSE(parse_json(std::string(100, '[') + std::string(100, ']')));
  EXPECT_TRUE(parse_json(" {\"a\":1} \n"));
  EXPECT_TRUE(parse_json(R"([{"a":":\":"},{"a\\":{"a":"\\"}}])"));
}

TEST(quantity_codec, is_exact_for_decimals) {
  // Every tenth and millionth that people type comes back as typed.
  for (const char* text : {"0.1", "0.000001", "123456.789012", "999999999.999999"}) {
    quantity q;
    decode_errors errors;
    codec<quantity>::decode(*parse_json(text), q, {}, "", errors);
    EXPECT_EQ(q.to_string(), text);
  }
}

}  // namespace mes::wire
