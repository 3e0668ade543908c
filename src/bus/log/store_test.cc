#include "bus/log/store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <thread>

#include "os/sim_file_system.h"

namespace mes::bus::log {
namespace {

namespace kafka = wire::kafka;

// Remembers the payloads that were applied: stands for groups and producer ids.
struct memory : state_machine {
  std::vector<std::string> applied;
  void apply(std::string_view payload) override { applied.emplace_back(payload); }
  void snapshot(kafka::writer& out) const override {
    out.varuint(static_cast<std::uint32_t>(applied.size()));
    for (const auto& a : applied) out.bytes(true, a);
  }
  bool restore(kafka::reader& in) override {
    for (std::uint32_t i = 0, n = in.varuint(); i < n && in.ok(); ++i) applied.emplace_back(in.bytes(true));
    return in.ok();
  }
};

struct opened {
  memory beside;
  observe::logger log{"test", observe::level::error};
  std::unique_ptr<log::store> store;
  result<void> fault;
  std::string why;

  explicit opened(os::file_system& files, std::uint32_t segment_bytes = 1 << 20) {
    store_options options;
    options.files = &files;
    options.directory = "/bus";
    options.segment_bytes = segment_bytes;
    options.notify = [] {};
    auto s = log::store::open(options, beside, log);
    if (s)
      store = std::move(*s);
    else
      why = s.error().message;
  }

  // Submits, and waits until `done` or a fatal error.
  bool wait(const bool& done) {
    store->submit();
    while (!done && fault) {
      fault = store->collect();
      std::this_thread::yield();
    }
    return fault.has_value();
  }

  std::shared_ptr<topic> make(const std::string& name, std::int32_t partitions = 1) {
    bool done = false;
    store->create_topic(name, partitions, {}, [&](bool) { done = true; });
    wait(done);
    return store->find(name);
  }

  // Stored, refused (nothing of it stays), or a fatal error.
  enum class outcome { stored, refused, fatal };
  outcome put(const std::shared_ptr<topic>& t, const std::string& value, kafka::batch_header header = {}) {
    std::string batch = kafka::make_batch({{"key", value, 1'000}}, header);
    store->append(t, 0, batch.data(), *kafka::peek_batch(batch));
    bool done = false, stored = false;
    store->when_durable([&](bool s) {
      done = true;
      stored = s;
    });
    if (!wait(done)) return outcome::fatal;
    return stored ? outcome::stored : outcome::refused;
  }
};

std::vector<std::string> values(const topic& t, std::size_t index = 0) {
  std::vector<std::string> all;
  const partition& p = *t.partitions[index];
  std::int64_t at = p.log_start();
  while (at < p.high_watermark()) {
    std::vector<kafka::external_bytes> parts;
    if (p.read(at, 1'000, true, parts).bytes == 0) break;
    for (const auto& part : parts) {
      std::string bytes(part.size, '\0');
      const auto& s = *static_cast<const segment*>(part.source.get());
      const auto got = s.file->pread(part.position, bytes);
      EXPECT_TRUE(got && *got == bytes.size());
      EXPECT_TRUE(kafka::check_batch(bytes));
      kafka::for_each_record(bytes, 1 << 20, [&](const kafka::record_view& r) {
        EXPECT_EQ(r.offset, at);
        all.emplace_back(*r.value);
        at = r.offset + 1;
        return true;
      });
    }
  }
  return all;
}

TEST(store, keeps_records_over_a_clean_stop_without_reading_the_log) {
  os::sim_file_system files;
  {
    opened o(files);
    const auto t = o.make("t");
    ASSERT_EQ(o.put(t, "a"), opened::outcome::stored);
    ASSERT_EQ(o.put(t, "b"), opened::outcome::stored);
    ASSERT_TRUE(o.store->close());
  }
  opened o(files);
  ASSERT_TRUE(o.store) << o.why;
  EXPECT_EQ(o.store->recovery().scanned_bytes, 0U);
  EXPECT_EQ(values(*o.store->find("t")), (std::vector<std::string>{"a", "b"}));
}

TEST(store, reads_through_many_segments_before_and_after_a_restart) {
  os::sim_file_system files;
  std::vector<std::string> written;
  const auto check = [&](opened& o) {
    EXPECT_EQ(values(*o.store->find("t")), written);
    const partition& p = *o.store->find("t")->partitions[0];
    EXPECT_GT(p.ranges().size(), 5U);
  };
  {
    opened o(files, 4'096);
    const auto t = o.make("t");
    for (int i = 0; i < 200; ++i) {
      written.push_back(std::to_string(i) + std::string(100, 'x'));
      ASSERT_EQ(o.put(t, written.back()), opened::outcome::stored);
    }
    check(o);
    ASSERT_TRUE(o.store->close());
  }
  opened again(files, 4'096);
  ASSERT_TRUE(again.store) << again.why;
  check(again);
  EXPECT_EQ(again.put(again.store->find("t"), "more"), opened::outcome::stored);
  written.push_back("more");
  check(again);
}

// Walks through every point at which the power can go.
TEST(store, an_acknowledged_record_survives_a_power_cut_at_any_point) {
  for (std::uint64_t point = 0, seed = 1;; ++point, ++seed) {
    os::sim_file_system files;
    files.cut_power_after(point);
    std::vector<std::string> tried, acknowledged;
    bool ended = false;
    {
      opened o(files, 1'024);
      if (o.store) {
        const auto t = o.make("t");
        for (int i = 0; t && o.fault && i < 12; ++i) {
          tried.push_back(std::to_string(i) + std::string(100, 'x'));
          if (o.put(t, tried.back()) == opened::outcome::stored) acknowledged.push_back(tried.back());
        }
        ended = o.fault && o.store->close().has_value();
      }
    }
    if (ended && !files.is_cut()) break;
    files.crash(seed);
    opened o(files, 1'024);
    ASSERT_TRUE(o.store) << "point " << point << ": " << o.why;
    const auto t = o.store->find("t");
    const auto found = t ? values(*t) : std::vector<std::string>{};
    ASSERT_LE(acknowledged.size(), found.size()) << "point " << point;
    ASSERT_LE(found.size(), tried.size());
    ASSERT_TRUE(std::equal(found.begin(), found.end(), tried.begin())) << "point " << point;
    opened twice(files, 1'024);
    ASSERT_TRUE(twice.store) << "point " << point << ": " << twice.why;
    ASSERT_EQ(twice.store->find("t") ? values(*twice.store->find("t")) : std::vector<std::string>{}, found);
  }
}

TEST(store, cuts_at_a_flipped_bit_and_says_so) {
  os::sim_file_system files;
  {
    opened o(files);
    const auto t = o.make("t");
    for (const char* v : {"a", "b", "c"}) ASSERT_EQ(o.put(t, v), opened::outcome::stored);
  }
  const std::string name = "/bus/" + segment_name(1);
  auto file = files.open(name, os::open_mode::read);
  ASSERT_TRUE(file);
  std::string bytes(64 << 10, '\0');
  bytes.resize(*(*file)->pread(0, bytes));
  const auto last = bytes.find_last_not_of('\0');
  files.flip_bit(name, last - 2, 3);
  opened o(files);
  ASSERT_TRUE(o.store) << o.why;
  EXPECT_GT(o.store->recovery().cut_bytes, 0U);
  EXPECT_EQ(o.store->leader_epoch(), 1);
  EXPECT_EQ(values(*o.store->find("t")), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(o.put(o.store->find("t"), "d"), opened::outcome::stored);
  EXPECT_EQ(o.store->find("t")->partitions[0]->end_of_epoch(0), (std::pair<std::int32_t, std::int64_t>{0, 2}));
}

TEST(store, a_full_disk_refuses_what_comes_and_recovers_by_itself) {
  os::sim_file_system files;
  opened o(files, 4'096);
  const auto t = o.make("t");
  std::vector<std::string> stored;
  files.limit_space(40'000);
  int refused = 0;
  for (int i = 0; i < 600; ++i) {
    const std::string value = std::to_string(i) + std::string(100, 'x');
    const auto what = o.put(t, value);
    ASSERT_NE(what, opened::outcome::fatal) << o.fault.error().message;
    if (what == opened::outcome::stored) stored.push_back(value);
    if (what == opened::outcome::refused && ++refused == 5) files.limit_space(UINT64_MAX);
  }
  EXPECT_EQ(refused, 5);
  EXPECT_EQ(values(*t), stored);
  ASSERT_TRUE(o.store->close());
  opened again(files, 4'096);
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(values(*again.store->find("t")), stored);
}

TEST(store, a_failed_sync_is_fatal) {
  os::sim_file_system files;
  opened o(files);
  const auto t = o.make("t");
  files.fail_when([](os::sim_file_system::operation what, const std::string&) {
    return what == os::sim_file_system::operation::sync;
  });
  EXPECT_EQ(o.put(t, "a"), opened::outcome::fatal);
  EXPECT_EQ(t->partitions[0]->high_watermark(), 0);
}

kafka::batch_header by_producer(std::int16_t epoch, std::int32_t sequence) {
  kafka::batch_header h;
  h.producer_id = 7;
  h.producer_epoch = epoch;
  h.base_sequence = sequence;
  return h;
}

TEST(store, knows_an_idempotent_producer_after_a_crash) {
  os::sim_file_system files;
  {
    opened o(files);
    const auto t = o.make("t");
    for (int i = 0; i < 8; ++i) ASSERT_EQ(o.put(t, "v", by_producer(0, i)), opened::outcome::stored);
  }
  files.crash(1);
  opened o(files);
  ASSERT_TRUE(o.store) << o.why;
  const partition& p = *o.store->find("t")->partitions[0];
  const auto check = [&](std::int16_t epoch, std::int32_t sequence) {
    kafka::batch_header h = by_producer(epoch, sequence);
    h.last_offset_delta = 0;
    return p.producers().check(h);
  };
  EXPECT_EQ(check(0, 7).value(), std::optional<std::int64_t>(7));  // there already
  EXPECT_EQ(check(0, 3).value(), std::optional<std::int64_t>(3));  // the fifth last
  EXPECT_EQ(check(0, 8).value(), std::nullopt);                    // next
  EXPECT_EQ(check(0, 9).error(), kafka::error_code::out_of_order_sequence_number);
  EXPECT_EQ(check(0, 2).error(), kafka::error_code::out_of_order_sequence_number);  // forgotten
  EXPECT_EQ(check(1, 0).value(), std::nullopt);
  EXPECT_EQ(check(1, 5).error(), kafka::error_code::out_of_order_sequence_number);
}

TEST(store, forgets_old_segments_whole) {
  os::sim_file_system files;
  opened o(files, 1'024);
  const auto t = o.make("t");
  for (int i = 0; i < 30; ++i) ASSERT_EQ(o.put(t, std::string(200, 'x')), opened::outcome::stored);
  bool done = false;
  o.store->set_configs(t->id, {{"retention.ms", "1"}}, [&](bool) { done = true; });
  ASSERT_TRUE(o.wait(done));
  const auto before = files.list("/bus")->size();
  o.store->retire();  // the records are of 1970
  done = false;
  o.store->when_durable([&](bool) { done = true; });
  ASSERT_TRUE(o.wait(done));
  const partition& p = *t->partitions[0];
  EXPECT_GT(p.log_start(), 20);
  EXPECT_EQ(p.high_watermark(), 30);
  const auto start = p.log_start();
  ASSERT_TRUE(o.store->close());
  EXPECT_LT(files.list("/bus")->size(), before);
  opened again(files, 1'024);
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(again.store->find("t")->partitions[0]->log_start(), start);
  EXPECT_EQ(again.store->find("t")->partitions[0]->high_watermark(), 30);
}

TEST(store, refuses_to_open_without_a_segment_that_it_knows_of) {
  os::sim_file_system files;
  {
    opened o(files);
    ASSERT_EQ(o.put(o.make("t"), "a"), opened::outcome::stored);
    ASSERT_TRUE(o.store->close());
  }
  ASSERT_TRUE(files.remove("/bus/" + segment_name(1)));
  opened o(files);
  EXPECT_FALSE(o.store);
  EXPECT_NE(o.why.find("missing"), std::string::npos) << o.why;
}

}  // namespace
}  // namespace mes::bus::log
