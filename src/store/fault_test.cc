// What a database does when its disk, its server or its process fails.
#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <set>

#include "store/database.h"
#include "store/test_database.h"

namespace mes::store {
namespace {

using std::int64_t;
using std::string;
using ::testing::HasSubstr;

constexpr migration things[] = {{10, "things", "CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT NOT NULL);"}};

class fault_test : public testing::database_test {
 protected:
  std::unique_ptr<database> open() {
    auto opened = database::open({.url = url()}, things, _log, _metrics);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  static database::work insert(int64_t id, string name = "x") {
    return [=](session& s) -> result<void> {
      s.execute("INSERT INTO things (id, name) VALUES (:p1, :p2)", {id, name});
      return {};
    };
  }
  static int64_t count(database& db) {
    auto rows = db.read_and_wait([](session& s) { return s.select<int64_t>("SELECT COUNT(*) FROM things"); });
    EXPECT_TRUE(rows) << rows.error().message;
    return rows ? std::get<0>(rows->at(0)) : -1;
  }
  observe::logger _log{"fault_test", observe::level::error};
  observe::registry _metrics;
};
INSTANTIATE_TEST_SUITE_P(engines, fault_test, testing::both_engines(), testing::engine_name);

// Each acknowledged row is there, and no row is there twice or half, after kill -9 at a random moment.
TEST_P(fault_test, acknowledged_work_survives_kill_9) {
  for (int round = 0; round < 5; ++round) {
    int pipe_of[2];
    ASSERT_EQ(pipe(pipe_of), 0);
    pid_t child = fork();
    if (child == 0) {
      close(pipe_of[0]);
      observe::logger quiet("fault_test", observe::level::error);
      observe::registry metrics;
      auto opened = database::open({.url = url()}, things, quiet, metrics);
      if (!opened) _exit(1);
      std::atomic<int64_t> next = round * 1'000'000;
      std::function<void()> go = [&] {
        int64_t id = next++;
        (*opened)->write(insert(id), [&, id](const result<void>& outcome) {
          if (!outcome || write(pipe_of[1], &id, sizeof id) != sizeof id) _exit(2);
          go();
        });
      };
      for (int i = 0; i < 16; ++i) go();
      pause();
    }
    close(pipe_of[1]);
    std::vector<int64_t> acknowledged;
    int64_t id = 0;
    const std::size_t kill_at = 200 + static_cast<std::size_t>(round) * 37;
    while (read(pipe_of[0], &id, sizeof id) == sizeof id) {
      acknowledged.push_back(id);
      if (acknowledged.size() == kill_at) kill(child, SIGKILL);
    }
    close(pipe_of[0]);
    waitpid(child, nullptr, 0);
    ASSERT_GE(acknowledged.size(), kill_at);
    auto db = open();
    auto rows = db->read_and_wait([](session& s) { return s.select<int64_t>("SELECT id FROM things"); });
    ASSERT_TRUE(rows);
    std::set<int64_t> there;
    for (auto& [row] : *rows) there.insert(row);
    for (auto a : acknowledged) EXPECT_TRUE(there.contains(a)) << a;
  }
}

TEST_P(fault_test, a_second_writer_is_kept_out_of_postgresql) {
  if (!is_postgresql()) GTEST_SKIP() << "SQLite locks its file itself";
  auto db = open();
  auto second = database::open({.url = url()}, things, _log, _metrics);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, error_code::unavailable);
  EXPECT_THAT(second.error().message, HasSubstr("Another process"));
}

TEST_P(fault_test, a_lost_connection_fails_what_ran_and_comes_back) {
  if (!is_postgresql()) GTEST_SKIP() << "SQLite has no connection to lose";
  auto db = open();
  ASSERT_TRUE(db->write_and_wait(insert(1)));
  EXPECT_EQ(count(*db), 1);
  const string kill_others =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mes' AND pid <> pg_backend_pid()";
  testing::postgresql_cluster::instance()->admin(kill_others);
  EXPECT_TRUE(db->write_and_wait(insert(2)));  // nothing had run on it yet: a new one, in silence
  EXPECT_EQ(count(*db), 2);
  auto lost = db->write_and_wait([&](session& s) -> result<void> {
    s.execute("INSERT INTO things (id, name) VALUES (3, 'lost')");
    testing::postgresql_cluster::instance()->admin(kill_others);
    s.execute("INSERT INTO things (id, name) VALUES (4, 'lost')");
    return {};
  });
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, error_code::unavailable);
  EXPECT_TRUE(db->write_and_wait(insert(5)));
  EXPECT_EQ(count(*db), 3);
}

TEST_P(fault_test, a_full_disk_is_told_and_outlived) {
  if (is_postgresql()) GTEST_SKIP() << "limited through a PRAGMA of SQLite";
  auto db = open();
  ASSERT_TRUE(db->write_and_wait([](session& s) -> result<void> {
    s.select<int64_t>("PRAGMA max_page_count=20");
    return {};
  }));
  int64_t stored = 0;
  result<void> last;
  while (last && stored < 1000) {
    last = db->write_and_wait(insert(stored, string(3000, 'x')));
    if (last) ++stored;
  }
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, error_code::storage_full);
  EXPECT_FALSE(db->is_failed());
  EXPECT_EQ(count(*db), stored);
  ASSERT_TRUE(db->write_and_wait([](session& s) -> result<void> {
    s.select<int64_t>("PRAGMA max_page_count=100000");
    return {};
  }));
  EXPECT_TRUE(db->write_and_wait(insert(stored, string(3000, 'x'))));
  EXPECT_EQ(count(*db), stored + 1);
}

TEST_P(fault_test, a_file_that_is_no_database_is_refused) {
  if (is_postgresql()) GTEST_SKIP() << "SQLite's files";
  auto path = url().substr(7);
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << string(5000, 'z');
  auto opened = database::open({.url = url()}, things, _log, _metrics);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, error_code::corrupt);
}

TEST_P(fault_test, the_file_is_its_owners_alone) {
  if (is_postgresql()) GTEST_SKIP() << "SQLite's files";
  auto db = open();
  ASSERT_TRUE(db->write_and_wait(insert(1)));
  for (const char* suffix : {"", "-wal"}) {
    auto mode = std::filesystem::status(url().substr(7) + suffix).permissions();
    EXPECT_EQ(mode & std::filesystem::perms::all,
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
}

// SQLite's file layer, whose WAL cannot be synced when told so.
struct failing_syncs {
  static inline std::atomic<bool> on = false;
  static inline sqlite3_vfs shim;
  static inline sqlite3_io_methods methods;
  static inline const sqlite3_io_methods* real = nullptr;

  static int sync(sqlite3_file* file, int flags) { return on ? SQLITE_IOERR_FSYNC : real->xSync(file, flags); }
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
    auto* base = static_cast<sqlite3_vfs*>(shim.pAppData);
    int outcome = base->xOpen(base, name, file, flags, out);
    if (outcome == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0) {
      real = file->pMethods;
      methods = *real;
      methods.xSync = sync;
      file->pMethods = &methods;
    }
    return outcome;
  }
  failing_syncs() {
    auto* base = sqlite3_vfs_find(nullptr);
    shim = *base;
    shim.zName = "failing-syncs";
    shim.pAppData = base;
    shim.xOpen = open;
    sqlite3_vfs_register(&shim, 1);
  }
  ~failing_syncs() {
    on = false;
    sqlite3_vfs_unregister(&shim);
  }
};

TEST_P(fault_test, a_failed_sync_stops_all_writing) {
  if (is_postgresql()) GTEST_SKIP() << "a PostgreSQL server syncs by itself";
  failing_syncs syncs;
  {
    auto db = open();
    ASSERT_TRUE(db->write_and_wait(insert(1)));
    failing_syncs::on = true;
    auto lost = db->write_and_wait(insert(2));
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, error_code::storage_failed);
    failing_syncs::on = false;
    EXPECT_TRUE(db->is_failed());
    auto after = db->write_and_wait(insert(3));
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().code, error_code::storage_failed);
    EXPECT_EQ(count(*db), 1);
  }
  auto db = open();
  EXPECT_FALSE(db->is_failed());
  EXPECT_TRUE(db->write_and_wait(insert(4)));
  EXPECT_EQ(count(*db), 2);
}

}  // namespace
}  // namespace mes::store
