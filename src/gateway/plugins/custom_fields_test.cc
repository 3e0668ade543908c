// custom_fields_by_lua: cases of K:spec/03-plugins/{01-tcp-log,03-http-log,04-file-log}, and of K:kong/pdk/log.lua.
#include "gateway/plugins/custom_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "gateway/plugins/log_edits.h"
#include "gateway/plugins/log_record.h"
#include "gateway/plugins/test_request.h"

namespace mes::gateway {
namespace {

using ::testing::HasSubstr;

class record_fields : public ::testing::Test, protected test_request {
 protected:
  record_fields() : test_request("GET /a HTTP/1.1\r\nHost: h\r\nAuthorization: secret\r\nX-One: 1\r\n\r\n") {
    c.lua = &sandbox;
  }

  // The plugin's scripts, as YAML, on the exchange; false if one has failed.
  bool apply(const std::string& name, const std::string& scripts) {
    reporter report("kong.yml");
    const std::string more = name == "http-log" ? "http_endpoint: 'http://a', " : "path: /dev/null, ";
    _all.push_back(load_configuration("_format_version: \"3.0\"\nplugins: [{name: " + name + ", config: {" + more +
                                          "custom_fields_by_lua: {" + scripts + "}}}]\n",
                                      report));
    for (const diagnostic& d : report.sorted()) ADD_FAILURE() << report.text_of(d);
    _fields.push_back(std::make_unique<custom_fields>(_all.back()->plugins.at(0)));
    return _fields.back()->apply(c);
  }

  boost::json::object record() { return log_record_of(c).value(); }

  lua_sandbox sandbox;

 private:
  std::vector<std::shared_ptr<const configuration>> _all;
  std::vector<std::unique_ptr<custom_fields>> _fields;
};

TEST_F(record_fields, add_change_and_take_away) {
  ASSERT_TRUE(apply("http-log", "new_field: return 123, client_ip: return nil"));
  EXPECT_EQ(record().at("new_field"), 123.0);
  EXPECT_FALSE(record().contains("client_ip"));
  EXPECT_THAT(*log_line_of(c), HasSubstr("\"new_field\":123"));
}

TEST_F(record_fields, reach_into_tables_by_dots) {
  ASSERT_TRUE(apply("http-log",
                    "request.headers.x-one: return nil, request.headers.new: return 'h', a.b.c: return true, "
                    "tries.note: return 'x', request.headers.authorization: return 'shown'"));
  const auto made = record();
  const auto& headers = made.at("request").at("headers").as_object();
  EXPECT_FALSE(headers.contains("x-one"));
  EXPECT_EQ(headers.at("new"), "h");
  EXPECT_EQ(headers.at("authorization"), "shown");
  EXPECT_EQ(made.at("a").at("b").at("c"), true);
}

TEST_F(record_fields, stay_for_the_log_plugins_that_follow) {
  ASSERT_TRUE(apply("http-log", "a: return 1, b: return 2"));
  ASSERT_TRUE(apply("file-log", "b: return nil"));
  EXPECT_EQ(record().at("a"), 1.0);
  EXPECT_FALSE(record().contains("b"));
}

TEST_F(record_fields, that_fail_leave_no_record) {
  EXPECT_FALSE(apply("http-log", "a: return nothing.b"));
  EXPECT_FALSE(apply("http-log", "a: return kong.request"));  // has functions in it
  EXPECT_TRUE(apply("http-log", "request.method.x: return 1"));
  auto made = log_record_of(c);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("leads through 'method', which is no table"));
}

TEST(log_edits, hold_by_their_mode) {
  using enum log_edit::mode;
  boost::json::object out = {{"there", 1}, {"list", {"a", "b"}}};
  const log_edits edits{
      {{"there", add, 2}, {"new", add, 2}, {"none.x", replace, 2}, {"list.x", set, 3}, {"gone", set, {}}}};
  ASSERT_TRUE(apply(edits, out));
  EXPECT_EQ(out, boost::json::parse(R"({"there":1,"list":{"1":"a","2":"b","x":3},"new":2})"));
}

TEST(custom_fields, are_refused_where_they_are_no_lua) {
  for (const char* plugin : {"http-log, config: {http_endpoint: 'http://a'", "file-log, config: {path: /x",
                             "tcp-log, config: {host: a, port: 1", "udp-log, config: {host: a, port: 1",
                             "syslog, config: {facility: user", "loggly, config: {key: k"}) {
    reporter report("kong.yml");
    auto all = load_configuration("_format_version: \"3.0\"\nplugins:\n- {name: " + std::string(plugin) +
                                      ",\n   custom_fields_by_lua: {a: return 1,\n   b: here come the warm jets}}}\n",
                                  report);
    EXPECT_FALSE(all) << plugin;
    ASSERT_EQ(report.sorted().size(), 1U) << plugin;
    EXPECT_THAT(report.text_of(report.sorted()[0]),
                ::testing::AllOf(HasSubstr("kong.yml:5:7: error: "),
                                 HasSubstr("custom_fields_by_lua: Error parsing function: [string \"here come the warm "
                                           "jets\"]:1: '=' expected near 'come'")));
  }
}

}  // namespace
}  // namespace mes::gateway
