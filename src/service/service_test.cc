// What all services share, seen from outside: a small service over HTTP, on both engines.
#include <condition_variable>
#include <mutex>

#include "runtime/http_client.h"
#include "runtime/test_server.h"
#include "service/state_machine.h"
#include "service/test_process.h"

namespace mes::service {
namespace {

// ---------------------------------------------------------------- the small service

enum class colour : std::uint8_t { red, green };
struct thing {
  std::string id;
  std::int64_t version = 0;
  std::string name;
  colour paint = colour::red;
  quantity weight;
  std::string request_id;
};
struct create_thing {
  std::string name;
  colour paint = colour::red;
  quantity weight;
};
struct change_thing {
  std::optional<std::string> name;
};

}  // namespace
}  // namespace mes::service

namespace mes::wire {
using namespace mes::service;
template <>
std::span<const std::string_view> enum_names<colour>() {
  static constexpr std::array<std::string_view, 2> names = {"red", "green"};
  return names;
}
template <>
const schema<thing>& describe<thing>() {
  static const auto s = schema<thing>("Thing")
                            .field("id", &thing::id)
                            .field("version", &thing::version)
                            .field("name", &thing::name)
                            .field("colour", &thing::paint)
                            .field("weight", &thing::weight)
                            .field("request_id", &thing::request_id);
  return s;
}
template <>
const schema<create_thing>& describe<create_thing>() {
  static const auto s = schema<create_thing>("CreateThing")
                            .field("name", &create_thing::name, {.min_length = 1, .max_length = 20})
                            .field("colour", &create_thing::paint, {.required = false})
                            .field("weight", &create_thing::weight, {.required = false, .min = 0, .max = 100});
  return s;
}
template <>
const schema<change_thing>& describe<change_thing>() {
  static const auto s = schema<change_thing>("ChangeThing").field("name", &change_thing::name, {.max_length = 20});
  return s;
}
}  // namespace mes::wire

namespace mes::service {
namespace {

constexpr store::migration tiny_migrations[] = {
    {10, "things",
     "CREATE TABLE things (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,"
     " name TEXT NOT NULL UNIQUE, colour TEXT NOT NULL)"}};

const collection<thing>& things() {
  static const collection<thing> table(
      "things", "thing",
      {{"name", [](const thing& t) { return store::value(t.name); }},
       {"colour", [](const thing& t) { return store::value(std::string(wire::name_of_enum(t.paint))); }}});
  return table;
}

result<reply> create(http_command& c, const create_thing& input) {
  if (things().find_by(c.db, "name", input.name))
    return fail({error_code::already_exists, "There is a thing " + input.name, {{"/name", "is taken"}}});
  thing t{.id = uuid::make_v7().to_string(),
          .name = input.name,
          .paint = input.paint,
          .weight = input.weight,
          .request_id = c.why.request_id};
  things().insert(c.db, t);
  return reply_created(t, "/api/v1/auth");
}

const service_definition& tiny() {
  static const service_definition d{
      .name = "auth",  // one of the services that the platform knows
      .port = 3008,
      .base_path = "/api/v1/things",
      .migrations = tiny_migrations,
      .define = [](api& table) {
        table.post<create_thing, thing>(
            "/", {.id = "createThing", .summary = "Thing created", .permission = "parts:write", .success_status = 201},
            create);
        table.get<thing>("/",
                         {.id = "listThings",
                          .summary = "Things",
                          .permission = "parts:read",
                          .query = {{"colour", "", {"red", "green"}}, {"name", ""}},
                          .paged = true},
                         list_of(things(), {"colour", "name"}));
        table.get<thing>("/special", {.id = "special", .summary = "A word", .permission = ""},
                         [](const query&) -> result<reply> { return reply{.body = json::object{{"special", true}}}; });
        table.get<thing>("/{id}", {.id = "readThing", .summary = "Thing", .permission = "parts:read"},
                         one_of(things()));
        table.patch<change_thing, thing>("/{id}",
                                         {.id = "changeThing", .summary = "Changed", .permission = "parts:write"},
                                         [](http_command& c, const change_thing& input) -> result<reply> {
                                           auto t = things().get(c.db, c.path_value("id"));
                                           if (!t) return std::unexpected(t.error());
                                           if (auto match = c.check_if_match(t->version); !match)
                                             return std::unexpected(match.error());
                                           if (input.name) t->name = *input.name;
                                           things().update(c.db, *t);
                                           return reply_with(*t);
                                         });
        table.action("POST", "/{id}/actions/break", {.id = "break", .summary = "Breaks", .permission = "parts:write"},
                     [](http_command& c) -> result<reply> {
                       c.db.execute("DELETE FROM things WHERE id = :p1", {c.path_value("id")});
                       return fail(error_code::internal, "a secret of the inside");
                     });
      }};
  return d;
}

// ---------------------------------------------------------------- tests

class tiny_service : public store::testing::database_test {
 protected:
  void SetUp() override {
    database_test::SetUp();
    if (IsSkipped()) return;
    _running = std::make_unique<testing::test_process>(tiny(), url());
    token = _running->token({"planner"});
  }
  void TearDown() override {
    _running.reset();
    database_test::TearDown();
  }

  using headers = std::vector<std::pair<std::string, std::string>>;
  runtime::http_response call(std::string method, const std::string& path, std::string body = "",
                              const headers& more = {}) {
    return _running->call(std::move(method), "/api/v1/things" + path, std::move(body), token, more);
  }
  runtime::http_response post(const std::string& body, const headers& more = {}) {
    return call("POST", "", body, more);
  }
  static json::value parsed(const runtime::http_response& r) {
    auto v = wire::parse_json(r.body);
    EXPECT_TRUE(v) << r.status << ' ' << r.body;
    return v ? *v : json::value(json::object());
  }
  static std::vector<std::string> pointers(const runtime::http_response& r) {
    std::vector<std::string> all;
    json::value body = parsed(r);
    if (const json::value* errors = body.as_object().if_contains("errors"))
      for (const json::value& e : errors->as_array()) all.emplace_back(e.at("pointer").as_string());
    return all;
  }

  std::unique_ptr<testing::test_process> _running;
  std::string token;
};
INSTANTIATE_TEST_SUITE_P(engines, tiny_service, store::testing::both_engines(), store::testing::engine_name);

using texts = std::vector<std::string>;

// RFC 9457: application/problem+json with type, title, status, detail, instance; pointers are RFC 6901.
TEST_P(tiny_service, names_every_field_that_is_wrong) {
  auto refused = post(R"({"colour":"blue","weight":101,"extra/member":1})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.headers.get("Content-Type"), "application/problem+json");
  json::value body = parsed(refused);
  EXPECT_EQ(body.at("status"), 400);
  EXPECT_EQ(body.at("instance"), "/api/v1/things");
  for (const char* member : {"type", "title", "detail"}) EXPECT_TRUE(body.at(member).is_string());
  auto all = pointers(refused);
  std::ranges::sort(all);
  EXPECT_EQ(all, (texts{"/colour", "/extra~1member", "/name", "/weight"}));
  EXPECT_EQ(pointers(post(R"({"name":""})")), texts{"/name"});
  EXPECT_EQ(pointers(post(R"({"name":"123456789012345678901"})")), texts{"/name"});
  EXPECT_EQ(pointers(post(R"({"name":7})")), texts{"/name"});
  EXPECT_EQ(post(R"({"name":"a","weight":1e999})").status, 400);
  EXPECT_EQ(post(R"({"name":"a\u0000b"})").status, 400) << "PostgreSQL's text cannot hold NUL";
}

TEST_P(tiny_service, refuses_bodies_that_are_no_json_object) {
  for (const char* text : {"[]", "1", "null", "{", R"({"name":"a"}x)", R"({"name":"a",})", "{'name':'a'}"})
    EXPECT_EQ(post(text).status, 400) << text;
  EXPECT_EQ(post(std::string(100, '[') + std::string(100, ']')).status, 400) << "deep";
  EXPECT_EQ(post("{\"name\":\"\xff\xfe\"}").status, 400) << "invalid UTF-8";
  EXPECT_EQ(post("{\"name\":\"\xed\xa0\x80\"}").status, 400) << "a surrogate in UTF-8 (RFC 3629)";
  EXPECT_EQ(post(R"({"name":"a"})", {{"Content-Type", "text/plain"}}).status, 415);
  EXPECT_EQ(post(R"({"name":")" + std::string(70'000, 'x') + R"("})").status, 413);
  EXPECT_EQ(call("GET", "").status, 200);
  EXPECT_EQ(parsed(call("GET", "")).at("data").as_array().size(), 0U) << "nothing was kept";
}

TEST_P(tiny_service, tells_who_may_not_from_who_is_unknown) {
  std::string mine = token;
  token = "";
  auto unknown = call("GET", "");
  EXPECT_EQ(unknown.status, 401);
  EXPECT_FALSE(unknown.headers.get("WWW-Authenticate").empty()) << "RFC 9110, 15.5.2";
  token = mine.substr(0, mine.size() - 4) + "AAAA";
  EXPECT_EQ(call("GET", "").status, 401) << "signature";
  token = _running->token({"admin"}, -3600);
  EXPECT_EQ(call("GET", "").status, 401) << "expired";
  token = _running->token({"admin"}, 3600, "another-audience");
  EXPECT_EQ(call("GET", "").status, 401);
  token = _running->unsigned_token();
  EXPECT_EQ(call("GET", "").status, 401) << "alg none";
  token = _running->token({"viewer"});
  EXPECT_EQ(call("GET", "").status, 200);
  EXPECT_EQ(post(R"({"name":"a"})").status, 403);
  token = _running->token({"no-such-role"});
  EXPECT_EQ(call("GET", "").status, 403);
  EXPECT_EQ(call("GET", "/special").status, 200) << "any known user";
}

TEST_P(tiny_service, answers_a_repeated_key_once) {
  auto first = post(R"({"name":"a"})", {{"Idempotency-Key", "\"k-1\""}});
  EXPECT_EQ(first.status, 201);
  auto again = post(R"({"name":"a"})", {{"Idempotency-Key", "\"k-1\""}});
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers.get("ETag"), first.headers.get("ETag"));
  EXPECT_EQ(again.headers.get("Location"), first.headers.get("Location"));
  EXPECT_EQ(post(R"({"name":"b"})", {{"Idempotency-Key", "\"k-1\""}}).status, 422);
  EXPECT_EQ(post(R"({"name":"a"})", {{"Idempotency-Key", "\"k-2\""}}).status, 409);
  EXPECT_EQ(post(R"({"name":"b"})", {{"Idempotency-Key", std::string(300, 'k')}}).status, 400);
  token = _running->token({"planner"}, 3600, "mes", "another-user");
  EXPECT_EQ(post(R"({"name":"b"})", {{"Idempotency-Key", "\"k-1\""}}).status, 201) << "keys belong to a user";
  EXPECT_EQ(parsed(call("GET", "")).at("data").as_array().size(), 2U);
}

TEST_P(tiny_service, changes_only_the_version_that_was_read) {
  auto made = post(R"({"name":"a"})");
  EXPECT_EQ(made.headers.get("ETag"), "\"1\"");
  std::string path = "/" + std::string(parsed(made).at("id").as_string());
  EXPECT_EQ(call("PATCH", path, R"({"name":"b"})").status, 428);
  EXPECT_EQ(call("PATCH", path, R"({"name":"b"})", {{"If-Match", "\"2\""}}).status, 412);
  EXPECT_EQ(call("PATCH", path, R"({"name":"b"})", {{"If-Match", "1"}}).status, 412) << "no entity tag";
  auto changed = call("PATCH", path, R"({"name":"b"})", {{"If-Match", "\"1\""}});
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.headers.get("ETag"), "\"2\"");
  EXPECT_EQ(call("GET", path, "", {{"If-None-Match", "\"2\""}}).status, 304);
  EXPECT_EQ(call("GET", path, "", {{"If-None-Match", "\"1\""}}).status, 200);
}

TEST_P(tiny_service, pages_through_everything_once) {
  for (const char* name : {"a", "b", "c", "d", "e"})
    ASSERT_EQ(post(R"({"name":")" + std::string(name) + R"(","colour":"green"})").status, 201);
  ASSERT_EQ(post(R"({"name":"f"})").status, 201);
  std::string seen, cursor;
  int pages = 0;
  do {
    json::value page = parsed(call("GET", "?colour=green&limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor)));
    for (const json::value& one : page.at("data").as_array()) seen += one.at("name").as_string();
    const json::value* next = page.as_object().if_contains("next_cursor");
    cursor = next ? std::string(next->as_string()) : "";
    if (pages == 0) {
      EXPECT_EQ(pointers(call("GET", "?colour=red&limit=2&cursor=" + cursor)), texts{"?cursor"}) << "other filters";
      EXPECT_EQ(pointers(call("GET", "?limit=2&cursor=" + cursor)), texts{"?cursor"});
    }
  } while (++pages < 10 && !cursor.empty());
  EXPECT_EQ(seen, "abcde");
  EXPECT_EQ(pages, 3);
  for (const char* limit : {"0", "501", "-1", "x", "1x"})
    EXPECT_EQ(pointers(call("GET", "?limit=" + std::string(limit))), texts{"?limit"}) << limit;
  for (const char* broken : {"x", "%00", "%FF%FF", "AAAA", "////"})
    EXPECT_EQ(call("GET", "?cursor=" + std::string(broken)).status, 400) << broken;
}

TEST_P(tiny_service, refuses_queries_and_paths_that_it_does_not_know) {
  EXPECT_EQ(pointers(call("GET", "?nope=1")), texts{"?nope"});
  EXPECT_EQ(pointers(call("GET", "?colour=blue")), texts{"?colour"});
  EXPECT_EQ(call("GET", "/special?limit=1").status, 400) << "not paged";
  EXPECT_EQ(call("GET", "/a/b/c").status, 404);
  EXPECT_EQ(_running->call("GET", "/api/v1/thingsandmore", "", token, {}).status, 404);
  auto wrong = call("DELETE", "");
  EXPECT_EQ(wrong.status, 405);
  std::string allowed(wrong.headers.get("Allow"));
  EXPECT_NE(allowed.find("GET"), std::string::npos) << "RFC 9110, 15.5.6: Allow must be there";
  EXPECT_NE(allowed.find("POST"), std::string::npos);
  EXPECT_EQ(call("GET", "/%FF%FE").status, 400) << "PostgreSQL's text is valid UTF-8";
  EXPECT_EQ(call("GET", "?name=%FF").status, 400);
  EXPECT_EQ(call("GET", "/%00").status, 400);
  EXPECT_EQ(call("GET", "/none").status, 404);
  EXPECT_EQ(call("GET", "/special").status, 200) << "a word is no id";
}

TEST_P(tiny_service, keeps_a_requests_id_and_its_secrets) {
  std::string id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
  auto made = post(R"({"name":"a"})", {{"X-Request-ID", id}});
  EXPECT_EQ(made.headers.get("X-Request-ID"), id);
  EXPECT_EQ(parsed(made).at("request_id").as_string(), std::string_view(id));
  std::string path = "/" + std::string(parsed(made).at("id").as_string());
  auto broken = call("POST", path + "/actions/break");
  EXPECT_EQ(broken.status, 500);
  EXPECT_EQ(broken.body.find("secret"), std::string::npos);
  EXPECT_EQ(call("GET", path).status, 200) << "what failed has left nothing";
  auto odd = post(R"({"name":"b"})", {{"X-Request-ID", "\xff\xfe \x01"}});
  EXPECT_TRUE(odd.status == 201 || odd.status == 400) << odd.status;
  if (odd.status == 201) EXPECT_TRUE(uuid::parse(odd.headers.get("X-Request-ID"))) << "an id of our own instead";
}

TEST_P(tiny_service, answers_what_operators_ask_without_a_token) {
  token = "";
  for (const char* path : {"/health/live", "/health/ready", "/metrics", "/openapi.json"})
    EXPECT_EQ(_running->call("GET", path, "", "", {}).status, 200) << path;
  json::value document = parsed(_running->call("GET", "/openapi.json", "", "", {}));
  EXPECT_TRUE(document.at("openapi").as_string().starts_with("3.1"));
  EXPECT_TRUE(document.at("paths").as_object().contains("/api/v1/things/{id}"));
}

// An event that comes twice is handled once; one that never can be goes to the dead letters with its reason, and those
// behind it are handled.
TEST(event_consumer, handles_once_and_buries_what_it_cannot) {
  service_definition consuming = tiny();
  consuming.define = [](api& table) {
    tiny().define(table);
    table.consume("work-order.created", [](command& c, const event& e) -> result<void> {
      const json::value* name = e.data.if_contains("name");
      if (!name) return fail(error_code::corrupt, "it has no name");
      thing t{
          .id = uuid::make_v7().to_string(), .name = std::string(name->as_string()), .request_id = c.why.request_id};
      things().insert(c.db, t);
      return {};
    });
  };
  runtime::testing::test_bus bus({"work-order.created", "auth-service.dlq", "system.audit-log", "system.health-check"},
                                 1);
  std::string folder = "/tmp/mes-test-consumer-" + uuid::make_v4().to_string();
  observe::logger log("consumer_test", observe::level::error);
  {
    runtime::kafka_producer producer(bus.bootstrap(), "test", log);
    auto send = [&](json::object data, const uuid& id) {
      event e{.type = "work-order.created",
              .aggregate_id = "w1",
              .data = std::move(data),
              .id = id,
              .time = instant::now(),
              .request_id = "r-7"};
      runtime::kafka_record record = to_record(e);
      producer.produce(record, [](result<void> r) { EXPECT_TRUE(r); });
    };
    uuid id = uuid::make_v7();
    send({{"name", "first"}}, id);
    send({{"name", "first"}}, id);
    send({{"title", "none"}}, uuid::make_v7());
    producer.produce({.topic = "work-order.created", .key = "w1", .value = "no JSON"},
                     [](result<void> r) { EXPECT_TRUE(r); });
    send({{"name", "last"}}, uuid::make_v7());
    ASSERT_TRUE(producer.flush(std::chrono::seconds(10)));

    testing::test_process running(consuming, "sqlite:" + folder + "/test.db", bus.bootstrap());
    std::string token = running.token({"viewer"});
    json::array found;
    for (int i = 0; i < 1'500 && found.size() < 2; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      found = wire::parse_json(running.call("GET", "/api/v1/things", "", token, {}).body)->at("data").as_array();
    }
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].at("name"), "first");
    EXPECT_EQ(found[0].at("request_id"), "r-7") << "the request that began it";
    EXPECT_EQ(found[1].at("name"), "last");
  }
  std::mutex mutex;
  std::condition_variable came;
  std::vector<runtime::kafka_record> dead;
  {
    runtime::kafka_consumer letters({.bootstrap = bus.bootstrap(),
                                     .client_id = "test",
                                     .group = "",
                                     .topics = {"auth-service.dlq"},
                                     .start_time_ms = {}},
                                    log, [&](std::vector<runtime::kafka_record> batch) {
                                      std::lock_guard lock(mutex);
                                      for (auto& r : batch) dead.push_back(std::move(r));
                                      came.notify_all();
                                      return true;
                                    });
    std::unique_lock lock(mutex);
    EXPECT_TRUE(came.wait_for(lock, std::chrono::seconds(30), [&] { return dead.size() >= 2; }));
  }
  ASSERT_EQ(dead.size(), 2U);
  EXPECT_EQ(dead[0].header("dlq_topic"), "work-order.created");
  EXPECT_EQ(dead[0].header("dlq_offset"), "2");
  EXPECT_EQ(dead[0].header("dlq_reason"), "corrupt: it has no name");
  EXPECT_EQ(dead[1].header("dlq_offset"), "3");
  EXPECT_EQ(dead[1].value, "no JSON");
  std::filesystem::remove_all(folder);
}

// ---------------------------------------------------------------- values

TEST(permissions, follow_the_table) {
  EXPECT_TRUE(allowed({"admin"}, "anything:at-all"));
  EXPECT_TRUE(allowed({"planner"}, "workorders:write"));
  EXPECT_TRUE(allowed({"planner"}, "quality:read"));
  EXPECT_FALSE(allowed({"planner"}, "quality:write"));
  EXPECT_TRUE(allowed({"operator"}, "workorders:execute"));
  EXPECT_FALSE(allowed({"operator"}, "workorders:write"));
  EXPECT_FALSE(allowed({"viewer"}, "workorders:execute"));
  EXPECT_TRUE(allowed({"viewer", "inspector"}, "quality:write")) << "the sum of the roles";
  EXPECT_FALSE(allowed({}, "parts:read"));
  EXPECT_FALSE(allowed({"planner"}, "parts"));
  EXPECT_FALSE(allowed({"planner"}, "partsmore:read"));
  for (const auto& row : role_table()) EXPECT_FALSE(row.permissions.empty()) << row.role;
}

event an_event() {
  return {.type = "work-order.created",
          .aggregate_id = "w1",
          .aggregate_version = 7,
          .data = {{"number", "WO-1"}, {"nested", json::array{1, 2.5, nullptr}}},
          .id = uuid::make_v7(),
          .source = "/work-order-service",
          .time = *instant::parse("2024-05-01T08:00:00.123456Z"),
          .request_id = "r-1",
          .user = "u-1",
          .trace = observe::trace_context::make_root()};
}

// CloudEvents 1.0, Kafka binding, binary mode: attributes are headers with ce_, the value is the data alone.
TEST(events, travel_as_cloud_events) {
  event e = an_event();
  runtime::kafka_record r = to_record(e);
  EXPECT_EQ(r.topic, "work-order.created");
  EXPECT_EQ(r.key, "w1");
  EXPECT_EQ(r.header("ce_specversion"), "1.0");
  EXPECT_EQ(r.header("ce_id"), e.id.to_string());
  EXPECT_EQ(r.header("ce_source"), "/work-order-service");
  EXPECT_EQ(r.header("ce_type"), "work-order.created");
  EXPECT_EQ(r.header("ce_time"), "2024-05-01T08:00:00.123456Z");
  EXPECT_EQ(r.header("content-type"), "application/json");
  EXPECT_EQ(r.header("traceparent"), e.trace->to_traceparent());
  EXPECT_EQ(*wire::parse_json(r.value), json::value(e.data));
  auto back = from_record(r);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->id, e.id);
  EXPECT_EQ(back->aggregate_version, 7);
  EXPECT_EQ(back->time, e.time);
  EXPECT_EQ(back->data, e.data);
  EXPECT_EQ(back->request_id, "r-1");
  EXPECT_EQ(back->user, "u-1");
  EXPECT_EQ(back->trace->trace, e.trace->trace);
}

TEST(events, that_are_corrupt_are_refused) {
  auto refused = [](auto change) {
    runtime::kafka_record r = to_record(an_event());
    change(r);
    auto back = from_record(r);
    return !back && back.error().code == error_code::corrupt && !is_retryable(back.error().code);
  };
  EXPECT_TRUE(refused([](auto& r) { r.headers.clear(); }));
  EXPECT_TRUE(refused([](auto& r) { r.headers[2].second = "no uuid"; }));
  for (const char* value : {"", "{", "[]", "null", "\"text\"", "{\"a\":\"\xff\"}"})
    EXPECT_TRUE(refused([&](auto& r) { r.value = value; })) << value;
  EXPECT_TRUE(refused([](auto& r) { r.value = std::string(1000, '['); }));
  EXPECT_TRUE(refused([](auto& r) {
    r.tombstone = true;
    r.value.clear();
  }));
}

enum class door : std::uint8_t { open, shut, walled_up };
enum class push : std::uint8_t { close, open, wall_up };
}  // namespace
}  // namespace mes::service

namespace mes::wire {
template <>
std::span<const std::string_view> enum_names<door>() {
  static constexpr std::array<std::string_view, 3> names = {"open", "shut", "walled-up"};
  return names;
}
template <>
std::span<const std::string_view> enum_names<push>() {
  static constexpr std::array<std::string_view, 3> names = {"close", "open", "wall-up"};
  return names;
}
}  // namespace mes::wire

namespace mes::service {
namespace {
constexpr transition<door, push> doors[] = {{door::open, push::close, door::shut},
                                            {door::shut, push::open, door::open},
                                            {door::shut, push::wall_up, door::walled_up}};

TEST(state_machine, follows_its_table_and_says_what_is_possible) {
  EXPECT_EQ((next_state<door, push>(doors, door::open, push::close)), door::shut);
  auto refused = next_state<door, push>(doors, door::shut, push::close);
  EXPECT_EQ(refused.error().code, error_code::illegal_transition);
  EXPECT_NE(refused.error().message.find("open, wall-up"), std::string::npos);
  EXPECT_NE((next_state<door, push>(doors, door::walled_up, push::open)).error().message.find("final"),
            std::string::npos);
  EXPECT_EQ((allowed_verbs<door, push>(doors, door::shut)), (texts{"open", "wall-up"}));
}

}  // namespace
}  // namespace mes::service
