// Power cuts and errors at every point of a workload in which records come, are compacted, expire and are moved.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

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

}  // namespace
}  // namespace mes::bus::log
