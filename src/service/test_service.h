// For tests: a service's table of operations on a database of its own, without HTTP and without a bus.
//
//   class work_order_test : public service::testing::service_test {
//     work_order_test() : service_test(work_order::definition()) {}
//   };
//   auto made = post("/", R"({"number":"WO-1",…})");   // paths are below the base path
#pragma once

#include <boost/json/serialize.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/uuid.h"
#include "service/idempotency.h"
#include "service/operation.h"
#include "store/test_database.h"

namespace mes::service::testing {

class service_test : public store::testing::database_test {
 protected:
  explicit service_test(const service_definition& definition) {
    _surface->definition = &definition;
    api table(_surface);
    definition.define(table);
  }

  void SetUp() override {
    database_test::SetUp();
    if (IsSkipped()) return;
    std::vector<store::migration> all;
    for (auto part : {store::messaging_migrations(), idempotency_migrations(), _surface->definition->migrations})
      all.insert(all.end(), part.begin(), part.end());
    _migrations = std::move(all);
    auto opened = store::database::open({.url = url()}, _migrations, _log, _metrics);
    ASSERT_TRUE(opened) << opened.error().message;
    _database = std::move(*opened);
  }
  void TearDown() override {
    _database.reset();
    database_test::TearDown();
  }

  result<reply> get(const std::string& target) { return run("GET", target, "", ""); }
  result<reply> post(const std::string& target, const std::string& body = "", const std::string& if_match = "") {
    return run("POST", target, body, if_match);
  }
  result<reply> patch(const std::string& target, const std::string& body, const std::string& if_match = "") {
    return run("PATCH", target, body, if_match);
  }
  result<reply> put(const std::string& target, const std::string& body, const std::string& if_match = "") {
    return run("PUT", target, body, if_match);
  }

  // As from the bus. Its id is new: the inbox is not part of this.
  result<void> deliver(std::string topic, std::string aggregate_id, std::int64_t version, json::object data) {
    event e{.type = std::move(topic),
            .aggregate_id = std::move(aggregate_id),
            .aggregate_version = version,
            .data = std::move(data),
            .id = uuid::make_v7(),
            .time = now,
            .request_id = "request-of-event"};
    return _database->write_and_wait([&](store::session& db) -> result<void> {
      cause why = make_cause();
      command c(db, why);
      for (const consumer& one : _surface->consumers)
        if (one.topic == e.type)
          if (auto done = one.handle(c, e); !done) return done;
      take(c);
      return {};
    });
  }

  result<void> run_timers() {
    return _database->write_and_wait([&](store::session& db) -> result<void> {
      cause why = make_cause();
      command c(db, why);
      for (const timer& t : _surface->timers)
        if (auto done = t.handle(c); !done) return done;
      take(c);
      return {};
    });
  }

  // Of the events emitted since the last call: "work-order.updated:reported".
  std::vector<std::string> told() {
    std::vector<std::string> names;
    for (const event& e : events) {
      const json::value* type = e.data.if_contains("change_type");
      names.push_back(e.type + (type ? ":" + std::string(type->as_string()) : ""));
    }
    events.clear();
    return names;
  }

  std::vector<event> events;
  instant now = *instant::parse("2024-05-01T08:00:00Z");
  std::string user = "user-1";

 private:
  cause make_cause() const {
    return {.user = {.user_id = user, .username = user, .roles = {"admin"}},
            .request_id = "request-1",
            .trace = observe::trace_context::make_root(),
            .now = now};
  }
  void take(command& c) {
    for (event& e : c.take_events()) events.push_back(std::move(e));
  }

  result<reply> run(std::string method, const std::string& target, const std::string& body,
                    const std::string& if_match) {
    runtime::http_request request;
    request.method = std::move(method);
    std::size_t question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    if (question < target.size()) request.query = runtime::parse_query(target.substr(question + 1));
    if (!if_match.empty()) request.headers.set("If-Match", '"' + if_match + '"');
    match m = find_operation(_surface->operations, request.method, request.path);
    if (!m.found) return fail(error_code::not_found, "no route " + request.path);
    auto parsed = wire::parse_json(body.empty() ? "{}" : body);
    if (!parsed) return std::unexpected(parsed.error());
    cause why = make_cause();
    if (!m.found->is_command()) {
      auto answer =
          _database->read_and_wait([&](store::session& db) { return m.found->ask({db, why, request, m.values}); });
      return answer ? std::move(*answer) : std::unexpected(answer.error());
    }
    reply answer;
    json::value nothing;
    auto written = _database->write_and_wait([&](store::session& db) -> result<void> {
      http_command c(db, why, request, m.values, nothing);
      auto changed = m.found->change(c, *parsed);
      if (!changed) return std::unexpected(changed.error());
      answer = std::move(*changed);
      take(c);
      return {};
    });
    if (!written) return std::unexpected(written.error());
    return answer;
  }

  std::shared_ptr<api::state> _surface = std::make_shared<api::state>();
  std::vector<store::migration> _migrations;
  observe::logger _log{"service_test", observe::level::error};
  observe::registry _metrics;
  std::unique_ptr<store::database> _database;
};

// Two blanks a level, so that contracts can be read and compared line by line.
inline void indent(std::string& to, const json::value& v, const std::string& margin = "\n") {
  const json::object* members = v.if_object();
  const json::array* items = v.if_array();
  if ((members && !members->empty()) || (items && !items->empty())) {
    std::string inner = margin + "  ";
    bool first = true;
    auto next = [&] {
      to += first ? inner : "," + inner;
      first = false;
    };
    to += members ? '{' : '[';
    if (members)
      for (const auto& member : *members) {
        next();
        to += json::serialize(json::string(member.key())) + ": ";
        indent(to, member.value(), inner);
      }
    else
      for (const json::value& item : *items) {
        next();
        indent(to, item, inner);
      }
    to += margin;
    to += members ? '}' : ']';
  } else {
    to += json::serialize(v);
  }
}

// A generated contract against the file that is checked in. With MES_WRITE_CONTRACTS=1 the file is written instead.
inline void expect_contract(const std::string& path, const json::object& generated) {
  std::string text;
  indent(text, generated);
  text += "\n";
  if (std::getenv("MES_WRITE_CONTRACTS")) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
  }
  std::ifstream file(path);
  std::stringstream stored;
  stored << file.rdbuf();
  EXPECT_TRUE(stored.str() == text) << path << " is not what the code says; MES_WRITE_CONTRACTS=1 writes it anew";
}

// JSON Schema of an event's data; open, since members may be added.
template <class T>
json::object event_contract(std::string_view topic) {
  wire::schema_components components;
  json::object root = wire::describe<T>().json_schema(components);
  for (auto& component : components)
    if (json::object* one = component.value().if_object()) one->erase("additionalProperties");
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"title", topic},
          {"$ref", root.at("$ref")},
          {"components", json::object{{"schemas", std::move(components)}}}};
}
template <class T>
void expect_event_contract(const std::string& topic) {
  expect_contract("contracts/events/" + topic + ".json", event_contract<T>(topic));
}

}  // namespace mes::service::testing
