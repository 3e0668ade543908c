// K:spec/01-unit/26-mime-type_spec.lua.
#include "gateway/plugins/media_type.h"

#include <gtest/gtest.h>

namespace mes::gateway {
namespace {

std::string read(std::string_view text) {
  auto type = media_type::parse(text);
  if (!type) return "none";
  std::string out = type->type + "/" + type->subtype;
  for (const auto& [name, value] : type->parameters) out += " " + name + "=" + value;
  return out;
}

TEST(media_type, is_read_as_kong_does) {
  struct read_case {
    const char* text;
    const char* expected;
  };
  const read_case cases[] = {
      {"application/json", "application/json"},
      {"application/json; charset=UTF-8", "application/json charset=UTF-8"},
      {"application/json; charset=UTF-8; key=Value; q=1", "application/json charset=UTF-8 key=Value q=1"},
      {"application/json ;  charset=UTF-8 ; key=Value", "application/json charset=UTF-8 key=Value"},
      {"application/json; charset=\"UTF-8\"", "application/json charset=UTF-8"},
      {"application/json; a=\"x; y=z\";b=2", "application/json a=x; y=z b=2"},
      {"Application/JSON; Charset=UTF-8; Key=Value", "application/json charset=UTF-8 key=Value"},
      {"*/*; charset=UTF-8; q=0.1", "*/* charset=UTF-8 q=0.1"},
      {"application/*", "application/*"},
      {"*/text", "*/text"},
      {"*", "*/*"},
      {"*; q=.2", "*/* q=.2"},
      {"helloworld", "none"},
      {" ", "none"},
      {"", "none"},
      {"application/json;", "none"},
      {"application/json; charset=", "none"},
      {"application/json; charset", "none"},
      {"application/json; charset=\"UTF-8", "none"},
      {"application/json ", "none"},
      {"/json", "none"},
      {"application/", "none"},
  };
  for (const read_case& c : cases) EXPECT_EQ(read(c.text), c.expected) << c.text;
}

}  // namespace
}  // namespace mes::gateway
