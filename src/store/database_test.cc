#include "store/database.h"

#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "runtime/thread.h"
#include "store/test_database.h"

namespace mes::store {
namespace {

using std::int64_t;
using std::string;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using row = std::tuple<int64_t, string>;

constexpr migration things[] = {
    {10, "things",
     "CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, note TEXT);\n"
     "CREATE TABLE parts (\n  thing BIGINT NOT NULL REFERENCES things(id),\n  n BIGINT\n);"}};

class store_test : public testing::database_test {
 protected:
  result<std::unique_ptr<database>> try_open(std::span<const migration> migrations = things) {
    return database::open({.url = url()}, migrations, _log, _metrics);
  }
  std::unique_ptr<database> open(std::span<const migration> migrations = things) {
    auto opened = try_open(migrations);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  static database::work insert(int64_t id, string name) {
    return [=](session& s) -> result<void> {
      s.execute("INSERT INTO things (id, name) VALUES (:p1, :p2)", {id, name});
      return {};
    };
  }
  static std::vector<row> all(database& db) {
    auto rows = db.read_and_wait(
        [](session& s) { return s.select<int64_t, string>("SELECT id, name FROM things ORDER BY id"); });
    EXPECT_TRUE(rows) << rows.error().message;
    return *rows;
  }

  observe::logger _log{"store_test", observe::level::error};
  observe::registry _metrics;
};
INSTANTIATE_TEST_SUITE_P(engines, store_test, testing::both_engines(), testing::engine_name);

TEST_P(store_test, keeps_what_was_written) {
  {
    auto db = open();
    EXPECT_TRUE(db->write_and_wait(insert(1, "bolt")));
    EXPECT_TRUE(db->write_and_wait(insert(2, "nut")));
  }
  auto db = open();
  EXPECT_THAT(all(*db), ElementsAre(row{1, "bolt"}, row{2, "nut"}));
}

TEST_P(store_test, keeps_every_value_exactly) {
  auto db = open();
  const string awkward = "quote ' and \" \\ :p1 ::text ö 漢 \n\t" + string(100'000, 'x');
  ASSERT_TRUE(db->write_and_wait([&](session& s) -> result<void> {
    s.execute("INSERT INTO things (id, name, note) VALUES (:p1, :p2, :p3)", {INT64_MAX, awkward, value()});
    s.execute("INSERT INTO things (id, name, note) VALUES (:p1, :p2, :p3)", {INT64_MIN, "", "note"});
    return {};
  }));
  auto rows = db->read_and_wait([](session& s) {
    return s.select<int64_t, string, std::optional<string>>("SELECT id, name, note FROM things ORDER BY id");
  });
  ASSERT_TRUE(rows);
  EXPECT_EQ((*rows)[0], std::tuple(INT64_MIN, "", "note"));
  EXPECT_EQ((*rows)[1], std::tuple(INT64_MAX, awkward, std::nullopt));
}

TEST_P(store_test, takes_a_parameter_twice_and_in_any_order) {
  auto db = open();
  ASSERT_TRUE(db->write_and_wait(insert(7, "seven")));
  auto rows = db->read_and_wait([](session& s) {
    return s.select<int64_t, string>("SELECT id, name FROM things WHERE name = :p2 AND id = :p1 AND id + 0 = :p1",
                                     {7, "seven"});
  });
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->size(), 1u);
}

TEST_P(store_test, counts_affected_rows_and_upserts) {
  auto db = open();
  ASSERT_TRUE(db->write_and_wait([](session& s) -> result<void> {
    for (int64_t i = 0; i < 3; ++i)
      EXPECT_EQ(s.execute("INSERT INTO things (id, name, note) VALUES (:p1, :p2, 'a') "
                          "ON CONFLICT (id) DO UPDATE SET note = 'b'",
                          {i % 2, std::to_string(i % 2)}),
                1);
    EXPECT_EQ(s.execute("UPDATE things SET note = 'c' WHERE id < 9"), 2);
    EXPECT_EQ(s.execute("DELETE FROM things WHERE id = 5"), 0);
    auto returned = s.select<int64_t>("INSERT INTO things (id, name) VALUES (5, 'five') RETURNING id");
    EXPECT_THAT(returned, ElementsAre(std::tuple(int64_t{5})));
    auto sum = s.select<int64_t, int64_t>("SELECT COUNT(*), SUM(id) FROM things");
    EXPECT_THAT(sum, ElementsAre(std::tuple(int64_t{3}, int64_t{6})));
    return {};
  }));
}

TEST_P(store_test, undoes_a_failed_unit_of_work_alone) {
  auto db = open();
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<string> answers;
  bool go = false;
  // The first holds the writer, so that the others share a commit.
  db->write(
      [&](session&) -> result<void> {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return go; });
        return {};
      },
      nullptr);
  auto answer = [&](result<void> outcome) {
    std::lock_guard lock(mutex);
    answers.emplace_back(outcome ? "ok" : name_of(outcome.error().code));
    changed.notify_all();
  };
  db->write(insert(1, "a"), answer);
  db->write(insert(1, "b"), answer);  // the id is taken
  db->write(
      [](session& s) -> result<void> {
        s.execute("INSERT INTO things (id, name) VALUES (2, 'undone')");
        return fail(error_code::illegal_transition, "no");
      },
      answer);
  db->write(
      [](session& s) -> result<void> {
        s.execute("INSERT INTO things (id, name) VALUES (3, 'undone too')");
        throw std::runtime_error("bug");
      },
      answer);
  db->write(
      [](session& s) -> result<void> {
        s.execute("INSERT INTO parts (thing, n) VALUES (99, 1)");  // no such thing
        return {};
      },
      answer);
  db->write(insert(4, "d"), answer);
  {
    std::unique_lock lock(mutex);
    go = true;
    changed.notify_all();
    changed.wait(lock, [&] { return answers.size() == 6; });
  }
  EXPECT_THAT(answers, ElementsAre("ok", "already_exists", "illegal_transition", "internal", "unprocessable", "ok"));
  EXPECT_THAT(all(*db), ElementsAre(row{1, "a"}, row{4, "d"}));
}

TEST_P(store_test, fails_a_unit_of_work_that_swallows_a_failed_statement) {
  auto db = open();
  ASSERT_TRUE(db->write_and_wait(insert(1, "a")));
  auto outcome = db->write_and_wait([](session& s) -> result<void> {
    s.execute("INSERT INTO things (id, name) VALUES (2, 'b')");
    try {
      s.execute("INSERT INTO things (id, name) VALUES (1, 'c')");
    } catch (const sql_error&) {
    }
    return {};
  });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, error_code::already_exists);
  EXPECT_EQ(all(*db).size(), 1u);
  EXPECT_TRUE(db->write_and_wait(insert(2, "b")));
}

TEST_P(store_test, many_threads_write_and_read_and_every_answer_is_true) {
  std::atomic<int> visible = 0, committed_listener = 0;  // outlive the database, which may still be telling of a commit
  auto db = open();
  db->on_commit([&] { ++committed_listener; });
  {
    std::vector<runtime::thread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back("writer", [&, t] {
        for (int i = 0; i < 50; ++i) {
          int64_t id = t * 1000 + i;
          ASSERT_TRUE(db->write_and_wait(insert(id, std::to_string(id))));
          auto seen = db->read_and_wait(
              [&](session& s) { return s.select<string>("SELECT name FROM things WHERE id = :p1", {id}).size(); });
          ASSERT_TRUE(seen);
          visible += static_cast<int>(*seen);
        }
      });
  }
  EXPECT_EQ(visible, 400);
  EXPECT_GT(committed_listener, 0);
  EXPECT_LE(committed_listener, 400);
}

TEST_P(store_test, readers_see_no_half_of_a_unit_of_work) {
  auto db = open();
  ASSERT_TRUE(db->write_and_wait(insert(0, "sum")));
  std::atomic<bool> stop = false;
  runtime::thread writing("writer", [&] {
    for (int64_t i = 1; !stop; ++i)
      ASSERT_TRUE(db->write_and_wait([i](session& s) -> result<void> {
        s.execute("INSERT INTO things (id, name) VALUES (:p1, :p2)", {i, std::to_string(i)});
        s.execute("UPDATE things SET note = :p1 WHERE id = 0", {std::to_string(i)});
        return {};
      }));
  });
  for (int i = 0; i < 100; ++i) {
    auto both = db->read_and_wait([](session& s) {
      auto count = s.select<int64_t>("SELECT COUNT(*) FROM things WHERE id > 0");
      auto note = s.select<std::optional<string>>("SELECT note FROM things WHERE id = 0");
      return std::pair(std::get<0>(count[0]), std::get<0>(note[0]).value_or("0"));
    });
    ASSERT_TRUE(both);
    EXPECT_EQ(std::to_string(both->first), both->second);
  }
  stop = true;
}

TEST_P(store_test, reads_cannot_write) {
  auto db = open();
  auto outcome = db->read_and_wait([](session& s) { return s.execute("DELETE FROM things"); });
  EXPECT_FALSE(outcome);
  EXPECT_TRUE(db->write_and_wait(insert(1, "a")));
}

TEST_P(store_test, says_when_a_statement_is_wrong_and_goes_on) {
  auto db = open();
  auto outcome = db->write_and_wait([](session& s) -> result<void> {
    s.execute("INSERT INTO nowhere (id) VALUES (:p1)", {1});
    return {};
  });
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("nowhere"));
  EXPECT_TRUE(db->write_and_wait(insert(1, "a")));
  auto null = db->read_and_wait([](session& s) { return s.select<string>("SELECT note FROM things"); });
  EXPECT_FALSE(null);
}

TEST_P(store_test, never_quotes_parameters_in_errors) {
  auto db = open();
  ASSERT_TRUE(db->write_and_wait(insert(1, "hunter2")));
  auto outcome = db->write_and_wait(insert(2, "hunter2"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, error_code::already_exists);
  EXPECT_THAT(outcome.error().message, Not(HasSubstr("hunter2")));
}

TEST_P(store_test, forgets_statements_beyond_its_cache) {
  auto db = open();
  ASSERT_TRUE(db->write_and_wait([](session& s) -> result<void> {
    for (int64_t i = 0; i < 600; ++i) {
      auto text = "SELECT " + std::to_string(i % 300) + " + :p1";
      if (s.is_postgresql()) text += "::BIGINT";
      auto got = s.select<int64_t>(text, {1});
      EXPECT_EQ(std::get<0>(got.at(0)), i % 300 + 1);
    }
    return {};
  }));
}

TEST_P(store_test, refuses_when_the_queue_is_full) {
  auto opened = database::open({.url = url(), .queue_max = 3}, things, _log, _metrics);
  ASSERT_TRUE(opened);
  std::mutex hold;
  hold.lock();
  std::atomic<int> done = 0, refused = 0;
  for (int i = 0; i < 10; ++i)
    (*opened)->write(
        [&](session&) -> result<void> {
          std::lock_guard wait(hold);
          return {};
        },
        [&](result<void> outcome) {
          ++done;
          if (!outcome && outcome.error().code == error_code::unavailable) ++refused;
        });
  hold.unlock();
  opened->reset();
  EXPECT_EQ(done, 10);
  EXPECT_GE(refused, 6);  // one may run, three wait
}

TEST_P(store_test, migrations_run_once_in_order_and_guard_their_history) {
  open();
  constexpr migration longer[] = {things[0], {11, "colour", "ALTER TABLE things ADD COLUMN colour TEXT;"}};
  open(longer);
  open(longer);
  auto older = try_open();
  ASSERT_FALSE(older);
  EXPECT_THAT(older.error().message, HasSubstr("newer than this program"));
  constexpr migration edited[] = {{10, "things", "CREATE TABLE things (id BIGINT);"}, longer[1]};
  auto changed = try_open(edited);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, error_code::corrupt);
  EXPECT_THAT(changed.error().message, HasSubstr("Migration 10"));
}

TEST_P(store_test, a_failed_migration_leaves_nothing_behind) {
  constexpr migration broken[] = {things[0],
                                  {11, "broken", "CREATE TABLE half (id BIGINT);\nCREATE TABEL x (id BIGINT);"}};
  auto failed = try_open(broken);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("broken"));
  constexpr migration repaired[] = {things[0], {11, "repaired", "CREATE TABLE half (id BIGINT);"}};
  EXPECT_TRUE(try_open(repaired));
}

TEST_P(store_test, gives_ids_in_the_order_of_commits) {
  constexpr migration with_ids[] = {
      {1, "ids", "CREATE TABLE ids (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, v TEXT);"}};
  auto db = open(with_ids);
  for (const char* v : {"a", "b"})
    ASSERT_TRUE(db->write_and_wait([v](session& s) -> result<void> {
      s.execute("INSERT INTO ids (v) VALUES (:p1)", {v});
      return {};
    }));
  ASSERT_TRUE(db->write_and_wait([](session& s) -> result<void> {
    s.execute("DELETE FROM ids");
    s.execute("INSERT INTO ids (v) VALUES ('c')");
    return {};
  }));
  auto rows = db->read_and_wait([](session& s) { return s.select<int64_t, string>("SELECT id, v FROM ids"); });
  EXPECT_THAT(*rows, ElementsAre(row{3, "c"}));  // an id never comes back
}

TEST_P(store_test, exposes_what_it_did) {
  auto db = open();
  ASSERT_TRUE(db->write_and_wait(insert(1, "a")));
  ASSERT_FALSE(db->write_and_wait(insert(1, "a")));
  db.reset();  // counted after the answer
  string text = _metrics.expose();
  EXPECT_THAT(text, HasSubstr("mes_db_commits_total 1\n"));
  EXPECT_THAT(text, HasSubstr("mes_db_commands_total 1\n"));
  EXPECT_THAT(text, HasSubstr("mes_db_failures_total 1\n"));
}

TEST(database_url, unknown_schemes_are_refused_without_being_quoted) {
  observe::logger log("store_test", observe::level::error);
  observe::registry metrics;
  auto opened = database::open({.url = "mysql://u:hunter2@h/d"}, {}, log, metrics);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("postgresql://"));
  EXPECT_THAT(opened.error().message, Not(HasSubstr("hunter2")));
}

TEST(database_url, a_server_that_is_not_there_is_unavailable) {
  observe::logger log("store_test", observe::level::error);
  observe::registry metrics;
  auto opened = database::open({.url = "postgresql://u:hunter2@/d?host=/tmp/mes-no-such-dir"}, {}, log, metrics);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, error_code::unavailable);
  EXPECT_THAT(opened.error().message, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace mes::store
