#include "runtime/config.h"

#include <gmock/gmock.h>

#include <stdexcept>

namespace mes::runtime {
namespace {

using testing::HasSubstr;

const std::vector<setting>& table() {
  static const std::vector<setting> rows = {
      {"name", setting_type::text, "plant", "Name."},      {"port", setting_type::integer, "8000", "Port.", 1, 65'535},
      {"fast", setting_type::boolean, "no", "Fast."},      {"wait_ms", setting_type::duration_ms, "5s", "Time.", 1},
      {"room", setting_type::size_bytes, "64K", "Bytes."},
  };
  return rows;
}

TEST(config, takes_defaults_and_what_is_given) {
  auto defaults = config::resolve(table(), {});
  ASSERT_TRUE(defaults) << defaults.error().message;
  EXPECT_EQ(defaults->text("name"), "plant");
  EXPECT_EQ(defaults->integer("port"), 8000);
  EXPECT_FALSE(defaults->flag("fast"));
  EXPECT_EQ(defaults->duration("wait_ms"), std::chrono::seconds(5));
  EXPECT_EQ(defaults->integer("room"), 65'536);
  auto given = config::resolve(table(), {{"port", "81"}, {"fast", "on"}, {"wait_ms", "250"}, {"room", "2MiB"}});
  ASSERT_TRUE(given);
  EXPECT_EQ(given->integer("port"), 81);
  EXPECT_TRUE(given->flag("fast"));
  EXPECT_EQ(given->duration("wait_ms").count(), 250);
  EXPECT_EQ(given->integer("room"), 2'097'152);
}

TEST(config, lists_every_mistake) {
  auto r =
      config::resolve(table(), {{"prot", "1"}, {"port", "70000"}, {"fast", "maybe"}, {"wait_ms", "0"}, {"room", "1X"}});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, error_code::invalid_argument);
  EXPECT_EQ(r.error().fields.size(), 5U);
  EXPECT_THAT(r.error().message, HasSubstr("prot: no such setting; there are name, port, fast, wait_ms, room"));
  EXPECT_THAT(r.error().message, HasSubstr("port: 70000 is not within 1 and 65535"));
  EXPECT_THAT(r.error().message, HasSubstr("fast: \"maybe\" is not true or false"));
  EXPECT_THAT(r.error().message, HasSubstr("wait_ms: 0 is below 1"));
  EXPECT_THAT(r.error().message, HasSubstr("room: \"1X\" is not a size"));
}

TEST(config, a_duration_names_its_unit) {
  const std::vector<setting> rows = {{"retention", setting_type::duration_ms, "7d", "Time."},
                                     {"wait_ms", setting_type::duration_ms, "5s", "Time."}};
  EXPECT_EQ(config::resolve(rows, {{"retention", "7d"}})->duration("retention"), std::chrono::days(7));
  EXPECT_EQ(config::resolve(rows, {{"retention", "0"}})->duration("retention").count(), 0);
  EXPECT_EQ(config::resolve(rows, {{"wait_ms", "7"}})->duration("wait_ms").count(), 7);
  const auto bare = config::resolve(rows, {{"retention", "7"}});
  ASSERT_FALSE(bare);
  EXPECT_EQ(bare.error().message, "retention: \"7\" has no unit: 7ms, 7s, 7m, 7d");
  EXPECT_EQ(config::resolve(rows, {{"retention", "-1"}}).error().message, "retention: -1 is below 0");
}

TEST(config, an_overflow_is_a_mistake) {
  EXPECT_FALSE(config::resolve(table(), {{"room", "9223372036854775807G"}}));
  EXPECT_FALSE(config::resolve(table(), {{"port", "99999999999999999999"}}));
  EXPECT_FALSE(config::resolve(table(), {{"port", ""}}));
}

TEST(config, asking_for_an_unknown_name_is_a_bug) {
  auto r = config::resolve(table(), {});
  EXPECT_THROW((void)r->text("nothing"), std::logic_error);
  EXPECT_THROW((void)r->integer("name"), std::logic_error);
}

TEST(config, the_common_table_resolves) { EXPECT_TRUE(config::resolve(common_settings(), {})); }

}  // namespace
}  // namespace mes::runtime
