#include "gateway/plugins/perl_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace mes::gateway {
namespace {

using enum perl_pattern::where;

bool found(std::string_view expression, std::string_view text, perl_pattern::where has_to_match = anywhere) {
  const auto made = perl_pattern::compile(expression, has_to_match);
  EXPECT_TRUE(made) << expression << ": " << made.error().message;
  return made && made->matches(text);
}

struct pattern_case {
  std::string_view expression, text;
  bool anywhere, whole;
};

// What PCRE 8 says (pcretest).
TEST(perl_pattern, matches_as_pcre_does) {
  const pattern_case cases[] = {
      {"b+", "abbc", true, false},
      {"abbc", "abbc", true, true},
      {"a|abb", "abb", true, true},
      {"(?=b)bb|x", "abbc", true, false},
      {"(?<!a)bb", "abb", false, false},
      {"(?<!a)bb", "cbb", true, false},
      {"(?!evil)[a-z]+", "good", true, true},
      {"^(?!evil)[a-z]+$", "evil", false, false},
      {"(ab)\\1", "xababx", true, false},
      {"(?i)(ab)\\1", "ABab", true, true},
      {"a++b", "aab", true, true},
      {"(?>a+)ab", "aaab", false, false},
      {"^(?=.)b", "a\nb", false, false},
      {"(?#why)\\h", "a\tb", true, false},
  };
  for (const pattern_case& c : cases) {
    EXPECT_EQ(found(c.expression, c.text, anywhere), c.anywhere) << c.expression << ' ' << c.text;
    EXPECT_EQ(found(c.expression, c.text, whole), c.whole) << c.expression << ' ' << c.text;
  }
}

TEST(perl_pattern, says_what_is_wrong) {
  for (std::string_view wrong : {"(", "(?!a", "a)(?=b", "(?<!a+)b", "*a", "[a"}) {
    const auto made = perl_pattern::compile(wrong, anywhere);
    ASSERT_FALSE(made) << wrong;
    EXPECT_NE(made.error().message.find(" at character "), std::string::npos) << made.error().message;
  }
}

// Without the bound these take longer than anybody waits.
TEST(perl_pattern, gives_up_as_kongs_match_limit_does) {
  const std::string many(8'000, 'a');
  for (std::string_view slow : {"(?=a)(a+)+$|(?!a)b", "(?=(a+)*c)d", "(?:(?=a)a*)*a*a*a*c", "((a|aa)+)\\1c"})
    EXPECT_FALSE(found(slow, many + "!")) << slow;
  EXPECT_TRUE(found("(?=a)a+!", many + "!"));
  EXPECT_TRUE(found("(?=a)a++", many, whole));
  EXPECT_FALSE(found("(?=a)a++", many + many, whole));  // what was not looked at may be anything
}

}  // namespace
}  // namespace mes::gateway
