#include "telemetry/parts/store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <optional>

#include "telemetry/parts/index_name.h"

namespace mes::telemetry {
namespace {

namespace stdfs = std::filesystem;

class store_test : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    _dir = stdfs::temp_directory_path() / ("telemetry-store-" + std::string(info->name()) + std::to_string(::getpid()));
    stdfs::remove_all(_dir);
    _log.set_stdout(false);
  }
  void TearDown() override {
    _store.reset();
    stdfs::remove_all(_dir);
  }

  void open(store_options options = {}) {
    _store.reset();
    auto label = [](std::string_view, const row& r, label_set& into) { into.add(r.stream); };
    auto opened = store::open(*_fs, _dir.string(), options, label, _log);
    ASSERT_TRUE(opened) << opened.error().message;
    _store = std::move(*opened);
  }

  result<appended> put(const std::string& index, const std::vector<row>& rows, bool with_ids = false) {
    row_batch batch{index, {}, with_ids};
    for (const row& r : rows) append_row(batch.rows, r);
    std::promise<result<appended>> promise;
    std::vector<row_batch> batches;
    batches.push_back(std::move(batch));
    auto taken = _store->append(std::move(batches), store::durability::synced,
                                [&](result<appended> r) { promise.set_value(std::move(r)); });
    if (!taken) return fail(std::move(taken.error()));
    return promise.get_future().get();
  }

  static row event(std::int64_t time_us, std::string_view body, std::string_view stream = "svc",
                   std::uint64_t trace_key = 0, std::string_view id = "") {
    row r;
    r.time_us = time_us;
    r.trace_key = trace_key;
    r.stream = stream;
    r.id = id;
    r.body = body;
    return r;
  }

  std::vector<std::string> bodies(std::string_view index) {
    std::vector<std::string> found;
    snapshot seen = _store->select([&](std::string_view i) { return i == index; });
    for (const auto& p : seen.parts)
      for (std::size_t b = 0; b < p->blocks().size(); ++b) {
        auto block = p->read_block(b);
        EXPECT_TRUE(block);
        for (const row& r : block->rows) found.emplace_back(r.body);
      }
    for (const auto& c : seen.chunks)
      for (const row& r : c->rows) found.emplace_back(r.body);
    std::sort(found.begin(), found.end());
    return found;
  }

  std::vector<std::string> files(const std::string& below) {
    std::vector<std::string> names;
    for (const auto& e : stdfs::recursive_directory_iterator(_dir / below))
      if (e.is_regular_file()) names.push_back(e.path().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  stdfs::path _dir;
  observe::logger _log{"test"};
  std::unique_ptr<os::file_system> _fs = os::make_real_file_system();
  std::unique_ptr<store> _store;
};

using list = std::vector<std::string>;

TEST_F(store_test, what_was_acknowledged_is_there_after_a_restart) {
  open();
  auto first = put("mes-logs-2026.11.23", {event(1, "one"), event(2, "two")});
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, (appended{1, 2}));
  EXPECT_EQ(bodies("mes-logs-2026.11.23"), (list{"one", "two"}));
  open();
  EXPECT_EQ(bodies("mes-logs-2026.11.23"), (list{"one", "two"}));
  auto next = put("mes-logs-2026.11.23", {event(3, "three")});
  ASSERT_TRUE(next);
  EXPECT_EQ(*next, (appended{3}));
}

TEST_F(store_test, a_flush_makes_parts_and_empties_the_log) {
  open();
  ASSERT_TRUE(put("a", {event(5, "late", "b"), event(1, "early", "b"), event(3, "other", "a")}));
  _store->flush();
  snapshot seen = _store->select([](std::string_view) { return true; });
  ASSERT_EQ(seen.parts.size(), 1u);
  EXPECT_TRUE(seen.chunks.empty());
  const part& p = *seen.parts[0];
  EXPECT_EQ(p.streams(), (list{"a", "b"}));
  EXPECT_EQ(p.labels(), (list{"a", "b"}));
  EXPECT_EQ(p.rows(), 3u);
  auto block = p.read_block(1);
  ASSERT_TRUE(block);
  ASSERT_EQ(block->rows.size(), 2u);
  EXPECT_EQ(block->rows[0].body, "early");
  EXPECT_EQ(block->rows[0].stream, "b");
  EXPECT_EQ(block->rows[0].sequence, 2u);
  EXPECT_EQ(block->rows[1].body, "late");
  _store.reset();  // the log's files go after the part is visible, on the store's own thread
  EXPECT_TRUE(files("wal").empty());
  open();
  EXPECT_EQ(bodies("a"), (list{"early", "late", "other"}));
}

TEST_F(store_test, a_torn_tail_of_the_log_is_cut_and_what_came_before_stays) {
  open();
  ASSERT_TRUE(put("a", {event(1, "kept")}));
  ASSERT_TRUE(put("a", {event(2, "torn")}));
  _store.reset();
  auto segments = files("wal");
  ASSERT_EQ(segments.size(), 1u);
  std::string whole;
  {
    std::ifstream in(segments[0], std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(in), {});
  }
  // Every length that the crash may have left: each frame is there whole or not at all.
  std::size_t second = whole.rfind("torn") + 4;
  ASSERT_EQ(second, whole.size());
  for (std::size_t cut = 0; cut <= whole.size(); cut += cut + 1 < whole.size() ? 7 : 1) {
    stdfs::remove_all(_dir);
    stdfs::create_directories(_dir / "wal");
    std::ofstream(segments[0], std::ios::binary) << whole.substr(0, cut);
    open();
    list found = bodies("a");
    if (cut == whole.size())
      EXPECT_EQ(found, (list{"kept", "torn"}));
    else
      EXPECT_TRUE(found.empty() || found == list{"kept"}) << cut;
    ASSERT_TRUE(put("a", {event(3, "after")})) << cut;
    open();
    found.push_back("after");
    std::sort(found.begin(), found.end());
    EXPECT_EQ(bodies("a"), found) << cut;
    _store.reset();
  }
}

TEST_F(store_test, a_flipped_bit_ends_the_log_there) {
  open();
  ASSERT_TRUE(put("a", {event(1, "kept")}));
  ASSERT_TRUE(put("a", {event(2, "flipped")}));
  _store.reset();
  auto segments = files("wal");
  {
    std::fstream f(segments[0], std::ios::binary | std::ios::in | std::ios::out);
    f.seekp(-1, std::ios::end);
    f.put('D' ^ 1);
  }
  open();
  EXPECT_EQ(bodies("a"), (list{"kept"}));
}

TEST_F(store_test, a_log_whose_rows_are_in_a_part_already_is_not_taken_twice) {
  open();
  ASSERT_TRUE(put("a", {event(1, "once")}));
  _store.reset();
  auto segments = files("wal");
  std::string saved;
  {
    std::ifstream in(segments[0], std::ios::binary);
    saved.assign(std::istreambuf_iterator<char>(in), {});
  }
  open();
  _store->flush();
  _store.reset();
  // As if the crash came between the part's rename and the removal of the log.
  std::ofstream(segments[0], std::ios::binary) << saved;
  open();
  EXPECT_EQ(bodies("a"), (list{"once"}));
}

TEST_F(store_test, half_written_and_half_deleted_things_are_swept_at_start) {
  open();
  ASSERT_TRUE(put("a", {event(1, "x")}));
  _store->flush();
  _store.reset();
  auto parts = files("parts");
  ASSERT_EQ(parts.size(), 1u);
  std::ofstream(parts[0] + ".tmp") << "half";
  std::ofstream((_dir / "parts/a/00000000000000ff.part").string()) << "MESPART1 and then the power went";
  stdfs::create_directories(_dir / "parts/-old");
  std::ofstream((_dir / "parts/-old/0000000000000001.part").string()) << "x";
  open();
  EXPECT_EQ(bodies("a"), (list{"x"}));
  EXPECT_FALSE(stdfs::exists(_dir / "parts/-old"));
  EXPECT_FALSE(stdfs::exists(parts[0] + ".tmp"));
  EXPECT_TRUE(stdfs::exists(_dir / "parts/a/00000000000000ff.part.damaged"));
}

TEST_F(store_test, an_id_is_stored_once_in_memory_in_parts_and_after_a_restart) {
  open();
  auto first = put("a", {event(1, "x", "s", 0, "id-1"), event(2, "again", "s", 0, "id-1")}, true);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, (appended{1, 0}));
  EXPECT_EQ(*put("a", {event(1, "x", "s", 0, "id-1")}, true), (appended{0}));
  open();
  EXPECT_EQ(*put("a", {event(1, "x", "s", 0, "id-1")}, true), (appended{0}));
  _store->flush();
  EXPECT_EQ(*put("a", {event(1, "x", "s", 0, "id-1"), event(1, "y", "s", 0, "id-2")}, true), (appended{0, 2}));
  EXPECT_EQ(*put("b", {event(1, "x", "s", 0, "id-1")}, true), (appended{3}));
  EXPECT_EQ(bodies("a"), (list{"x", "y"}));
}

TEST_F(store_test, a_trace_is_found_through_the_index_before_and_after_a_merge) {
  open();
  list expected;
  for (std::uint64_t round = 0; round < 8; ++round) {
    std::vector<std::string> texts;
    for (std::uint64_t i = 0; i < 2'000; ++i)
      texts.push_back(std::to_string(round * 2'000 + i) + std::string(100, 'x'));
    std::vector<row> rows;
    for (std::uint64_t i = 0; i < 2'000; ++i)
      rows.push_back(event(static_cast<std::int64_t>(i), texts[i], i % 2 ? "odd" : "even",
                           0x9e3779b97f4a7c15ull * (round * 2'000 + i + 1)));
    ASSERT_TRUE(put("a", rows));
    _store->flush();
    expected.insert(expected.end(), texts.begin(), texts.end());
  }
  auto find_all = [&] {
    snapshot seen = _store->select([](std::string_view) { return true; });
    for (std::uint64_t n = 0; n < 16'000; n += 37) {
      std::uint64_t key = 0x9e3779b97f4a7c15ull * (n + 1);
      std::size_t hits = 0;
      for (const auto& p : seen.parts) {
        auto blocks = p->blocks_of_trace(key);
        ASSERT_TRUE(blocks);
        for (std::uint32_t b : *blocks) {
          auto read = p->read_block(b);
          ASSERT_TRUE(read);
          for (const row& r : read->rows)
            if (r.trace_key == key) {
              ++hits;
              EXPECT_EQ(r.body, expected[n]);
            }
        }
      }
      ASSERT_EQ(hits, 1u) << n;
    }
  };
  find_all();
  for (int tries = 0; tries < 1'000 && _store->figures().merges == 0; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(_store->figures().merges, 1u);
  EXPECT_EQ(_store->figures().parts, 1u);
  find_all();
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(bodies("a"), expected);
  EXPECT_EQ(files("parts").size(), 1u);
  open();
  EXPECT_EQ(bodies("a"), expected);
}

TEST_F(store_test, a_merged_part_whose_inputs_were_not_removed_is_not_read_twice) {
  open();
  for (int i = 0; i < 7; ++i) {
    ASSERT_TRUE(put("a", {event(i, "row " + std::to_string(i))}));
    _store->flush();
  }
  _store.reset();
  stdfs::path saved = _dir.string() + "-saved";
  stdfs::remove_all(saved);
  stdfs::copy(_dir / "parts/a", saved);
  open();
  ASSERT_TRUE(put("a", {event(7, "row 7")}));
  _store->flush();
  for (int tries = 0; tries < 1'000 && _store->figures().merges == 0; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  _store.reset();
  for (const auto& e : stdfs::directory_iterator(saved)) stdfs::copy(e.path(), _dir / "parts/a" / e.path().filename());
  stdfs::remove_all(saved);
  open();
  EXPECT_EQ(bodies("a").size(), 8u);
  EXPECT_EQ(files("parts").size(), 1u);
}

TEST_F(store_test, retention_removes_days_but_not_what_came_lately) {
  open();
  ASSERT_TRUE(put("mes-logs-2012.01.29", {event(1, "old")}));
  ASSERT_TRUE(put("mes-logs-2026.11.23", {event(2, "new")}));
  _store->flush();
  _store->drop_expired(std::chrono::system_clock::now());
  EXPECT_EQ(bodies("mes-logs-2012.01.29"), (list{"old"})) << "written today: it stays for the retention";
  _store->drop_expired(std::chrono::system_clock::now() + std::chrono::days(8));
  EXPECT_TRUE(bodies("mes-logs-2012.01.29").empty());
  EXPECT_FALSE(stdfs::exists(_dir / "parts/mes-logs-2012.01.29"));
  open();
  EXPECT_TRUE(bodies("mes-logs-2012.01.29").empty());
}

TEST_F(store_test, what_waits_is_bounded) {
  open({.backlog_bytes_max = 1'000});
  row_batch large{"a", {}, false};
  std::string body(100'000, 'x');
  append_row(large.rows, event(1, body));
  std::optional<error> refused;
  std::promise<void> all;
  std::atomic<int> waiting = 0, refusals = 0;
  for (int i = 0; i < 200; ++i) {
    ++waiting;
    auto taken = _store->append({large}, store::durability::synced, [&](result<appended> r) {
      EXPECT_TRUE(r);
      --waiting;
    });
    if (taken) continue;
    --waiting;
    ++refusals;
    refused = taken.error();
  }
  _store.reset();
  EXPECT_EQ(waiting, 0);
  ASSERT_GT(refusals, 0);
  EXPECT_EQ(refused->code, error_code::unavailable);
}

TEST(index_name_test, patterns) {
  index_pattern two("mes-logs-*,mes-errors-2026.11.23,-mes-logs-2026.11.01");
  EXPECT_TRUE(two.matches("mes-logs-2026.11.23"));
  EXPECT_FALSE(two.matches("mes-logs-2026.11.01"));
  EXPECT_TRUE(two.matches("mes-errors-2026.11.23"));
  EXPECT_FALSE(two.matches("mes-errors-2026.11.24"));
  EXPECT_FALSE(index_pattern("*").matches(".spans-2026.11.23"));
  EXPECT_TRUE(index_pattern("_all").matches("x"));
  EXPECT_EQ(day_index("mes-logs-", 1'795'392'000'000'000 + 86'399'999'999), "mes-logs-2026.11.23");
  EXPECT_EQ(day_of_index("mes-logs-1970.01.02"), 1);
  EXPECT_FALSE(day_of_index("mes-logs-2026.13.02"));
  EXPECT_EQ(why_invalid_index("Mes"), "must be lowercase");
}

}  // namespace
}  // namespace mes::telemetry
