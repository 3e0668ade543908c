#include "wire/yaml/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mes::wire {
namespace {

using kind = yaml_node::kind;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

yaml_node good(std::string_view text) {
  auto r = parse_yaml(text, "f.yml");
  EXPECT_TRUE(r) << (r ? "" : r.error().message);
  return r ? *r : yaml_node{};
}

std::string bad(std::string_view text) {
  auto r = parse_yaml(text, "f.yml");
  EXPECT_FALSE(r) << text;
  return r ? "" : r.error().message;
}

TEST(yaml, marks_count_lines_and_characters_from_one) {
  const yaml_node root = good("a: 1\nb:\n  - \xC3\xA4\xC3\xB6: x\n");
  EXPECT_EQ(root.mark.line, 1);
  const yaml_node* b = root.find("b");
  ASSERT_TRUE(b);
  ASSERT_EQ(b->items.size(), 1u);
  const yaml_node& value = b->items[0].members[0].second;
  EXPECT_EQ(value.mark.line, 3);
  EXPECT_EQ(value.mark.column, 9);  // "  - äö: x": characters, not bytes
}

TEST(yaml, plain_and_quoted_scalars_are_told_apart) {
  const yaml_node root = good("a: 12\nb: '12'\nc: \"1\\n2\"\nd: |\n  text\ne: ~\nf: 'null'\ng:\nh: !!str 7\n");
  EXPECT_FALSE(root.find("a")->quoted);
  EXPECT_TRUE(root.find("b")->quoted);
  EXPECT_EQ(root.find("c")->scalar, "1\n2");
  EXPECT_EQ(root.find("d")->scalar, "text\n");
  EXPECT_TRUE(root.find("d")->quoted);
  EXPECT_TRUE(root.find("e")->is_null());
  EXPECT_EQ(root.find("f")->type, kind::scalar);
  EXPECT_TRUE(root.find("g")->is_null());
  EXPECT_TRUE(root.find("h")->quoted);
  EXPECT_EQ(root.find("z"), nullptr);
}

TEST(yaml, reads_json) {
  const yaml_node root = good(R"({"a": [1, true, null, "x\/\u00e4"], "b": {"c":"d","e":[]}})");
  ASSERT_EQ(root.find("a")->items.size(), 4u);
  EXPECT_TRUE(root.find("a")->items[2].is_null());
  EXPECT_EQ(root.find("a")->items[3].scalar, "x/\xC3\xA4");
  EXPECT_EQ(root.find("b")->find("c")->scalar, "d");
}

TEST(yaml, empty_documents_are_null) {
  EXPECT_TRUE(good("").is_null());
  EXPECT_TRUE(good("# nothing\n").is_null());
  EXPECT_TRUE(good("---\n...\n").is_null());
}

TEST(yaml, aliases_are_copied_and_merge_keys_fill_in) {
  const yaml_node root = good("x: &x {a: 1, b: 2}\ny: *x\nz:\n  <<: *x\n  b: 3\nw:\n  <<: [{a: 5}, *x]\n");
  EXPECT_EQ(root.find("y")->find("b")->scalar, "2");
  EXPECT_EQ(root.find("y")->mark.line, 2);
  EXPECT_EQ(root.find("z")->find("a")->scalar, "1");
  EXPECT_EQ(root.find("z")->find("b")->scalar, "3");
  EXPECT_EQ(root.find("w")->find("a")->scalar, "5");
}

TEST(yaml, alias_bombs_end_early) {
  std::string text = "a0: &a0 [1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 9; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) text += (j ? ",*a" : "*a") + std::to_string(i - 1);
    text += "]\n";
  }
  EXPECT_THAT(bad(text), HasSubstr("aliases expand to more than 64 MiB"));
}

TEST(yaml, aliases_may_be_many) {
  std::string text = "a: &a [1,1,1,1,1,1,1,1,1,1]\nb:\n";
  for (int i = 0; i < 10'000; ++i) text += "- *a\n";
  EXPECT_EQ(good(text).find("b")->items.size(), 10'000U);
}

TEST(yaml, aliases_to_nothing_or_themselves_are_errors) {
  EXPECT_THAT(bad("a: *b\n"), StartsWith("f.yml:1:4: "));
  EXPECT_THAT(bad("a: &a [*a]\n"), HasSubstr("*a names no anchor"));
}

TEST(yaml, depth_is_bounded_also_through_aliases) {
  good(std::string(63, '[') + std::string(63, ']'));
  EXPECT_THAT(bad(std::string(100'000, '[')), HasSubstr("nested deeper than 64 levels"));
  EXPECT_THAT(bad("a: &a " + std::string(60, '[') + std::string(60, ']') + "\nb: [[[[[*a]]]]]\n"),
              HasSubstr("nested deeper than 64 levels"));
}

TEST(yaml, duplicate_keys_are_errors_with_their_place) {
  EXPECT_EQ(bad("a: 1\nb:\n  c: 1\n  c: 2\n"), "f.yml:4:3: the key \"c\" is here twice");
  EXPECT_EQ(bad("{\"a\": 1, \"a\": 1}"), "f.yml:1:10: the key \"a\" is here twice");
}

TEST(yaml, errors_name_the_place) {
  EXPECT_THAT(bad("a: 1\nb: [1, 2\nc: 3\n"), StartsWith("f.yml:3:"));
  EXPECT_EQ(bad("a:\n\tb: 1\n"), "f.yml:2:1: a tab; YAML is indented by spaces");
  EXPECT_EQ(bad("a:\n  \tb: 1\n"), "f.yml:2:3: a tab; YAML is indented by spaces");
  EXPECT_THAT(bad("ok: 1\nx: \xC3\x28\n"), StartsWith("f.yml:2:5: invalid trailing UTF-8"));
  EXPECT_THAT(bad("ok: 1\nx: \x01\n"), StartsWith("f.yml:2:4: "));
  EXPECT_THAT(bad("a: 1\n---\nb: 1\n"), StartsWith("f.yml:2:1: a second document"));
  EXPECT_THAT(bad("? [a]\n: 1\n"), HasSubstr("a key must be a single value"));
  EXPECT_THAT(bad("a: !python/object x\n"), HasSubstr("!python/object"));
}

// Far from the end that libyaml tells of.
TEST(yaml, errors_name_the_place_where_the_trouble_began) {
  EXPECT_EQ(
      bad("a: 1\nb: {c: \"x\nd: 1\ne: 2\n"),
      "f.yml:5:1: found unexpected end of stream (while scanning a quoted scalar, which began at line 2, column 8)");
  EXPECT_THAT(bad("a: \xC3\xA4\n\xC3\xA4:  [1,\n  2\nc: 3\n"), HasSubstr("which began at line 2, column 5)"));
  EXPECT_THAT(bad("a: @\n"), EndsWith("(while scanning for the next token)"));  // at the place itself
}

// As libyaml where nobody names the encoding.
TEST(yaml, a_byte_order_mark_is_passed_over) {
  auto read = parse_yaml(
      "\xEF\xBB\xBF"
      "a: 1\nb: 2\n",
      "f.yml");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_TRUE(read->find("b"));
  EXPECT_EQ(read->find("b")->scalar, "2");
  EXPECT_THAT(bad("\xEF\xBB\xBF"
                  "a: @\n"),
              StartsWith("f.yml:1:4: "));
}

TEST(yaml, missing_files_are_errors) {
  auto r = read_yaml_file("/nonexistent/mes.yaml");
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, error_code::not_found);
  EXPECT_THAT(r.error().message, HasSubstr("/nonexistent/mes.yaml"));
}

}  // namespace
}  // namespace mes::wire
