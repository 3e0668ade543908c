// Power cuts and errors at every point of a workload in which records come, are compacted, expire and are moved.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "base/instant.h"
#include "bus/log/test_store.h"

namespace mes::bus::log {
namespace {

using namespace test_support;

constexpr std::uint32_t segment_bytes = 1'024;

// Every other one is so large that it is written from where it lies.
std::string kept_value(int i) { return std::to_string(i) + std::string(i % 2 == 0 ? 0 : 70'000, 'k'); }

struct workload {
  std::map<std::string, int> acknowledged;  // by key: the last value that was told to be stored
  int tried = 0, kept = 0;

  // True: it came to its end and closed the store.
  bool run(os::file_system& files) {
    opened o(files, segment_bytes);
    if (!o.store) return false;
    const auto table = o.make("table", 1,
                              {{"cleanup.policy", "compact"},
                               {"segment.ms", "1"},
                               {"min.cleanable.dirty.ratio", "0"},
                               {"delete.retention.ms", "0"}});
    const auto gone = o.make("gone", 1, {{"retention.ms", "1"}});
    const auto slow = o.make("kept", 1, {{"retention.ms", "-1"}});
    for (int i = 0; table && gone && slow && o.fault && i < 12; ++i) {
      const std::string key = "k" + std::to_string(i % 3);
      tried = i;
      if (o.put_batch(table, kafka::make_batch({{key, std::to_string(i), 1}})) == opened::outcome::stored)
        acknowledged[key] = i;
      if (o.fault) o.put(gone, std::string(200, 'x'));
      if (o.fault && i % 4 == 0 && o.put_together(slow, {kept_value(kept), kept_value(kept + 1)})) kept += 2;
      if (o.fault && i % 3 == 2) o.housekeeping();
    }
    return o.fault && o.store->close().has_value();
  }

  void check(os::file_system& files, const std::string& when) const {
    opened o(files, segment_bytes);
    ASSERT_TRUE(o.store) << when << ": " << o.why;
    std::map<std::string, int> found;
    std::int64_t before = -1;
    if (const auto table = o.store->find("table"))
      for (const kept_record& r : records(*table)) {
        EXPECT_GT(r.offset, before) << when;
        before = r.offset;
        found[r.key] = std::atoi(r.value.c_str());
      }
    for (const auto& [key, value] : acknowledged) {
      ASSERT_TRUE(found.contains(key)) << when;
      EXPECT_GE(found[key], value) << when;
      EXPECT_LE(found[key], tried) << when;
    }
    const auto slow = o.store->find("kept");
    const auto left = slow ? values(*slow) : std::vector<std::string>{};
    ASSERT_GE(left.size(), static_cast<std::size_t>(kept)) << when;
    for (std::size_t i = 0; i < left.size(); ++i) EXPECT_TRUE(left[i] == kept_value(static_cast<int>(i))) << when;
  }
};

TEST(crash, nothing_acknowledged_is_lost_wherever_the_power_goes) {
  std::uint64_t point = 0;
  for (;; ++point) {
    os::sim_file_system files;
    files.cut_power_after(point);
    workload w;
    if (w.run(files) && !files.is_cut()) break;
    files.crash(point + 1);
    const std::string when = "power cut at operation " + std::to_string(point);
    ASSERT_NO_FATAL_FAILURE(w.check(files, when));
    ASSERT_NO_FATAL_FAILURE(w.check(files, when + ", second start"));
  }
  EXPECT_GT(point, 100U);
}

TEST(crash, nothing_acknowledged_is_lost_whatever_write_or_sync_fails) {
  using operation = os::sim_file_system::operation;
  std::uint64_t point = 0;
  for (;; ++point) {
    os::sim_file_system files;
    std::uint64_t count = 0;
    bool failed = false;
    files.fail_when([&](operation what, const std::string&) {
      if (what == operation::read || count++ != point) return false;
      return failed = true;
    });
    workload w;
    w.run(files);
    if (!failed) break;
    files.fail_when(nullptr);
    files.crash(point + 1);
    ASSERT_NO_FATAL_FAILURE(w.check(files, "error at operation " + std::to_string(point)));
  }
  EXPECT_GT(point, 100U);
}

enum class space : std::uint8_t { plenty, scarce, scarce_when_synced };

// Records come, expire, are moved and compacted in any order, while settings change and the store ends now and then,
// cleanly or not. Where space is scarce, the disk is full now and then, and a checkpoint finds less room than records.
class changing_work {
 public:
  explicit changing_work(std::uint32_t seed, space s = space::plenty)
      : _draw(seed), _scarce(s != space::plenty), _when_synced(s == space::scarce_when_synced) {
    open();
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      if (i % 20 == 0) _quiet = _draw() % 2 == 0;
      if (_scarce && i % 15 == 0) limit_space();
      switch (_draw() % 10) {
        case 0:
        case 1:
          if (!_quiet) put_in_table("k" + std::to_string(_draw() % 5), i);
          break;
        case 2:
        case 3:
          for (int k = 0; k < 3; ++k) _open->put(_open->store->find("gone"), std::string(400, 'x'));
          break;
        case 4:
          if (_open->put(_open->store->find("kept"), std::to_string(_kept)) == opened::outcome::stored) ++_kept;
          break;
        case 5:
          set_eager(_draw() % 2 == 0);
          break;
        case 6:
          _open->store->retire();  // and on: the cleaner works meanwhile
          if (_draw() % 2 == 0) delete_kept();
          break;
        default:
          ASSERT_TRUE(_open->housekeeping(!_scarce));
          if (_draw() % 2 == 0) start_again();
      }
    }
    check();
  }

 private:
  void open() {
    _open = std::make_unique<opened>(_files, segment_bytes);
    ASSERT_TRUE(_open->store) << _open->why;
    if (_open->store->find("table")) return;
    _open->make("table", 1, {{"cleanup.policy", "compact"}});
    _open->make("gone", 1, {{"retention.ms", "1"}});
    _open->make("kept", 1, {{"retention.ms", "-1"}});
    if (!_scarce) return;
    bool done = false;
    _open->store->append_state("\x10" + std::string(5'000, 's'), [&](bool) { done = true; });
    ASSERT_TRUE(_open->wait(done));
  }
  void limit_space() {
    std::uint64_t used = 0;
    for (const std::string& name : *_files.list("/bus"))
      if (const auto file = _files.open("/bus/" + name, os::open_mode::read)) used += *(*file)->size();
    const std::uint64_t limit = _draw() % 2 == 0 ? used + _draw() % 6'000 : UINT64_MAX;
    _when_synced ? _files.limit_synced_space(limit) : _files.limit_space(limit);
  }
  void start_again() {
    const bool cleanly = _draw() % 2 == 0;
    if (cleanly) ASSERT_TRUE(_open->store->close());
    _open.reset();
    if (!cleanly) _files.crash(_draw());
    ASSERT_NO_FATAL_FAILURE(open());
    check();
  }
  void put_in_table(const std::string& key, int value) {
    const std::int64_t time = instant::now().ms() - 1'000;
    const auto batch = kafka::make_batch({{key, std::to_string(value), time}});
    if (_open->put_batch(_open->store->find("table"), batch) == opened::outcome::stored) _table[key] = value;
  }
  // Whether the table is compacted as soon as it can be, or not at all for now.
  void set_eager(bool eager) {
    std::map<std::string, std::string> configs = {{"cleanup.policy", "compact"}};
    if (eager) configs.insert({{"segment.ms", "1"}, {"min.cleanable.dirty.ratio", "0"}, {"delete.retention.ms", "0"}});
    bool done = false;
    _open->store->set_configs(_open->store->find("table")->id, configs, [&](bool) { done = true; });
    ASSERT_TRUE(_open->wait(done));
  }
  void delete_kept() {
    const std::size_t before = _deleted + _draw() % (_kept - _deleted + 1);
    bool done = false, is_stored = false;
    _open->store->delete_records(_open->store->find("kept"), 0, static_cast<std::int64_t>(before), [&](bool stored) {
      done = true;
      is_stored = stored;
    });
    ASSERT_TRUE(_open->wait(done));
    if (is_stored) _deleted = before;
  }
  void check() {
    std::map<std::string, int> found;
    std::int64_t before = -1;
    for (const kept_record& r : records(*_open->store->find("table"))) {
      ASSERT_GT(r.offset, before);
      before = r.offset;
      found[r.key] = std::atoi(r.value.c_str());
    }
    ASSERT_EQ(found, _table);
    const auto kept = values(*_open->store->find("kept"));
    ASSERT_EQ(kept.size(), _kept - _deleted);
    for (std::size_t i = 0; i < kept.size(); ++i) ASSERT_EQ(kept[i], std::to_string(_deleted + i));
  }

  std::mt19937 _draw;
  os::sim_file_system _files;
  std::unique_ptr<opened> _open;
  std::map<std::string, int> _table;  // by key: the last value
  std::size_t _kept = 0, _deleted = 0;
  bool _quiet = false;  // nothing comes for the table
  bool _scarce, _when_synced;
};

TEST(crash, nothing_is_lost_while_settings_change) {
  for (std::uint32_t seed = 1; seed <= 100 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    changing_work(seed).run(120);
  }
}

TEST(crash, nothing_is_lost_while_space_comes_and_goes) {
  for (std::uint32_t seed = 1; seed <= 100 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    changing_work(seed, space::scarce).run(120);
  }
}

TEST(crash, nothing_is_lost_while_syncs_alone_tell_that_there_is_no_space) {
  for (std::uint32_t seed = 1; seed <= 100 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    changing_work(seed, space::scarce_when_synced).run(120);
  }
}

}  // namespace
}  // namespace mes::bus::log
