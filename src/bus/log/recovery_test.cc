// The store on a disk that fails: power cuts, flipped bits, no space, errors of reading and writing.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bus/log/test_store.h"
#include "bus/log/verify.h"

namespace mes::bus::log {
namespace {

using namespace test_support;

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

// Told by a write, or by the sync alone (late_full_test.cc).
TEST(store, a_full_disk_refuses_what_comes_and_recovers_by_itself) {
  for (const auto limit : {&os::sim_file_system::limit_space, &os::sim_file_system::limit_synced_space}) {
    os::sim_file_system files;
    opened o(files, 4'096);
    const auto t = o.make("t");
    std::vector<std::string> stored;
    (files.*limit)(40'000);
    int refused = 0;
    for (int i = 0; i < 600; ++i) {
      const std::string value = std::to_string(i) + std::string(100, 'x');
      const auto what = o.put(t, value);
      ASSERT_NE(what, opened::outcome::fatal) << o.fault.error().message;
      if (what == opened::outcome::stored) stored.push_back(value);
      if (what != opened::outcome::refused) continue;
      EXPECT_TRUE(o.store->is_full());
      EXPECT_EQ(t->partitions[0]->high_watermark(), static_cast<std::int64_t>(stored.size()));
      EXPECT_EQ(values(*t), stored);
      if (++refused == 5) (files.*limit)(UINT64_MAX);
    }
    EXPECT_EQ(refused, 5);
    EXPECT_FALSE(o.store->is_full());
    EXPECT_EQ(values(*t), stored);
    ASSERT_TRUE(o.store->close());
    opened again(files, 4'096);
    ASSERT_TRUE(again.store) << again.why;
    EXPECT_EQ(values(*again.store->find("t")), stored);
  }
}

// Nobody asks what became of it (acks=0): its offset is given again all the same, and no reader gets what is not there.
TEST(store, what_nobody_waits_for_goes_with_a_group_that_fails) {
  os::sim_file_system files;
  {
    opened o(files, 4'096);
    const auto waited = o.make("waited"), unwaited = o.make("unwaited");
    ASSERT_EQ(o.put(unwaited, "first"), opened::outcome::stored);
    files.limit_space(1);
    std::string batch = kafka::make_batch({{"key", std::string(5'000, 'x'), 1'000}});
    o.store->append(waited, 0, batch.data(), *kafka::peek_batch(batch));
    bool done = false, stored = true;
    o.store->when_durable([&](bool s) {
      done = true;
      stored = s;
    });
    o.store->submit();
    std::string lost = kafka::make_batch({{"key", "lost", 1'000}});
    o.store->append(unwaited, 0, lost.data(), *kafka::peek_batch(lost));
    while (o.fault && !done) {
      o.fault = o.store->collect();
      std::this_thread::yield();
    }
    EXPECT_FALSE(stored);
    files.limit_space(UINT64_MAX);
    ASSERT_EQ(o.put(waited, "again"), opened::outcome::stored);
    EXPECT_EQ(values(*unwaited), std::vector<std::string>{"first"});
    ASSERT_EQ(o.put(unwaited, "second"), opened::outcome::stored);
  }
  opened again(files, 4'096);  // without a clean stop
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(values(*again.store->find("unwaited")), (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(values(*again.store->find("waited")), std::vector<std::string>{"again"});
}

// What a crash on a full disk leaves: a frame that is not whole, and a segment that was begun.
TEST(store, opens_on_a_full_disk_whatever_a_crash_left) {
  os::sim_file_system files;
  {
    opened o(files);
    ASSERT_EQ(o.put(o.make("t"), "a"), opened::outcome::stored);
    ASSERT_TRUE(o.store->close());
  }
  auto torn = files.open("/bus/" + segment_name(1), os::open_mode::read_write);
  ASSERT_TRUE((*torn)->append("half a frame"));
  auto begun = files.open("/bus/" + segment_name(2), os::open_mode::create_new);
  ASSERT_TRUE((*begun)->append(std::string(100, '\0')));
  files.limit_space(1);
  opened again(files);
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(values(*again.store->find("t")), std::vector<std::string>{"a"});
  EXPECT_EQ(again.store->recovery().cut_bytes, 12U);
  files.limit_space(UINT64_MAX);
  ASSERT_EQ(again.put(again.store->find("t"), "b"), opened::outcome::stored);
  ASSERT_TRUE(again.store->close());
  opened last(files);
  ASSERT_TRUE(last.store) << last.why;
  EXPECT_EQ(values(*last.store->find("t")), (std::vector<std::string>{"a", "b"}));
}

// A checkpoint has no room: a part of it, now or from before a crash, must not take what records have room in.
TEST(store, what_did_not_fit_holds_no_space) {
  os::sim_file_system files;
  {
    opened o(files);
    const auto t = o.make("t");
    bool done = false;
    o.store->append_state("\x10" + std::string(60'000, 's'), [&](bool) { done = true; });
    ASSERT_TRUE(o.wait(done));
    ASSERT_EQ(o.put(t, "a"), opened::outcome::stored);
    files.limit_space(o.store->disk_bytes() + 30'000);
    ASSERT_TRUE(o.store->close());  // the log has all of it
  }
  const std::string fresh = "/bus/checkpoint.new";
  EXPECT_FALSE(files.open(fresh, os::open_mode::read)) << "a part is left";
  ASSERT_TRUE((*files.open(fresh, os::open_mode::create))->append(std::string(20'000, 'p')));
  opened again(files);
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_FALSE(files.open(fresh, os::open_mode::read));
  const auto t = again.store->find("t");
  ASSERT_EQ(again.put(t, std::string(15'000, 'b')), opened::outcome::stored);
  EXPECT_EQ(values(*t), (std::vector<std::string>{"a", std::string(15'000, 'b')}));
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

// A log that is there from its first byte on tells of everything; one whose beginning was removed needs its checkpoint.
TEST(store, opens_without_its_checkpoint_only_what_is_whole) {
  for (const bool whole : {true, false}) {
    os::sim_file_system files;
    {
      opened o(files, 1'024);
      const auto t = o.make("t", 1, {{"retention.ms", whole ? "-1" : "1"}});  // the records are of 1970
      for (int i = 0; i < 20; ++i) ASSERT_EQ(o.put(t, std::string(200, 'x')), opened::outcome::stored);
      ASSERT_TRUE(o.housekeeping());
      ASSERT_TRUE(o.store->close());
    }
    ASSERT_TRUE(files.remove("/bus/checkpoint"));
    const auto before = *files.list("/bus");
    ASSERT_EQ(std::ranges::count(before, segment_name(1)), whole ? 1 : 0);
    opened again(files, 1'024);
    EXPECT_EQ(again.store != nullptr, whole) << again.why;
    if (whole) {
      EXPECT_EQ(values(*again.store->find("t")).size(), 20U);
    } else {
      EXPECT_TRUE(again.why.contains("/bus/checkpoint is missing")) << again.why;
      EXPECT_EQ(*files.list("/bus"), before);
    }
  }
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

// What is served after any single change of a file is what was written, or less, or there is no start.
void expect_prefix(os::file_system& files, const std::vector<std::string>& written, const std::string& when) {
  opened o(files, 1'024);
  if (!o.store) {
    EXPECT_NE(o.why, "") << when;
    return;
  }
  const auto t = o.store->find("t");
  if (!t) return;
  const partition& p = *t->partitions[0];
  std::vector<std::string> found;
  for (std::int64_t at = p.log_start(); at < p.high_watermark();) {
    std::vector<kafka::external_bytes> parts;
    if (p.read(at, 1'000, true, parts).bytes == 0) break;  // with a fault, which the consumer is told
    for (const auto& part : parts) {
      std::string bytes(part.size, '\0');
      const auto got = static_cast<const segment*>(part.source.get())->file->pread(part.position, bytes);
      ASSERT_TRUE(got && *got == bytes.size()) << when;
      ASSERT_TRUE(kafka::check_batch(bytes)) << when;
      kafka::for_each_record(bytes, 1 << 20, [&](const kafka::record_view& r) {
        EXPECT_EQ(r.offset, at) << when;
        found.emplace_back(*r.value);
        at = r.offset + 1;
        return true;
      });
    }
  }
  ASSERT_LE(found.size(), written.size()) << when;
  EXPECT_TRUE(std::equal(found.begin(), found.end(), written.begin())) << when;
}

// A consumer may have heard of it: it would wait for ever for a broker that is behind.
TEST(store, the_leader_epoch_of_a_cut_outlives_the_next_crash) {
  os::sim_file_system files;
  {
    opened o(files);
    ASSERT_EQ(o.put(o.make("t"), "a"), opened::outcome::stored);
    ASSERT_TRUE(o.store->close());
  }
  auto file = files.open("/bus/" + segment_name(1), os::open_mode::read_write);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->pwrite(*(*file)->size(), "torn"));
  ASSERT_TRUE((*file)->sync());
  {
    const opened o(files);
    ASSERT_TRUE(o.store) << o.why;
    EXPECT_EQ(o.store->leader_epoch(), 1);
    files.crash(1);
  }
  const opened o(files);
  ASSERT_TRUE(o.store) << o.why;
  EXPECT_EQ(o.store->leader_epoch(), 2);
}

TEST(store, refuses_a_log_that_ends_before_its_checkpoint) {
  os::sim_file_system files;
  {
    opened o(files);
    const auto t = o.make("t");
    for (const char* v : {"a", "b", "c"}) ASSERT_EQ(o.put(t, v), opened::outcome::stored);
    ASSERT_TRUE(o.store->close());
  }
  {
    auto file = files.open("/bus/" + segment_name(1), os::open_mode::read_write);
    ASSERT_TRUE((*file)->truncate(*(*file)->size() - 100));
  }
  const opened o(files);
  EXPECT_FALSE(o.store);
  EXPECT_NE(o.why.find("before what the last clean stop wrote"), std::string::npos) << o.why;
}

// Whole batches behind a gap were acknowledged: they are not cut away as what a crash leaves is.
TEST(store, refuses_a_log_in_which_a_batch_is_missing) {
  os::sim_file_system files;
  const std::string name = "/bus/" + segment_name(1);
  {
    opened o(files);
    const auto t = o.make("t");
    for (const char* value : {"a", "lost", "c"}) ASSERT_EQ(o.put(t, value), opened::outcome::stored);
  }
  const auto file = files.open(name, os::open_mode::read_write);
  std::string bytes(*(*file)->size(), '\0');
  ASSERT_TRUE((*file)->pread(0, bytes));
  const std::size_t frame = frame_header_size + kafka::make_batch({{"key", "lost", 1'000}}).size();
  const std::size_t value = bytes.find("lost"), end = bytes.find_last_not_of('\0') + 1;
  const std::size_t last = end - (frame - 3);  // "c" is three bytes shorter
  bytes.erase(last - frame, frame);
  ASSERT_LT(last - frame, value);
  ASSERT_TRUE((*file)->truncate(0));
  ASSERT_TRUE((*file)->pwrite(0, bytes));
  const opened again(files);
  EXPECT_FALSE(again.store);
  EXPECT_TRUE(again.why.contains("partition 0 of topic t goes on with offset 2, but 1 was to follow")) << again.why;
  std::string left(bytes.size(), '\0');
  ASSERT_TRUE((*file)->pread(0, left));
  EXPECT_EQ(left, bytes);
}

TEST(store, makes_a_broken_index_anew_when_it_is_read) {
  os::sim_file_system files;
  {
    opened o(files, 1'024);
    const auto t = o.make("t");
    for (int i = 0; i < 12; ++i)
      ASSERT_EQ(o.put(t, std::to_string(i) + std::string(100, 'x')), opened::outcome::stored);
    ASSERT_TRUE(o.store->close());
  }
  files.flip_bit("/bus/" + index_name(1), 10, 1);  // within an entry, which a start does not look at
  for (const bool broken : {true, false}) {
    opened o(files, 1'024);
    ASSERT_TRUE(o.store) << o.why;
    const topic& t = *o.store->find("t");
    const partition& p = *t.partitions[0];
    EXPECT_EQ(p.first_at_or_after(0).has_value(), !broken);  // no answer, rather than that there is none
    int reads = 0;
    const auto found = o.store->reading(p, [&] { return ++reads, p.first_at_or_after(0); });
    ASSERT_TRUE(found);
    EXPECT_EQ(found->offset, 0);
    EXPECT_EQ(reads, broken ? 2 : 1);
    EXPECT_EQ(p.take_fault(), std::nullopt);
    EXPECT_EQ(values(t).size(), 12U);
    ASSERT_TRUE(o.store->close());
  }
}

// What was deleted of the first batch of a segment that compaction wrote.
TEST(store, a_cleaned_segment_that_begins_within_a_batch_is_whole) {
  os::sim_file_system files;
  std::string index;
  {
    opened o(files, 2'048);
    const auto t =
        o.make("t", 1, {{"cleanup.policy", "compact"}, {"segment.ms", "1"}, {"min.cleanable.dirty.ratio", "0"}});
    std::vector<kafka::record_to_write> pair;
    for (const char* key : {"a", "b"}) pair.push_back({key, std::string(100, 'x'), 1'000});
    ASSERT_EQ(o.put_batch(t, kafka::make_batch(pair)), opened::outcome::stored);
    for (int i = 0; i < 30; ++i)
      ASSERT_EQ(o.put(t, std::to_string(i) + std::string(100, 'y')), opened::outcome::stored);
    bool done = false;
    o.store->delete_records(t, 0, 1, [&](bool) { done = true; });
    ASSERT_TRUE(o.wait(done));
    ASSERT_TRUE(o.housekeeping());
    ASSERT_TRUE(o.store->close());
    for (const std::string& name : *files.list("/bus"))
      if (name.ends_with(".clean-index")) index = name;
  }
  ASSERT_NE(index, "");
  EXPECT_TRUE(verify(files, "/bus")->problems.empty()) << verify(files, "/bus")->problems.front().what;
  files.flip_bit("/bus/" + index, 10, 1);
  opened o(files, 2'048);
  ASSERT_TRUE(o.store) << o.why;
  const partition& p = *o.store->find("t")->partitions[0];
  EXPECT_GT(o.store
                ->reading(p,
                          [&] {
                            std::vector<kafka::external_bytes> parts;
                            return p.read(p.log_start(), 1'000'000, true, parts);
                          })
                .bytes,
            0U);
}

TEST(store, serves_no_bad_record_whatever_bit_was_flipped) {
  for (const bool clean_stop : {true, false}) {
    std::vector<std::string> written;
    const auto write = [&](os::sim_file_system& files) {
      written.clear();
      opened o(files, 1'024);
      const auto t = o.make("t");
      for (int i = 0; i < 12; ++i) written.push_back(std::to_string(i) + std::string(100, 'x'));
      ASSERT_TRUE(o.put_together(t, written));
      if (clean_stop) ASSERT_TRUE(o.store->close());
    };
    os::sim_file_system example;
    write(example);
    for (const std::string& name : *example.list("/bus")) {
      const std::uint64_t size = *(*example.open("/bus/" + name, os::open_mode::read))->size();
      const std::uint64_t step = size > 4'096 ? size / 64 : size / 24 + 1;  // the last segment ends in zeros
      for (std::uint64_t at = 0; at < size; at += step) {
        os::sim_file_system files;
        write(files);
        files.flip_bit("/bus/" + name, at, 1);
        ASSERT_NO_FATAL_FAILURE(expect_prefix(files, written, name + " byte " + std::to_string(at)));
      }
    }
  }
}

TEST(store, serves_no_bad_record_wherever_a_file_was_cut_off) {
  std::vector<std::string> written;
  const auto write = [&](os::sim_file_system& files) {
    written.clear();
    opened o(files, 1'024);
    const auto t = o.make("t");
    for (int i = 0; i < 6; ++i) written.push_back(std::to_string(i) + std::string(100, 'x'));
    ASSERT_TRUE(o.put_together(t, written));
  };
  os::sim_file_system example;
  write(example);
  for (const std::string& name : *example.list("/bus")) {
    const std::uint64_t size =
        std::min<std::uint64_t>(*(*example.open("/bus/" + name, os::open_mode::read))->size(), 1'100);
    for (std::uint64_t at = 0; at < size; at += 17) {
      os::sim_file_system files;
      write(files);
      ASSERT_TRUE((*files.open("/bus/" + name, os::open_mode::read_write))->truncate(at));
      ASSERT_NO_FATAL_FAILURE(expect_prefix(files, written, name + " cut at " + std::to_string(at)));
    }
  }
}

}  // namespace
}  // namespace mes::bus::log
