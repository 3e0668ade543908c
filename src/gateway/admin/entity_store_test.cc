#include "gateway/admin/entity_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "gateway/admin/entity_edit.h"
#include "os/sim_file_system.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

constexpr std::string_view base_file = R"(
_format_version: "3.0"
services:
- name: a
  url: http://a.test
  routes:
  - name: ra
    paths: [/a]
consumers:
- username: one
  basicauth_credentials:
  - username: u
    password: secret
)";

class a_store {
 public:
  explicit a_store(bool writable = true)
      : _store(disk, {.folder = "data", .writable = writable}, _log,
               [this](std::shared_ptr<const configuration> all) { active = std::move(all); }) {
    EXPECT_TRUE(disk.make_dirs("data"));
  }

  entity_store& operator*() { return _store; }
  entity_store* operator->() { return &_store; }

  // As a new process on the same disk.
  std::unique_ptr<entity_store> again(std::string_view file = base_file) {
    auto next =
        std::make_unique<entity_store>(disk, entity_store::options{.folder = "data"}, _log,
                                       [this](std::shared_ptr<const configuration> all) { active = std::move(all); });
    auto opened = next->open();
    EXPECT_TRUE(opened) << opened.error().message;
    auto used = next->use_file(std::string(file), "kong.yml");
    EXPECT_TRUE(used) << used.error().message;
    return next;
  }

  os::sim_file_system disk;
  std::shared_ptr<const configuration> active;

 private:
  observe::logger _log{"test", observe::level::error};
  entity_store _store;
};

entity_change consumer(const entity_store& store, const std::string& name, int number) {
  std::string id = fmt::format("00000000-0000-4000-8000-{:012}", number);
  auto made = read_edit({.all = *store.entities(),
                         .kind = *find_entity_kind("consumers"),
                         .wanted = {{"username", name}},
                         .id = id,
                         .before = nullptr,
                         .now = instant::from_ms(1'700'000'000'000)});
  EXPECT_TRUE(made) << json::serialize(made.error().body);
  return {.kind = find_entity_kind("consumers"), .id = id, .entity = std::make_shared<json::object>(*made)};
}

result<void> write(entity_store& store, std::vector<entity_change> changes) { return store.write(changes); }

bool has_consumer(const configuration& all, std::string_view name) { return all.find_consumer(name) != nullptr; }

entity_change deletion(const entity_store& store, std::string_view kind, std::string_view name) {
  const entity_kind& k = *find_entity_kind(kind);
  return {.kind = &k, .id = text_of(*store.entities()->find_by(k, k.key, name), "id"), .entity = nullptr};
}

TEST(entity_store, a_write_is_active_and_there_after_a_restart) {
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(std::string(base_file), "kong.yml"));
  ASSERT_TRUE(write(*s, {consumer(*s, "two", 2)}));
  EXPECT_TRUE(has_consumer(*s.active, "two"));
  EXPECT_EQ(s.active->services.size(), 1u);
  s.disk.crash(1);
  s.active = nullptr;
  auto next = s.again();
  EXPECT_TRUE(has_consumer(*s.active, "two"));
  EXPECT_TRUE(has_consumer(*s.active, "one"));
  EXPECT_EQ(next->writes(), 1u);
}

// What comes as a form may be any bytes (Kong's database would refuse them, PostgreSQL's text is UTF-8).
TEST(entity_store, bytes_that_are_no_utf8_are_refused_by_their_field) {
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(std::string(base_file), "kong.yml"));
  auto fields_of = [&](json::object wanted) {
    auto read = read_edit({.all = *s->entities(),
                           .kind = *find_entity_kind("consumers"),
                           .wanted = std::move(wanted),
                           .id = "00000000-0000-4000-8000-000000000001",
                           .before = nullptr,
                           .now = instant::from_ms(1)});
    return read ? std::string("nothing") : json::serialize(read.error().body.at("fields"));
  };
  EXPECT_EQ(fields_of({{"username", "caf\xe9"}}), R"({"username":"expected valid UTF-8"})");
  EXPECT_EQ(fields_of({{"username", "\xed\xa0\x80"}}), R"({"username":"expected valid UTF-8"})");  // a surrogate
  EXPECT_EQ(fields_of({{"username", "a"}, {"tags", {"b", "\xff"}}}), R"({"tags":[null,"expected valid UTF-8"]})");
  EXPECT_EQ(fields_of({{"username", "a"}, {"\xff", 1}}), R"({"@entity":["expected names in valid UTF-8"]})");
  EXPECT_EQ(fields_of({{"username", "caf\xc3\xa9"}}), "nothing");
}

TEST(entity_store, what_the_next_start_could_not_read_is_not_kept) {
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(std::string(base_file), "kong.yml"));
  auto change = consumer(*s, "two", 2);
  json::object entity = *change.entity;
  entity["username"] = "caf\xe9";
  change.entity = std::make_shared<json::object>(entity);
  EXPECT_EQ(write(*s, {change}).error().code, error_code::invalid_argument);
  EXPECT_EQ(s->writes(), 0u);
  s.again();
  EXPECT_EQ(s.active->consumers.size(), 1u);
}

TEST(entity_store, what_is_refused_changes_nothing) {
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(std::string(base_file), "kong.yml"));
  auto before = s.active;
  auto refused = write(*s, {deletion(*s, "services", "a")});  // the route names it
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::invalid_argument);
  EXPECT_EQ(s.active, before);
  EXPECT_EQ(s->writes(), 0u);
  s.again();
  EXPECT_EQ(s.active->services.size(), 1u);
}

TEST(entity_store, a_full_disk_refuses_and_changes_nothing) {
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(std::string(base_file), "kong.yml"));
  s.disk.limit_space(10);
  auto refused = write(*s, {consumer(*s, "two", 2)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::storage_full);
  EXPECT_FALSE(has_consumer(*s.active, "two"));
  s.disk.limit_space(1 << 20);
  EXPECT_TRUE(write(*s, {consumer(*s, "two", 2)}));
}

// The power goes at each operation of the disk in turn: what was told to be written is there, and nothing is torn.
TEST(entity_store, what_was_acknowledged_survives_every_power_cut) {
  for (std::uint64_t at = 0; at < 40; ++at) {
    a_store s;
    ASSERT_TRUE(s->open());
    ASSERT_TRUE(s->use_file(std::string(base_file), "kong.yml"));
    s.disk.cut_power_after(at);
    std::vector<std::string> acknowledged;
    for (int i = 0; i < 3 && !s.disk.is_cut(); ++i) {
      std::string name = fmt::format("c{}", i);
      if (write(*s, {consumer(*s, name, i)})) acknowledged.push_back(name);
    }
    bool cut = s.disk.is_cut();
    s.disk.crash(at + 7);
    auto next = s.again();
    for (const std::string& name : acknowledged) EXPECT_TRUE(has_consumer(*s.active, name)) << name << " at " << at;
    EXPECT_LE(next->writes(), acknowledged.size() + 1) << at;
    if (!cut) return;  // the workload ended before the power did
  }
  FAIL() << "the workload has more operations than were cut";
}

TEST(entity_store, a_file_that_changed_and_the_writes_are_merged) {
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(std::string(base_file), "kong.yml"));
  ASSERT_TRUE(write(*s, {consumer(*s, "two", 2)}));
  std::string file(base_file);
  file += "- username: three\n";
  ASSERT_TRUE(s->use_file(file, "kong.yml"));
  for (const char* name : {"one", "two", "three"}) EXPECT_TRUE(has_consumer(*s.active, name)) << name;
  EXPECT_TRUE(s->conflicts().empty());
}

TEST(entity_store, where_both_have_changed_an_entity_the_write_holds_and_is_told) {
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(std::string(base_file), "kong.yml"));
  const entity_kind& services = *find_entity_kind("services");
  json::object changed = *s->entities()->find_by(services, "name", "a");
  changed["host"] = "written.test";
  std::string id = text_of(changed, "id");
  ASSERT_TRUE(write(*s, {{.kind = &services, .id = id, .entity = std::make_shared<json::object>(changed)}}));
  std::string file(base_file);
  file.replace(file.find("a.test"), 6, "f.test");
  auto next = s.again(file);
  EXPECT_EQ(s.active->services[0].host, "written.test");
  ASSERT_EQ(next->conflicts().size(), 1u);
  EXPECT_EQ(next->conflicts()[0].id, id);
  // The file comes to say the same: nothing is left to keep.
  file.replace(file.find("f.test"), 6, "written.test");
  ASSERT_TRUE(next->use_file(file, "kong.yml"));
  EXPECT_EQ(next->writes(), 0u);
  EXPECT_EQ(next->config_text(), file);
}

// Of routes without a name, each with these paths.
std::string nameless(std::initializer_list<std::string_view> paths) {
  std::string file = "_format_version: \"3.0\"\nservices:\n- name: s\n  url: http://s.test\n  routes:\n";
  for (std::string_view path : paths) file += fmt::format("  - paths: [{}]\n", path);
  return file;
}

std::string id_of_route(const entity_store& store, std::string_view path) {
  for (const auto& [id, route] : store.entities()->of(*find_entity_kind("routes")))
    if (route->at("paths") == json::array{path}) return id;
  return "";
}

entity_change key_auth_on(const entity_store& store, std::string_view path) {
  const entity_kind& plugins = *find_entity_kind("plugins");
  const std::string id = "00000000-0000-4000-8000-00000000000a";
  auto made = read_edit({.all = *store.entities(),
                         .kind = plugins,
                         .wanted = {{"name", "key-auth"}, {"route", {{"id", id_of_route(store, path)}}}},
                         .id = id,
                         .before = nullptr,
                         .now = instant::from_ms(1'700'000'000'000)});
  EXPECT_TRUE(made) << json::serialize(made.error().body);
  return {.kind = &plugins, .id = id, .entity = std::make_shared<json::object>(*made)};
}

// A Kong with a database gives no id to another entity, whatever comes and goes.
TEST(entity_store, what_is_written_over_entities_without_a_name_stays_with_them) {
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(nameless({"/shop", "/admin", "/old"}), "kong.yml"));
  ASSERT_TRUE(write(*s, {key_auth_on(*s, "/admin")}));
  const entity_kind& routes = *find_entity_kind("routes");
  ASSERT_TRUE(write(*s, {{.kind = &routes, .id = id_of_route(*s, "/old"), .entity = nullptr}}));
  for (const std::string& file : {nameless({"/new", "/shop", "/admin", "/old"}), nameless({"/old", "/admin", "/shop"}),
                                  nameless({"/admin", "/old"})}) {
    ASSERT_TRUE(s->use_file(file, "kong.yml")) << file;
    ASSERT_EQ(s.active->plugins.size(), 1u);
    EXPECT_EQ(s.active->plugins[0].on_route->paths, std::vector<std::string>{"/admin"}) << file;
    EXPECT_EQ(id_of_route(*s, "/old"), "") << file;
    EXPECT_TRUE(s->conflicts().empty()) << file;
  }
  auto refused = s->use_file(nameless({"/new", "/shop", "/old"}), "kong.yml");
  ASSERT_FALSE(refused) << "the plugin's route is gone";
  EXPECT_EQ(s.active->plugins[0].on_route->paths, std::vector<std::string>{"/admin"});
}

// What is alike in all that makes one what it is has an id of all that was written, and at last of its order.
TEST(entity_store, entities_without_a_name_that_are_alike_are_told_apart) {
  const std::string one = "- url: http://s.test\n  routes: [{paths: [/one]}]\n";
  const std::string two = "- url: http://s.test\n  routes: [{paths: [/two]}]\n";
  const std::string head = "_format_version: \"3.0\"\nservices:\n";
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(head + one + two + two, "kong.yml"));
  EXPECT_EQ(s.active->services.size(), 3u);
  const std::string id = s.active->routes.at(0).to->id;
  EXPECT_EQ(s.active->routes.at(0).paths, std::vector<std::string>{"/one"});
  ASSERT_TRUE(s->use_file(head + two + one, "kong.yml"));
  EXPECT_EQ(s.active->routes.at(1).paths, std::vector<std::string>{"/one"});
  EXPECT_EQ(s.active->routes.at(1).to->id, id);
}

// Which one is meant is not guessed: a deleted route would come back, and another one go.
TEST(entity_store, what_is_written_over_one_without_a_name_is_refused_once_others_are_like_it) {
  const std::string admin = "    - paths: [/admin]\n", twin = "    - {strip_path: false, paths: [/admin]}\n";
  const auto file = [](const std::string& routes) {
    return "_format_version: \"3.0\"\nservices:\n- name: s\n  url: http://s.test\n  routes:\n" + routes;
  };
  const entity_kind& routes = *find_entity_kind("routes");
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(file(admin), "kong.yml"));
  const std::string id = id_of_route(*s, "/admin");
  ASSERT_TRUE(write(*s, {{.kind = &routes, .id = id, .entity = nullptr}}));
  for (const std::string& both : {admin + twin, twin + admin}) {
    auto refused = s->use_file(file(both), "kong.yml");
    ASSERT_FALSE(refused) << both;
    EXPECT_NE(refused.error().fields.at(0).message.find(id), std::string::npos);
    EXPECT_TRUE(s.active->routes.empty());
  }
  const std::string told = "    - {id: " + id + ", paths: [/admin]}\n" +
                           "    - {id: 00000000-0000-4000-8000-0000000000aa, strip_path: false, paths: [/admin]}\n";
  ASSERT_TRUE(s->use_file(file(told), "kong.yml"));
  ASSERT_EQ(s.active->routes.size(), 1u);
  EXPECT_FALSE(s.active->routes[0].strip_path);

  // And the other way round: one of two was deleted, and the file has one of them left.
  a_store other;
  ASSERT_TRUE(other->open());
  ASSERT_TRUE(other->use_file(file(admin + twin), "kong.yml"));
  ASSERT_TRUE(write(*other, {{.kind = &routes, .id = other.active->routes[0].id, .entity = nullptr}}));
  const std::string turned = "    - {paths: [/admin], strip_path: false}\n";  // the order of members says nothing
  ASSERT_TRUE(other->use_file(file(turned + admin), "kong.yml"));
  ASSERT_EQ(other.active->routes.size(), 1u);
  EXPECT_FALSE(other.active->routes[0].strip_path);
  EXPECT_FALSE(other->use_file(file(admin), "kong.yml"));
}

TEST(entity_store, a_write_whose_parent_has_changed_is_told) {
  auto file = [](std::string_view path) {
    std::string text = nameless({path});
    return text.insert(text.find("paths"), "name: r\n    ");
  };
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(file("/admin"), "kong.yml"));
  ASSERT_TRUE(write(*s, {key_auth_on(*s, "/admin")}));
  s.again(file("/admin"));
  EXPECT_TRUE(s->conflicts().empty());
  auto next = s.again(file("/other"));
  EXPECT_EQ(s.active->plugins.at(0).on_route->paths, std::vector<std::string>{"/other"});
  ASSERT_EQ(next->conflicts().size(), 1u);
  EXPECT_EQ(next->conflicts()[0].kind, "plugins");
  EXPECT_NE(next->conflicts()[0].what.find("what it belongs to has changed"), std::string::npos);
  ASSERT_TRUE(write(*next, {key_auth_on(*next, "/other")}));  // said anew: so it is meant
  EXPECT_TRUE(next->conflicts().empty());
}

// Up to format 1, the id of a route without a name was made of its place: uuid5(uuid5(KONG, "routes"), "#1").
TEST(entity_store, what_was_written_over_a_place_is_refused_until_the_file_has_its_id) {
  const std::string second = "629e01ce-a9ce-5a36-8a58-24614dff3728";
  const std::string kept =
      R"({"format":1,"file":"","posted":null,"written":{"plugins":{"00000000-0000-4000-8000-00000000000a":)"
      R"({"entity":{"id":"00000000-0000-4000-8000-00000000000a","name":"key-auth","enabled":true,)"
      R"("route":{"id":")" +
      second + R"("}},"over":""}}}})";
  a_store s;
  auto disk = s.disk.open("data/entities.json", os::open_mode::create);
  ASSERT_TRUE(disk);
  ASSERT_TRUE((*disk)->append(kept));
  ASSERT_TRUE(s->open());
  std::string file = nameless({"/shop", "/admin"});
  auto refused = s->use_file(file, "kong.yml");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("data/entities.json"), std::string::npos);
  ASSERT_EQ(refused.error().fields.size(), 1u);
  EXPECT_NE(refused.error().fields[0].message.find("number 2 of its kind"), std::string::npos);
  EXPECT_NE(refused.error().fields[0].message.find("`id: " + second + "`"), std::string::npos);
  file.insert(file.find("paths: [/admin]"), "id: " + second + "\n    ");
  ASSERT_TRUE(s->use_file(file, "kong.yml"));
  EXPECT_EQ(s.active->plugins.at(0).on_route->paths, std::vector<std::string>{"/admin"});
}

TEST(entity_store, a_deletion_holds_until_writes_are_forgotten) {
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(std::string(base_file), "kong.yml"));
  ASSERT_TRUE(write(*s, {deletion(*s, "routes", "ra")}));
  EXPECT_TRUE(s.active->routes.empty());
  auto next = s.again();
  EXPECT_TRUE(s.active->routes.empty());
  ASSERT_TRUE(next->forget_writes());
  EXPECT_EQ(s.active->routes.size(), 1u);
  s.again();
  EXPECT_EQ(s.active->routes.size(), 1u);
}

TEST(entity_store, what_is_posted_replaces_all_until_the_file_changes) {
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(std::string(base_file), "kong.yml"));
  ASSERT_TRUE(write(*s, {consumer(*s, "two", 2)}));
  ASSERT_TRUE(s->post("_format_version: \"3.0\"\nconsumers: [{username: posted}]\n"));
  EXPECT_TRUE(has_consumer(*s.active, "posted"));
  EXPECT_FALSE(has_consumer(*s.active, "two"));
  s.again();
  EXPECT_TRUE(has_consumer(*s.active, "posted"));
  EXPECT_FALSE(has_consumer(*s.active, "one"));
  s.again(std::string(base_file) + "- username: three\n");
  EXPECT_FALSE(has_consumer(*s.active, "posted"));
  EXPECT_TRUE(has_consumer(*s.active, "three"));
  EXPECT_TRUE(s.disk.open("data/posted-before.yml", os::open_mode::read));  // set aside, not lost
}

TEST(entity_store, the_passwords_of_the_file_are_kept_as_hashes_that_still_hold) {
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(std::string(base_file), "kong.yml"));
  ASSERT_TRUE(write(*s, {consumer(*s, "two", 2)}));
  EXPECT_FALSE(s.active->transform);
  // SHA-1 of the password and the consumer's id (kong/plugins/basic-auth/crypto.lua)
  EXPECT_EQ(s.active->basicauth_credentials.at(0).password.size(), 40u);
  EXPECT_EQ(s->config_text().find("\"secret\""), std::string::npos);
}

TEST(entity_store, a_torn_file_is_no_reason_to_forget) {
  a_store s;
  auto file = s.disk.open("data/entities.json", os::open_mode::create);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->append(R"({"format":1,"written":{"cons)"));
  auto opened = s->open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, error_code::corrupt);
}

// What is exported loads again, and comes to the same.
// What JSON has as it is and YAML does not.
TEST(entity_store, the_exported_configuration_has_all_characters_of_texts) {
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(std::string(base_file), "kong.yml"));
  const std::string odd[] = {"\x7f",   "\u0080", "\u0085", "\u009f", "\u00a0",     "\u2028", "\u2029",
                             "\ufeff", "\ufffe", "\uffff", "\u00e9", "\U0001f600", "\n",     "\""};
  int number = 10;
  for (const std::string& text : odd) ASSERT_TRUE(write(*s, {consumer(*s, "a " + text + " b", number++)}));
  std::string all = s->config_text();
  auto posted = s->post(all);
  ASSERT_TRUE(posted) << (posted.error().fields.empty() ? "" : posted.error().fields[0].message);
  for (const std::string& text : odd) EXPECT_TRUE(has_consumer(*s.active, "a " + text + " b")) << json::value(text);
}

TEST(entity_store, the_exported_configuration_is_one) {
  a_store s;
  ASSERT_TRUE(s->open());
  ASSERT_TRUE(s->use_file(std::string(base_file), "kong.yml"));
  ASSERT_TRUE(write(*s, {consumer(*s, "two", 2)}));
  std::string text = s->config_text();
  auto before = s->entities();
  ASSERT_TRUE(s->post(text));
  for (const entity_kind& k : entity_kinds()) {
    ASSERT_EQ(s->entities()->of(k).size(), before->of(k).size()) << k.name;
    for (const auto& [id, entity] : before->of(k)) {
      auto now = s->entities()->find(k, id);
      ASSERT_TRUE(now) << k.name;
      EXPECT_EQ(*now, *entity) << k.name;
    }
  }
}

}  // namespace
}  // namespace mes::gateway
