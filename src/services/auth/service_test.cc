// Logins, tokens and keys of a running service; the audit chain and the keys' overlap on a database.
#include <sys/stat.h>

#include <fstream>

#include "service/test_process.h"
#include "services/auth/audit_chain.h"
#include "services/auth/migrations.h"
#include "services/auth/module.h"
#include "services/auth/password.h"
#include "services/auth/sessions.h"
#include "services/auth/signing_keys.h"

namespace mes::auth {
namespace {
namespace json = boost::json;

// Argon2's reference implementation, src/test.c: hashtest(version, 2, 16, 1, "password", "somesalt", …, Argon2_id).
TEST(password, is_checked_as_the_reference_does) {
  const std::string hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  EXPECT_TRUE(password_matches("password", hash));
  EXPECT_FALSE(password_matches("Password", hash));
  EXPECT_FALSE(password_matches("", hash));
  EXPECT_FALSE(password_matches("password", "no hash"));
  std::string mine = hash_password("password");
  EXPECT_TRUE(mine.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << "OWASP: 19 MiB, two passes, one lane";
  EXPECT_NE(mine, hash_password("password")) << "salted";
}

class running_auth : public store::testing::database_test {
 protected:
  void SetUp() override {
    database_test::SetUp();
    if (IsSkipped()) return;
    using service::testing::test_process;
    _running = std::make_unique<test_process>(definition(), url(), "", test_process::keys_of::service);
    admin = log_in("admin", secret("admin"));
  }
  void TearDown() override {
    _running.reset();
    database_test::TearDown();
  }

  runtime::http_response call(const std::string& method, const std::string& path, const json::value& body = {},
                              const std::string& token = "", const std::string& if_match = "") {
    std::vector<std::pair<std::string, std::string>> headers;
    if (!if_match.empty()) headers.emplace_back("If-Match", if_match);
    return _running->call(method, "/api/v1/auth" + path, body.is_null() ? "" : json::serialize(body), token, headers);
  }
  static json::value parsed(const runtime::http_response& r) {
    auto v = wire::parse_json(r.body);
    EXPECT_TRUE(v) << r.status << ' ' << r.body;
    return v ? *v : json::value(json::object());
  }
  struct tokens {
    int status = 0;
    std::string access, refresh;
  };
  static tokens tokens_of(const runtime::http_response& r) {
    if (r.status != 200) return {.status = r.status};
    json::value body = parsed(r);
    return {.status = 200,
            .access = std::string(body.at("access_token").as_string()),
            .refresh = std::string(body.at("refresh_token").as_string())};
  }
  tokens log_in(const std::string& name, const std::string& password) {
    return tokens_of(call("POST", "/login", json::object{{"username", name}, {"password", password}}));
  }
  tokens refresh(const std::string& token) {
    return tokens_of(call("POST", "/refresh", json::object{{"refresh_token", token}}));
  }
  std::string secret_file(const std::string& name) const { return _running->data() + "/secrets/" + name + "-password"; }
  std::string secret(const std::string& name) const {
    std::ifstream file(secret_file(name));
    std::string line;
    std::getline(file, line);
    return line;
  }
  bool holds(const std::string& access) { return call("GET", "/api-keys", {}, access).status == 200; }

  std::unique_ptr<service::testing::test_process> _running;
  tokens admin;
};
INSTANTIATE_TEST_SUITE_P(engines, running_auth, store::testing::both_engines(), store::testing::engine_name);

TEST_P(running_auth, keeps_first_passwords_to_its_owner) {
  for (const char* name : {"admin", "integration"}) {
    struct stat info{};
    ASSERT_EQ(stat(secret_file(name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600U);
    EXPECT_EQ(log_in(name, secret(name)).status, 200);
  }
  EXPECT_NE(secret("admin"), secret("integration"));
  EXPECT_TRUE(holds(admin.access));
  EXPECT_EQ(call("GET", "/users", {}, "").status, 401);
}

TEST_P(running_auth, ends_a_session_whose_refresh_token_is_used_twice) {
  tokens second = refresh(admin.refresh);
  ASSERT_EQ(second.status, 200);
  EXPECT_NE(second.refresh, admin.refresh);
  tokens third = refresh(second.refresh);
  ASSERT_EQ(third.status, 200);
  EXPECT_EQ(refresh(second.refresh).status, 401) << "stolen, or a thief's second use";
  EXPECT_EQ(refresh(third.refresh).status, 401) << "nobody goes on with this session";
  EXPECT_EQ(refresh("made up").status, 401);
  tokens other = log_in("admin", secret("admin"));
  EXPECT_EQ(refresh(other.refresh).status, 200) << "another session";
  tokens last = log_in("admin", secret("admin"));
  EXPECT_EQ(call("POST", "/logout", json::object{{"refresh_token", last.refresh}}).status, 204);
  EXPECT_EQ(refresh(last.refresh).status, 401);
}

TEST_P(running_auth, locks_after_ten_failures) {
  json::object worker{
      {"username", "worker"}, {"password", "correct horse battery"}, {"roles", json::array{"operator"}}};
  auto made = call("POST", "/users", worker, admin.access);
  ASSERT_EQ(made.status, 201) << made.body;
  std::string path = "/users/" + std::string(parsed(made).at("id").as_string());
  for (int i = 0; i < 9; ++i) EXPECT_EQ(log_in("worker", "wrong").status, 401);
  EXPECT_EQ(log_in("worker", "correct horse battery").status, 200) << "nine are no ten, and count no more";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(log_in("worker", "wrong").status, 401);
  EXPECT_EQ(log_in("worker", "correct horse battery").status, 401);
  auto locked = call("GET", path, {}, admin.access);
  EXPECT_EQ(parsed(locked).at("state"), "locked");
  EXPECT_EQ(locked.body.find("argon2"), std::string::npos) << "no hash goes out";
  auto wrong = call("POST", "/login", json::object{{"username", "worker"}, {"password", "wrong"}});
  auto nobody = call("POST", "/login", json::object{{"username", "nobody"}, {"password", "wrong"}});
  EXPECT_EQ(parsed(wrong).at("detail"), parsed(nobody).at("detail")) << "a name is not told from a password";
}

TEST_P(running_auth, lets_old_tokens_hold_after_the_keys_changed) {
  auto count = [&] { return parsed(call("GET", "/.well-known/jwks.json")).at("keys").as_array().size(); };
  auto kid = [](const std::string& token) { return wire::parse_jwt(token)->header.at("kid"); };
  std::size_t before = count();
  ASSERT_EQ(call("POST", "/keys/actions/rotate", {}, admin.access).status, 200);
  EXPECT_EQ(count(), before + 2) << "one more for each group";
  EXPECT_TRUE(holds(admin.access));
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // keys are fetched at most once a second
  tokens fresh = log_in("admin", secret("admin"));
  EXPECT_NE(kid(fresh.access), kid(admin.access));
  EXPECT_TRUE(holds(fresh.access));
  EXPECT_EQ(refresh(admin.refresh).status, 200);
  for (const json::value& key : parsed(call("GET", "/.well-known/jwks.json")).at("keys").as_array()) {
    EXPECT_EQ(key.at("kty"), "RSA");
    EXPECT_EQ(key.at("alg"), "RS256");
    for (const char* secret_member : {"d", "p", "q", "dp", "dq", "qi"})
      EXPECT_FALSE(key.as_object().contains(secret_member)) << "RFC 7518, 6.3.2: private";
  }
}

class auth_database : public store::testing::database_test {
 protected:
  void SetUp() override {
    database_test::SetUp();
    if (IsSkipped()) return;
    for (auto part : {store::messaging_migrations(), service::idempotency_migrations(),
                      std::span<const store::migration>(migrations)})
      _migrations.insert(_migrations.end(), part.begin(), part.end());
    auto opened = store::database::open({.url = url()}, _migrations, _log, _metrics);
    ASSERT_TRUE(opened) << opened.error().message;
    _database = std::move(*opened);
  }
  void TearDown() override {
    _database.reset();
    database_test::TearDown();
  }
  template <class F>
  void write(F change) {
    auto done = _database->write_and_wait([&](store::session& db) -> result<void> {
      change(db);
      return {};
    });
    ASSERT_TRUE(done) << done.error().message;
  }
  std::optional<std::int64_t> first_broken() {
    return *_database->read_and_wait([](store::session& db) { return first_broken_audit_row(db); });
  }
  void audit(const std::string& subject) {
    write([&](store::session& db) {
      service::cause why{.user = {.user_id = "u", .username = "u", .roles = {}},
                         .request_id = "r",
                         .trace = observe::trace_context::make_root(),
                         .now = *instant::parse("2024-05-01T08:00:00Z")};
      service::command c(db, why);
      append_audit(c, "login", subject, "accepted");
    });
  }

  std::vector<store::migration> _migrations;
  observe::logger _log{"auth_test", observe::level::error};
  observe::registry _metrics;
  std::unique_ptr<store::database> _database;
};
INSTANTIATE_TEST_SUITE_P(engines, auth_database, store::testing::both_engines(), store::testing::engine_name);

TEST_P(auth_database, finds_an_audit_row_that_was_changed_or_taken_out) {
  EXPECT_EQ(first_broken(), std::nullopt);
  for (const char* who : {"a", "b", "c", "d"}) audit(who);
  EXPECT_EQ(first_broken(), std::nullopt);
  auto record = [&](std::int64_t row) {
    return *_database->read_and_wait([&](store::session& db) {
      return std::get<0>(db.select<std::string>("SELECT record FROM audit WHERE sequence = :p1", {row}).front());
    });
  };
  std::string original = record(2);
  auto set = [&](std::int64_t row, const std::string& text) {
    write([&](store::session& db) { db.execute("UPDATE audit SET record = :p1 WHERE sequence = :p2", {text, row}); });
  };
  set(2, record(3));
  EXPECT_EQ(first_broken(), 2);
  set(2, original);
  EXPECT_EQ(first_broken(), std::nullopt);
  write([](store::session& db) { db.execute("DELETE FROM audit WHERE sequence = 3"); });
  EXPECT_EQ(first_broken(), 4) << "the row behind the gap";
}

// A token lives 15 minutes and may be 5 minutes early: a retired key verifies for 20.
TEST_P(auth_database, keeps_a_retired_key_until_its_tokens_have_expired) {
  instant start = *instant::parse("2024-05-01T08:00:00Z");
  auto keys = [&] {
    return *_database->read_and_wait([](store::session& db) { return jwks(db).at("keys").as_array().size(); });
  };
  write([&](store::session& db) { add_key(db, consumer_group::users, wire::rsa_key::generate(), start); });
  wire::rsa_key fresh = wire::rsa_key::generate();
  write([&](store::session& db) { rotate(db, consumer_group::users, fresh, start + std::chrono::hours(1)); });
  EXPECT_EQ(keys(), 2U);
  std::string active =
      *_database->read_and_wait([](store::session& db) { return active_key(db, consumer_group::users).key_id; });
  EXPECT_EQ(active, fresh.thumbprint());
  write([&](store::session& db) { remove_expired(db, start + std::chrono::minutes(60 + 19)); });
  EXPECT_EQ(keys(), 2U);
  write([&](store::session& db) { remove_expired(db, start + std::chrono::minutes(60 + 21)); });
  EXPECT_EQ(keys(), 1U);
}

TEST(auth_contracts, are_those_checked_in) {
  service::testing::expect_contract("contracts/openapi/auth.json", service::openapi_of(definition()));
}

}  // namespace
}  // namespace mes::auth
