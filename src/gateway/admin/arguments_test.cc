// What names in forms mean: kong/api/arguments.lua at 3.4.2, and spec/02-integration/04-admin_api.
#include "gateway/admin/arguments.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "gateway/admin/refusal.h"
#include "gateway/config/entities.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

runtime::http_request form(std::string body) {
  runtime::http_request r;
  r.headers.set("Content-Type", "application/x-www-form-urlencoded");
  r.body = std::move(body);
  return r;
}

TEST(arguments, of_forms) {
  struct row {
    const char *body, *json;
  };
  for (const row& r : {
           row{"name=a&host=b.test", R"({"name":"a","host":"b.test"})"},
           {"config.minute=5", R"({"config":{"minute":"5"}})"},
           {"config.add.headers=a:1", R"({"config":{"add":{"headers":"a:1"}}})"},
           {"paths[]=/a&paths[]=/b", R"({"paths":["/a","/b"]})"},
           {"paths%5B%5D=%2Fa", R"({"paths":["/a"]})"},
           {"paths[1]=/a&paths[2]=/b", R"({"paths":["/a","/b"]})"},
           {"paths=/a&paths=/b", R"({"paths":["/a","/b"]})"},
           {"sources[1].ip=127.0.0.1&sources[1].port=80", R"({"sources":[{"ip":"127.0.0.1","port":"80"}]})"},
           {"service.id=x", R"({"service":{"id":"x"}})"},
           {"config.x[1]=a", R"({"config":{"x":["a"]}})"},
           {"tags[1]=a+b", R"({"tags":["a b"]})"},
           {"", "{}"},
       }) {
    auto read = read_arguments(form(r.body));
    ASSERT_TRUE(read) << r.body;
    EXPECT_EQ(json::serialize(read->values), r.json) << r.body;
    EXPECT_TRUE(read->from_form);
  }
}

TEST(arguments, of_forms_get_the_types_of_the_fields) {
  auto read = read_arguments(
      form("retries=3&port=x&enabled=false&tags=one&path=&ca_certificates[]=a&url=http://h.test&unknown=1"));
  ASSERT_TRUE(read);
  infer_types(read->values, find_entity_kind("services")->fields());
  EXPECT_EQ(json::value(read->values),
            json::parse(R"({"retries":3,"port":"x","enabled":false,"tags":["one"],"path":null,
    "ca_certificates":["a"],"url":"http://h.test","unknown":"1"})"));
}

TEST(arguments, of_other_types) {
  runtime::http_request r;
  r.body = "{}";
  EXPECT_EQ(read_arguments(r).error().status, 415);  // no type at all
  r.headers.set("Content-Type", "text/plain");
  EXPECT_EQ(read_arguments(r).error().status, 415);
  r.headers.set("Content-Type", "application/json; charset=utf-8");
  EXPECT_TRUE(read_arguments(r));
  for (const char* wrong : {"", "{\"a\": 1", "[]", "1"}) {
    r.body = wrong;
    ASSERT_FALSE(read_arguments(r)) << wrong;
    EXPECT_EQ(json::serialize(read_arguments(r).error().body), R"({"message":"Cannot parse JSON body"})");
  }
}

TEST(arguments, of_multipart_forms) {
  runtime::http_request r;
  r.headers.set("Content-Type", "multipart/form-data; boundary=x");
  r.body =
      "--x\r\nContent-Disposition: form-data; name=\"paths[]\"\r\n\r\n/a\r\n"
      "--x\r\nContent-Disposition: form-data; name=\"service\"\r\nContent-Type: "
      "application/json\r\n\r\n{\"id\":\"y\"}\r\n"
      "--x--\r\n";
  auto read = read_arguments(r);
  ASSERT_TRUE(read);
  EXPECT_EQ(json::serialize(read->values), R"({"paths":["/a"],"service":{"id":"y"}})");
}

TEST(arguments, are_bounded) {
  json::object into;
  put_argument(into, "a[99999999999999999999]", "x");
  EXPECT_LE(into.at("a").as_array().size(), 1000u);
  std::string deep = "a";
  for (int i = 0; i < 1000; ++i) deep += ".a";
  put_argument(into, deep, "x");  // does not grow without end
  std::string many;
  for (int i = 0; i < 1001; ++i) many += fmt::format("a{}=1&", i);
  EXPECT_EQ(read_arguments(form(many)).error().status, 400);
}

// Messages of kong/db/errors.lua, as spec/02-integration/04-admin_api has them.
TEST(refusals, are_worded_as_kongs) {
  auto message = [](const refusal& r) {
    const auto& text = r.body.at("message").as_string();
    return std::string(text.data(), text.size());
  };
  json::object fields;
  add_reason(fields, "cert", "required field missing");
  add_reason(fields, "key", "required field missing");
  EXPECT_EQ(message(schema_violation(fields)),
            "2 schema violations (cert: required field missing; key: required field missing)");
  json::object list;
  add_reason(list, "protocols[0]", "expected one of: a, b");
  EXPECT_EQ(message(schema_violation(list)), "schema violation (protocols.1: expected one of: a, b)");
  EXPECT_EQ(json::serialize(list), R"({"protocols":["expected one of: a, b"]})");
  json::object second;
  add_reason(second, "paths[1]", "wrong");
  EXPECT_EQ(json::serialize(second), R"({"paths":[null,"wrong"]})");
  EXPECT_EQ(message(schema_violation(second)), "schema violation (paths.2: wrong)");
  json::object deep;
  add_reason(deep, "healthchecks.active.http_path", "should start with: /");
  EXPECT_EQ(message(schema_violation(deep)),
            "schema violation (healthchecks.active: {\n  http_path = \"should start with: /\"\n})");
  EXPECT_EQ(message(unique_violation({{"service", nullptr}, {"name", "basic-auth"}, {"consumer", {{"id", "x"}}}})),
            "UNIQUE violation detected on '{consumer={id=\"x\"},name=\"basic-auth\",service=null}'");
  EXPECT_EQ(
      message(unresolved_reference("service", "name", "non-existing", "services")),
      "foreign key unresolved (service.name: the foreign key cannot be resolved with '{name=\"non-existing\"}' for "
      "an existing 'services' entity)");
  EXPECT_EQ(message(invalid_reference("service", "x", "services")),
            "the foreign key '{id=\"x\"}' does not reference an existing 'services' entity.");
  EXPECT_EQ(message(still_referenced("services", "routes")),
            "an existing 'routes' entity references this 'services' entity");
  EXPECT_EQ(message(invalid_offset("x")), "'x' is not a valid offset: bad base64 encoding");
}

}  // namespace
}  // namespace mes::gateway
