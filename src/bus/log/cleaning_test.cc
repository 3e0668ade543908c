// Compaction, retention and the limit of the disk. What must hold of compaction is Apache Kafka's documentation of it
// ("Log Compaction": order and offsets stay, the last value of a key stays, tombstones stay for delete.retention.ms).
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/instant.h"
#include "bus/log/key_map.h"
#include "bus/log/test_store.h"
#include "wire/kafka/compression.h"
#include "wire/kafka/end_marker.h"

namespace mes::bus::log {
namespace {

using namespace test_support;
using configs = std::map<std::string, std::string>;

// Everything but the last batch may be compacted at once.
const configs eager = {{"cleanup.policy", "compact"}, {"segment.ms", "1"}, {"min.cleanable.dirty.ratio", "0"}};

configs with(configs c, const configs& more) {
  for (const auto& [k, v] : more) c[k] = v;
  return c;
}

std::string batch_of(const std::vector<kafka::record_to_write>& records, kafka::batch_header header = {}) {
  return kafka::make_batch(records, header);
}

// Files are removed by the log's writer in its own time.
bool comes_down_to(std::ptrdiff_t count, std::string_view ending, os::sim_file_system& files) {
  const auto enough = [&] {
    return std::ranges::count_if(*files.list("/bus"), [&](const auto& n) { return n.ends_with(ending); }) <= count;
  };
  for (int i = 0; i < 10'000 && !enough(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return enough();
}

TEST(compaction, keeps_the_last_value_of_each_key_with_offsets_and_sequences) {
  os::sim_file_system files;
  const std::vector<kept_record> expected = {{1, "b", "b0"}, {3, "a", "a1"}, {5, "c", "c1"}, {6, "end", "x"}};
  {
    opened o(files);
    const auto t = o.make("t", 1, eager);
    kafka::batch_header h;
    h.producer_id = 7;
    h.producer_epoch = 2;
    h.base_sequence = 40;
    ASSERT_EQ(o.put_batch(t, batch_of({{"a", "a0", 1}, {"b", "b0", 2}, {"c", "c0", 3}}, h)), opened::outcome::stored);
    ASSERT_EQ(o.put_batch(t, batch_of({{"a", "a1", 4}})), opened::outcome::stored);
    ASSERT_EQ(o.put_batch(t, batch_of({{"c", "c0", 5}})), opened::outcome::stored);
    ASSERT_EQ(o.put_batch(t, batch_of({{"c", "c1", 6}})), opened::outcome::stored);
    ASSERT_EQ(o.put_batch(t, batch_of({{"end", "x", 7}})), opened::outcome::stored);
    ASSERT_TRUE(o.housekeeping()) << o.fault.error().message;
    EXPECT_EQ(records(*t), expected);
    EXPECT_EQ(t->partitions[0]->log_start(), 0);
    EXPECT_EQ(o.store->cleaning().records_dropped, 3U);
    std::vector<kafka::external_bytes> parts;
    t->partitions[0]->read(0, 1, true, parts);
    std::string bytes(parts.at(0).size, '\0');
    ASSERT_TRUE(static_cast<const segment*>(parts[0].source.get())->file->pread(parts[0].position, bytes));
    const auto first = kafka::peek_batch(bytes);
    EXPECT_EQ(first->producer_id, 7);
    EXPECT_EQ(first->base_sequence, 40);
    EXPECT_EQ(first->last_sequence(), 42);
    EXPECT_EQ(first->count, 1);
  }
  opened again(files);  // without a clean stop
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(records(*again.store->find("t")), expected);
  ASSERT_TRUE(again.store->close());
  opened clean(files);
  ASSERT_TRUE(clean.store) << clean.why;
  EXPECT_EQ(records(*clean.store->find("t")), expected);
  EXPECT_EQ(clean.store->recovery().scanned_bytes, 0U);
}

TEST(compaction, goes_on_from_what_it_did_before) {
  os::sim_file_system files;
  opened o(files, 2'048);
  const auto t = o.make("t", 1, eager);
  std::map<std::string, std::string> last;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 20; ++i) {
      const std::string key = "k" + std::to_string(i * (round + 3) % 9);
      last[key] = std::to_string(round) + "-" + std::to_string(i) + std::string(50, 'x');
      ASSERT_EQ(o.put_batch(t, batch_of({{key, last[key], round * 100 + i}})), opened::outcome::stored);
    }
    ASSERT_EQ(o.put_batch(t, batch_of({{"end", "x", 1}})), opened::outcome::stored);
    ASSERT_TRUE(o.housekeeping()) << o.fault.error().message;
    std::map<std::string, std::string> found;
    for (const kept_record& r : records(*t)) {
      EXPECT_FALSE(found.contains(r.key) && r.key != "end") << r.key << " is there twice";
      found[r.key] = r.value;
    }
    found.erase("end");
    EXPECT_EQ(found, last);
  }
  // What was written anew has replaced what it was made of.
  EXPECT_TRUE(comes_down_to(2, ".clean", files));
  EXPECT_TRUE(comes_down_to(2, ".log", files));
}

// What lies behind a change in its group is not in effect yet when the change is.
TEST(compaction, makes_no_checkpoint_that_leaves_out_what_was_stored_with_it) {
  os::sim_file_system files;
  {
    opened o(files, 2'048);
    const auto t = o.make("t", 1, eager), other = o.make("other");
    for (int i = 0; i < 60; ++i)
      ASSERT_EQ(o.put_batch(t, batch_of({{"k", std::to_string(i) + std::string(50, 'x'), i}})),
                opened::outcome::stored);
    o.store->retire();
    while (o.fault && o.store->cleaning().runs == 0) {
      o.fault = o.store->collect();
      std::this_thread::yield();
    }
    std::string batch = batch_of({{"a", "acknowledged", 1}});
    o.store->append(other, 0, batch.data(), *kafka::peek_batch(batch));
    bool done = false;
    o.store->append_state("\x10 state", [&](bool stored) { done = stored; });
    ASSERT_TRUE(o.wait(done)) << o.fault.error().message;
  }
  opened again(files);  // without a clean stop
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(again.store->recovery().cut_bytes, 0U);
  EXPECT_EQ(values(*again.store->find("other")), std::vector<std::string>{"acknowledged"});
  EXPECT_EQ(again.beside.applied, std::vector<std::string>{"\x10 state"});
}

TEST(compaction, drops_tombstones_only_after_their_time) {
  for (const bool over : {false, true}) {
    os::sim_file_system files;
    opened o(files);
    const auto t = o.make("t", 1, with(eager, {{"delete.retention.ms", over ? "0" : "86400000"}}));
    ASSERT_EQ(o.put_batch(t, batch_of({{"a", "a0", 1}, {"b", "b0", 1}})), opened::outcome::stored);
    ASSERT_EQ(o.put_batch(t, batch_of({{"a", std::nullopt, 2}})), opened::outcome::stored);
    ASSERT_EQ(o.put_batch(t, batch_of({{"end", "0", 3}})), opened::outcome::stored);
    ASSERT_TRUE(o.housekeeping());
    // The first compaction keeps it in any case, so that a consumer that is behind can see it.
    EXPECT_EQ(records(*t), (std::vector<kept_record>{{1, "b", "b0"}, {2, "a", "-"}, {3, "end", "0"}}));
    ASSERT_EQ(o.put_batch(t, batch_of({{"end", "1", 4}})), opened::outcome::stored);
    ASSERT_TRUE(o.housekeeping());
    std::vector<kept_record> expected = {{1, "b", "b0"}, {2, "a", "-"}, {3, "end", "0"}, {4, "end", "1"}};
    if (over) expected.erase(expected.begin() + 1);
    EXPECT_EQ(records(*t), expected);
    // A consumer that had read up to the gap goes on behind it.
    std::vector<kafka::external_bytes> parts;
    ASSERT_GT(t->partitions[0]->read(2, 1, true, parts).bytes, 0U);
  }
}

TEST(compaction, leaves_what_is_too_young_and_what_is_not_dirty_enough) {
  os::sim_file_system files;
  opened o(files);
  const auto young = o.make("young", 1, with(eager, {{"min.compaction.lag.ms", "3600000"}}));
  const auto active = o.make("active", 1, {{"cleanup.policy", "compact"}});
  const auto ratio = o.make("ratio", 1, with(eager, {{"min.cleanable.dirty.ratio", "1"}}));
  const auto forced =
      o.make("forced", 1, with(eager, {{"min.cleanable.dirty.ratio", "1"}, {"max.compaction.lag.ms", "1"}}));
  const std::int64_t now = instant::now().ms();
  for (const auto& t : {young, active, ratio, forced})
    for (const char* value : {"0", "1", "2"})
      ASSERT_EQ(o.put_batch(t, batch_of({{"a", value,
                                          t == young    ? now - 10'000
                                          : t == active ? now
                                                        : 1}})),
                opened::outcome::stored);
  ASSERT_TRUE(o.housekeeping());
  EXPECT_EQ(records(*young).size(), 3U);
  EXPECT_EQ(records(*active).size(), 3U);
  EXPECT_EQ(records(*ratio).size(), 3U);
  EXPECT_EQ(records(*forced).size(), 2U);
}

TEST(compaction, keeps_each_codec) {
  os::sim_file_system files;
  opened o(files);
  for (const auto codec :
       {kafka::compression::gzip, kafka::compression::snappy, kafka::compression::lz4, kafka::compression::zstd}) {
    const auto t = o.make("t" + std::to_string(static_cast<int>(codec)), 1, eager);
    const std::string plain = batch_of({{"a", "a0", 1}, {"b", std::string(500, 'b'), 2}});
    // As a producer writes it: the header says the codec, the records are compressed.
    const auto packed = kafka::compress(codec, std::string_view(plain).substr(kafka::batch_header::size));
    ASSERT_TRUE(packed);
    std::string bytes = plain.substr(0, kafka::batch_header::size) + *packed;
    bytes[22] = static_cast<char>(codec);
    kafka::writer size;
    size.int32(static_cast<std::int32_t>(bytes.size() - kafka::batch_header::prefix));
    std::ranges::copy(size.buffer(), bytes.begin() + 8);
    kafka::set_log_append_time(bytes.data(), bytes.size(), 5);  // also sums it
    ASSERT_TRUE(kafka::check_batch(bytes));
    ASSERT_EQ(o.put_batch(t, bytes), opened::outcome::stored);
    ASSERT_EQ(o.put_batch(t, batch_of({{"a", "a1", 1}})), opened::outcome::stored);
    ASSERT_EQ(o.put_batch(t, batch_of({{"a", "a2", 1}})), opened::outcome::stored);
    ASSERT_TRUE(o.housekeeping());
    EXPECT_EQ(records(*t), (std::vector<kept_record>{{1, "b", std::string(500, 'b')}, {2, "a", "a1"}, {3, "a", "a2"}}));
    std::vector<kafka::external_bytes> parts;
    t->partitions[0]->read(0, 1, true, parts);
    std::string first(parts.at(0).size, '\0');
    ASSERT_TRUE(static_cast<const segment*>(parts[0].source.get())->file->pread(parts[0].position, first));
    EXPECT_EQ(kafka::peek_batch(first)->codec(), codec);
    EXPECT_EQ(kafka::peek_batch(first)->max_timestamp_ms, 5);
  }
}

// Aborted records are dropped and take no other record's place; what is open is not compacted. Nobody is told to look
// for records that are not there any more.
TEST(compaction, knows_transactions) {
  os::sim_file_system files;
  opened o(files);
  const auto t = o.make("t", 1, eager);
  const auto put = [&](std::int64_t producer, std::int32_t sequence, const std::string& key, const std::string& value) {
    kafka::batch_header h;
    h.attributes = 16;
    h.producer_id = producer;
    h.producer_epoch = 0;
    h.base_sequence = sequence;
    ASSERT_EQ(o.put_batch(t, batch_of({{key, value, 1}}, h)), opened::outcome::stored);
  };
  const auto end = [&](std::int64_t producer, kafka::end_marker what) {
    ASSERT_EQ(o.put_batch(t, kafka::make_end_marker({producer, 0, what, 0, 1})), opened::outcome::stored);
  };
  put(1, 0, "a", "first");  // 0
  end(1, kafka::end_marker::commit);
  put(1, 1, "a", "aborted");  // 2
  put(2, 0, "b", "b0");
  end(1, kafka::end_marker::abort);  // 4
  put(2, 1, "b", "b1");
  end(2, kafka::end_marker::commit);  // 6
  put(3, 0, "b", "open");             // 7
  ASSERT_EQ(o.put_batch(t, batch_of({{"b", "b2", 1}})), opened::outcome::stored);
  ASSERT_EQ(o.put_batch(t, batch_of({{"end", "x", 1}})), opened::outcome::stored);
  ASSERT_TRUE(o.housekeeping());
  std::vector<std::int64_t> left;
  std::vector<std::string> kept;
  for (const kept_record& r : records(*t)) {
    left.push_back(r.offset);
    if (r.offset != 1 && r.offset != 4 && r.offset != 6) kept.push_back(r.key + "=" + r.value);
  }
  EXPECT_EQ(left, (std::vector<std::int64_t>{0, 1, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(kept, (std::vector<std::string>{"a=first", "b=b1", "b=open", "b=b2", "end=x"}));
  EXPECT_EQ(t->partitions[0]->last_stable_offset(), 7);
  EXPECT_TRUE(t->partitions[0]->producers().aborted(0, 7).empty());
}

// As Kafka's cleaner: the run that finds nothing of a transaction any more gives its marker a time, a later one drops
// it.
TEST(compaction, drops_markers_after_their_time_once_their_transactions_are_gone) {
  for (const bool over : {false, true}) {
    os::sim_file_system files;
    std::vector<std::int64_t> expected;
    {
      opened o(files);
      const auto t = o.make("t", 1, with(eager, {{"delete.retention.ms", over ? "0" : "86400000"}}));
      const auto put = [&](std::int64_t producer, const std::string& key) {
        kafka::batch_header h;
        h.attributes = 16;
        h.producer_id = producer;
        h.producer_epoch = 0;
        h.base_sequence = 0;
        ASSERT_EQ(o.put_batch(t, batch_of({{key, "x", 1}}, h)), opened::outcome::stored);
      };
      const auto end = [&](std::int64_t producer, kafka::end_marker what) {
        ASSERT_EQ(o.put_batch(t, kafka::make_end_marker({producer, 0, what, 0, 1})), opened::outcome::stored);
      };
      const auto compact = [&](const std::string& value) {
        ASSERT_EQ(o.put_batch(t, batch_of({{"end", value, 1}})), opened::outcome::stored);
        ASSERT_TRUE(o.housekeeping());
      };
      const auto offsets = [&] {
        std::vector<std::int64_t> all;
        for (const kept_record& r : records(*t)) all.push_back(r.offset);
        return all;
      };
      put(1, "a");  // 0, aborted
      end(1, kafka::end_marker::abort);
      put(2, "b");  // 2, its key comes again
      end(2, kafka::end_marker::commit);
      put(3, "c");  // 4, stays
      end(3, kafka::end_marker::commit);
      ASSERT_EQ(o.put_batch(t, batch_of({{"b", "y", 1}})), opened::outcome::stored);  // 6
      compact("0");
      EXPECT_EQ(offsets(), (std::vector<std::int64_t>{1, 3, 4, 5, 6, 7}));
      compact("1");
      EXPECT_EQ(offsets(), (std::vector<std::int64_t>{1, 3, 4, 5, 6, 7, 8}));
      compact("2");  // of "end" the one before the last goes: the last batch is never compacted
      expected = over ? std::vector<std::int64_t>{4, 5, 6, 8, 9} : std::vector<std::int64_t>{1, 3, 4, 5, 6, 8, 9};
      EXPECT_EQ(offsets(), expected);
      EXPECT_TRUE(t->partitions[0]->producers().aborted(0, 10).empty());
    }
    files.crash(1);
    opened again(files);
    ASSERT_TRUE(again.store) << again.why;
    std::vector<std::int64_t> all;
    for (const kept_record& r : records(*again.store->find("t"))) all.push_back(r.offset);
    EXPECT_EQ(all, expected);
    EXPECT_TRUE(again.store->find("t")->partitions[0]->producers().aborted(0, 10).empty());
  }
}

TEST(compaction, leaves_a_partition_alone_that_cannot_be_read_back) {
  os::sim_file_system files;
  opened o(files);
  const auto bad = o.make("bad", 1, eager), good = o.make("good", 1, eager);
  for (const auto& t : {bad, good})
    for (const char* value : {"0", "1", "2"})
      ASSERT_EQ(o.put_batch(t, batch_of({{"a", value, 1}})), opened::outcome::stored);
  std::vector<kafka::external_bytes> parts;
  bad->partitions[0]->read(0, 1, true, parts);
  files.flip_bit("/bus/" + segment_name(1), parts.at(0).position + 30, 1);
  ASSERT_TRUE(o.housekeeping());
  EXPECT_EQ(o.store->cleaning().uncleanable_partitions, 1U);
  EXPECT_EQ(records(*good).size(), 2U);
  EXPECT_EQ(bad->partitions[0]->cleaned().end, 0);
  bool deleted = false;
  o.store->delete_topic(bad->id, [&](bool) { deleted = true; });
  ASSERT_TRUE(o.wait(deleted));
  EXPECT_EQ(o.store->cleaning().uncleanable_partitions, 0U);
}

TEST(compaction, bounded_memory_takes_several_runs) {
  key_map keys(1'024 * 24);
  std::size_t fit = 0;
  while (keys.put("key " + std::to_string(fit), static_cast<std::int64_t>(fit))) ++fit;
  EXPECT_GT(fit, 500U);
  EXPECT_TRUE(keys.put("key 1", 5'000));
  EXPECT_EQ(keys.find("key 1"), 5'000);
  EXPECT_EQ(keys.find("key 2"), 2);
  EXPECT_EQ(keys.find("another"), std::nullopt);

  os::sim_file_system files;
  store_options options;
  options.cleaner_memory_bytes = 1;  // the least there is
  opened o(files, 1 << 20, options);
  const auto t = o.make("t", 1, eager);
  for (int i = 0; i < 2'000; ++i) {
    std::string batch = batch_of({{i == 1'999 ? "end" : "k" + std::to_string(i % 999), std::to_string(i), 1}});
    o.store->append(t, 0, batch.data(), *kafka::peek_batch(batch));
  }
  bool done = false;
  o.store->when_durable([&](bool) { done = true; });
  ASSERT_TRUE(o.wait(done));
  for (int run = 0; run < 8; ++run) ASSERT_TRUE(o.housekeeping());
  std::set<std::string> keys_found;
  for (const kept_record& r : records(*t)) EXPECT_TRUE(keys_found.insert(r.key).second) << r.key;
  EXPECT_EQ(keys_found.size(), 1'000U);
}

TEST(compaction, of_one_batch_with_more_keys_than_there_is_room_for) {
  os::sim_file_system files;
  store_options options;
  options.cleaner_memory_bytes = 1;
  std::map<std::string, std::string> expected;
  {
    opened o(files, 1 << 20, options);
    const auto t = o.make("t", 1, eager);
    const auto put = [&](const std::vector<kafka::record_to_write>& all) {
      for (const auto& r : all) expected[std::string(*r.key)] = std::string(*r.value);
      ASSERT_EQ(o.put_batch(t, batch_of(all)), opened::outcome::stored);
    };
    std::vector<std::string> keys;
    for (int i = 0; i < 3'000; ++i) keys.push_back("k" + std::to_string(i));
    for (const char* value : {"first", "second"}) {
      std::vector<kafka::record_to_write> all;
      for (const std::string& key : keys) all.push_back({key, value, 1});
      put(all);
      for (int i = 0; i < 3'000; i += 7) put({{keys[static_cast<std::size_t>(i)], "again", 1}});
    }
    put({{"end", "x", 1}});
    for (int run = 0; run < 24; ++run) ASSERT_TRUE(o.housekeeping());
  }
  opened again(files, 1 << 20, options);  // without a clean stop
  ASSERT_TRUE(again.store) << again.why;
  std::map<std::string, std::string> found;
  for (const kept_record& r : records(*again.store->find("t")))
    EXPECT_TRUE(found.emplace(r.key, r.value).second) << r.key << " is there twice";
  EXPECT_EQ(found, expected);
}

// A topic that is kept for long does not hold the segments of what is beside it.
TEST(retention, empties_segments_of_which_little_is_left) {
  os::sim_file_system files;
  std::vector<std::string> kept;
  {
    opened o(files, 4'096);
    const auto t = o.make("gone", 1, {{"retention.ms", "1"}}), slow = o.make("kept", 1, {{"retention.ms", "-1"}});
    for (int i = 0; i < 60; ++i) {
      ASSERT_EQ(o.put(t, std::string(500, 'x')), opened::outcome::stored);
      if (i % 10 != 0) continue;
      kept.push_back(std::to_string(i));
      ASSERT_EQ(o.put(slow, kept.back()), opened::outcome::stored);
    }
    ASSERT_TRUE(o.housekeeping());
    ASSERT_TRUE(o.housekeeping());
    EXPECT_TRUE(comes_down_to(2, ".log", files));
    EXPECT_EQ(values(*slow), kept);
  }
  files.crash(3);
  opened again(files, 4'096);
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(values(*again.store->find("kept")), kept);
}

// One segment of which much is left holds none of those behind it.
TEST(retention, empties_segments_behind_one_of_which_much_is_left) {
  os::sim_file_system files;
  std::vector<std::string> kept, other;
  const auto put = [](opened& o, const std::shared_ptr<topic>& t, std::vector<std::string>& all, std::string value) {
    all.push_back(std::move(value));
    ASSERT_EQ(o.put(t, all.back()), opened::outcome::stored);
  };
  {
    opened o(files, 4'096);
    const auto t = o.make("gone", 1, {{"retention.ms", "1"}}), slow = o.make("kept", 1, {{"retention.ms", "-1"}});
    const auto archive = o.make("archive", 1, {{"retention.ms", "-1"}});
    for (int i = 0; i < 12; ++i) put(o, archive, other, std::to_string(i) + std::string(800, 'a'));
    for (int i = 0; i < 3; ++i) put(o, slow, kept, std::to_string(i) + std::string(500, 'k'));
    for (int i = 0; i < 100; ++i) {
      ASSERT_EQ(o.put(t, std::string(500, 'x')), opened::outcome::stored);
      if (i % 5 == 0) put(o, slow, kept, std::to_string(i));
    }
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(o.housekeeping());
    EXPECT_TRUE(comes_down_to(5, ".log", files));
    EXPECT_EQ(values(*slow), kept);
    EXPECT_EQ(values(*archive), other);
    EXPECT_EQ(archive->partitions[0]->cleaned().end, 0) << "what lies together need not be written again";
  }
  files.crash(3);
  opened again(files, 4'096);
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(values(*again.store->find("kept")), kept);
  EXPECT_EQ(values(*again.store->find("archive")), other);
}

// What was moved is compacted later, up to a batch in the midst of what was moved: the rest of it stays.
TEST(compaction, of_a_part_of_what_was_moved_leaves_the_rest) {
  for (const bool cleanly : {false, true}) {
    os::sim_file_system files;
    std::vector<kept_record> expected;
    {
      opened o(files, 4'096);
      const std::int64_t now = instant::now().ms() - 1'000;
      const auto noise = o.make("noise", 1, {{"retention.ms", "1"}});
      const auto t = o.make("t", 1, {{"cleanup.policy", "compact"}});
      const auto put_noise = [&] {
        for (int i = 0; i < 10; ++i) ASSERT_EQ(o.put(noise, std::string(500, 'x')), opened::outcome::stored);
      };
      for (const char* key : {"a", "b", "a", "c"}) {
        ASSERT_EQ(o.put_batch(t, batch_of({{key, std::to_string(expected.size()), now}})), opened::outcome::stored);
        expected.push_back({static_cast<std::int64_t>(expected.size()), key, std::to_string(expected.size())});
        put_noise();
      }
      for (int i = 0; i < 3; ++i) ASSERT_TRUE(o.housekeeping());
      ASSERT_EQ(t->partitions[0]->cleaned().end, 4) << "nothing was moved";
      ASSERT_EQ(records(*t), expected);
      bool done = false;
      o.store->set_configs(t->id, eager, [&](bool) { done = true; });
      ASSERT_TRUE(o.wait(done));
      ASSERT_TRUE(o.housekeeping());  // up to the last batch
      ASSERT_EQ(t->partitions[0]->cleaned().compacted, 3);
      expected.erase(expected.begin());
      EXPECT_EQ(records(*t), expected);
      if (cleanly) ASSERT_TRUE(o.store->close());
    }
    if (!cleanly) files.crash(1);
    opened again(files, 4'096);
    ASSERT_TRUE(again.store) << again.why;
    EXPECT_EQ(records(*again.store->find("t")), expected);
    EXPECT_EQ(again.store->find("t")->partitions[0]->high_watermark(), 4);
  }
}

// As Kafka: what has no time is as old as its file.
// One that is compacted at each look holds up nothing, and what was moved little by little becomes one file again.
TEST(retention, empties_segments_beside_a_topic_that_is_always_to_be_compacted) {
  os::sim_file_system files;
  std::vector<std::string> kept;
  opened o(files, 4'096);
  const auto hot = o.make("hot", 1, eager), slow = o.make("kept", 1, {{"retention.ms", "-1"}});
  const auto gone = o.make("gone", 1, {{"retention.ms", "1"}});
  for (int round = 0; round < 60; ++round) {
    kept.push_back(std::to_string(round));
    ASSERT_EQ(o.put(slow, kept.back()), opened::outcome::stored);
    for (int i = 0; i < 8; ++i) ASSERT_EQ(o.put(gone, std::string(500, 'x')), opened::outcome::stored);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(o.put(hot, "x"), opened::outcome::stored);
    ASSERT_TRUE(o.housekeeping(false));
  }
  ASSERT_TRUE(o.housekeeping());
  EXPECT_TRUE(comes_down_to(3, ".log", files));
  EXPECT_TRUE(comes_down_to(19, ".clean", files));
  EXPECT_EQ(values(*slow), kept);
}

TEST(retention, of_records_without_a_time_goes_by_their_file) {
  os::sim_file_system files;
  opened o(files, 4'096);
  const auto t = o.make("t", 1, {{"retention.ms", "3600000"}});
  const auto put = [&] { return o.put_batch(t, batch_of({{"k", std::string(500, 'x'), -1}})); };
  for (int i = 0; i < 20; ++i) ASSERT_EQ(put(), opened::outcome::stored);
  const std::int64_t now = instant::now().ms();
  files.set_modified("/bus/" + segment_name(1), now - 1'000);
  ASSERT_TRUE(o.housekeeping());
  EXPECT_EQ(t->partitions[0]->log_start(), 0);
  files.set_modified("/bus/" + segment_name(1), now - 3'700'000);
  ASSERT_TRUE(o.housekeeping());
  EXPECT_GT(t->partitions[0]->log_start(), 0);
  EXPECT_LT(t->partitions[0]->log_start(), 20);
}

TEST(retention, by_size_keeps_at_least_so_much) {
  os::sim_file_system files;
  opened o(files, 4'096);
  const auto t = o.make("t", 1, {{"retention.ms", "-1"}, {"retention.bytes", "3000"}});
  for (int i = 0; i < 50; ++i) ASSERT_EQ(o.put(t, std::string(200, 'x')), opened::outcome::stored);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(o.housekeeping());
    const partition& p = *t->partitions[0];
    const std::uint64_t size = p.bytes_between(p.log_start(), p.end_offset());
    EXPECT_GE(size, 3'000U);
    EXPECT_LT(size, 3'400U);
  }
}

// What was moved out of the log is no older than what is in it for that.
TEST(retention, the_disk_limit_takes_the_oldest_wherever_it_is) {
  os::sim_file_system files;
  store_options options;
  options.retention_ms = -1;
  options.disk_bytes_max = 70'000;
  opened o(files, 4'096, options);
  const auto old = o.make("old"), gone = o.make("gone", 1, {{"retention.ms", "1"}}), kept = o.make("kept");
  const auto put = [&](const std::shared_ptr<topic>& t, std::size_t size, std::int64_t time_ms) {
    ASSERT_EQ(o.put_batch(t, kafka::make_batch({{"key", std::string(size, 'x'), time_ms}})), opened::outcome::stored);
  };
  for (int i = 0; i < 15; ++i) put(old, 2'000, 1'000);
  for (int i = 0; i < 20; ++i) {
    put(gone, 500, 2'000);
    if (i % 5 == 0) put(kept, 10, 2'000);
  }
  for (int i = 0; i < 30; ++i) put(gone, 500, 3'000);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(o.housekeeping());
  ASSERT_GT(kept->partitions[0]->cleaned().end, 0) << "moved out of segments behind those of old";
  for (int i = 0; i < 25; ++i) put(old, 2'000, 4'000);
  ASSERT_GT(o.store->disk_bytes(), 70'000U);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(o.housekeeping());
  EXPECT_LE(o.store->disk_bytes(), 70'000U);
  EXPECT_EQ(values(*kept).size(), 4U);
  EXPECT_GT(old->partitions[0]->log_start(), 0);
}

TEST(retention, the_disk_limit_takes_the_oldest_but_nothing_of_compacted_topics) {
  os::sim_file_system files;
  store_options options;
  options.retention_ms = -1;
  options.disk_bytes_max = 30'000;
  opened o(files, 4'096, options);
  const auto first = o.make("first"), second = o.make("second"),
             table = o.make("table", 1, {{"cleanup.policy", "compact"}});
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(o.put_batch(table, batch_of({{"k" + std::to_string(i), std::string(200, 't'), 1}})),
              opened::outcome::stored);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(o.put(first, std::string(200, '1')), opened::outcome::stored);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(o.put(second, std::string(200, '2')), opened::outcome::stored);
  EXPECT_GT(o.store->disk_bytes(), 30'000U);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(o.housekeeping());
  EXPECT_LE(o.store->disk_bytes(), 30'000U);
  EXPECT_EQ(records(*table).size(), 10U);
  EXPECT_GT(first->partitions[0]->log_start(), 0);
  EXPECT_EQ(second->partitions[0]->log_start(), 0);
  EXPECT_GT(o.store->cleaning().bytes_over_limit_deleted, 0U);
  const auto left = values(*first).size();
  ASSERT_TRUE(o.store->close());
  opened again(files, 4'096, options);
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(records(*again.store->find("table")).size(), 10U);
  EXPECT_EQ(values(*again.store->find("first")).size(), left);
}

// What is to be kept goes only where nothing else makes enough space.
TEST(retention, the_disk_limit_empties_segments_before_it_takes_what_is_kept) {
  os::sim_file_system files;
  store_options options;
  options.retention_ms = -1;
  options.disk_bytes_max = 30'000;
  opened o(files, 4'096, options);
  const auto kept = o.make("kept"), gone = o.make("gone", 1, {{"retention.ms", "1"}});
  std::vector<std::string> all;
  const auto put_kept = [&] {
    all.push_back(std::to_string(all.size()) + std::string(300, 'k'));
    ASSERT_EQ(o.put(kept, all.back()), opened::outcome::stored);
  };
  for (int i = 0; i < 40; ++i) {
    put_kept();
    ASSERT_EQ(o.put(gone, std::string(500, 'x')), opened::outcome::stored);
  }
  EXPECT_GT(o.store->disk_bytes(), 30'000U);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(o.housekeeping());
  EXPECT_LE(o.store->disk_bytes(), 30'000U);
  EXPECT_EQ(values(*kept), all);
  EXPECT_EQ(o.store->cleaning().bytes_over_limit_deleted, 0U);
  for (int i = 0; i < 60; ++i) put_kept();  // nothing else is there now
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(o.housekeeping());
  EXPECT_LE(o.store->disk_bytes(), 30'000U);
  EXPECT_GT(kept->partitions[0]->log_start(), 0);
}

// No checkpoint has room, so none knows of the compaction; that what expired can go all the same, the log tells.
TEST(retention, makes_space_on_a_full_disk_after_a_compaction) {
  os::sim_file_system files;
  {
    opened o(files, 4'096);
    const auto t = o.make("t", 1, eager), gone = o.make("gone", 1, {{"retention.ms", "-1"}});
    bool done = false;
    o.store->append_state("\x10" + std::string(60'000, 's'), [&](bool) { done = true; });
    ASSERT_TRUE(o.wait(done));
    for (int i = 0; i < 20; ++i) ASSERT_EQ(o.put(gone, std::string(1'000, 'x')), opened::outcome::stored);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(o.housekeeping());
    std::uint64_t used = 0;
    for (const std::string& name : *files.list("/bus"))
      used += *(*files.open("/bus/" + name, os::open_mode::read))->size();
    files.limit_space(used + 6'000);
    for (const char* value : {"0", "1", "2"})
      ASSERT_EQ(o.put_batch(t, batch_of({{"a", value, 1}})), opened::outcome::stored);
    ASSERT_TRUE(o.housekeeping(false)) << o.fault.error().message;
    ASSERT_EQ(o.store->cleaning().runs, 1U);
    done = false;
    o.store->set_configs(gone->id, {{"retention.ms", "1"}}, [&](bool) { done = true; });
    ASSERT_TRUE(o.wait(done));
    ASSERT_TRUE(o.housekeeping(false));
    EXPECT_TRUE(comes_down_to(2, ".log", files));
    EXPECT_EQ(o.put(gone, std::string(12'000, 'y')), opened::outcome::stored);
  }
  files.crash(1);
  opened again(files, 4'096);
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(records(*again.store->find("t")), (std::vector<kept_record>{{1, "a", "1"}, {2, "a", "2"}}));
  EXPECT_EQ(records(*again.store->find("gone")).back().value, std::string(12'000, 'y'));
}

// A run names a segment that stays as it is; its records expire while that is on its way to the disk.
TEST(compaction, finds_what_it_names_wherever_the_power_goes) {
  bool is_cut = true;
  for (std::uint64_t point = 0; is_cut; ++point) {
    SCOPED_TRACE("power cut at operation " + std::to_string(point));
    os::sim_file_system files;
    {
      opened o(files, 4'096);
      const auto slow = o.make("kept", 1, {{"retention.ms", "-1"}}), gone = o.make("gone", 1, {{"retention.ms", "1"}});
      const auto put = [&] {
        ASSERT_EQ(o.put(slow, "x"), opened::outcome::stored);
        for (int i = 0; i < 10; ++i) ASSERT_EQ(o.put(gone, std::string(500, 'x')), opened::outcome::stored);
      };
      put();
      ASSERT_TRUE(o.housekeeping());
      ASSERT_EQ(slow->partitions[0]->cleaned().segments.size(), 1U);
      put();
      o.store->delete_expired();
      bool done = false;
      o.store->set_configs(slow->id, {{"retention.ms", "1"}}, [&](bool) { done = true; });
      ASSERT_TRUE(o.wait(done));
      files.cut_power_after(point);
      const auto go_on = [&] {
        o.fault = o.store->collect();
        std::this_thread::yield();
        return o.fault && !files.is_cut();
      };
      o.store->retire();
      while (o.store->cleaning().runs < 2 && go_on()) {
      }
      if (o.fault) o.store->delete_expired();
      if (o.fault) o.store->retire();
      for (int i = 0; i < 10'000 && o.fault && o.store->unused_segments() > 0 && go_on(); ++i) {
      }
      do {
        o.store->submit();
      } while (go_on() && (!o.store->idle() || o.store->unused_segments() > 0));
      is_cut = files.is_cut();
    }
    files.crash(point + 1);
    opened again(files, 4'096);
    ASSERT_TRUE(again.store) << again.why;
    EXPECT_TRUE(again.store->recovery().missing.empty());
  }
}

TEST(compaction, an_error_at_any_write_of_it_loses_nothing) {
  using operation = os::sim_file_system::operation;
  for (const auto broken : {operation::write, operation::sync, operation::change_name}) {
    os::sim_file_system files;
    opened o(files);
    const auto t = o.make("t", 1, eager);
    for (const char* value : {"0", "1", "2"})
      ASSERT_EQ(o.put_batch(t, batch_of({{"a", value, 1}})), opened::outcome::stored);
    files.fail_when(
        [broken](operation what, const std::string& path) { return what == broken && path.contains(".clean"); });
    ASSERT_TRUE(o.housekeeping()) << o.fault.error().message;
    EXPECT_EQ(o.store->cleaning().failed_runs, 1U);
    EXPECT_EQ(records(*t).size(), 3U);
    ASSERT_EQ(o.put_batch(t, batch_of({{"b", "3", 1}})), opened::outcome::stored);
    files.fail_when(nullptr);
    ASSERT_TRUE(o.housekeeping());
    EXPECT_EQ(records(*t), (std::vector<kept_record>{{2, "a", "2"}, {3, "b", "3"}}));
  }
}

// A run is all or nothing: what has room for itself must not wait for what has none.
TEST(compaction, of_one_partition_goes_on_where_there_is_no_space_for_all) {
  os::sim_file_system files;
  opened o(files, 4'096);
  const auto slow = o.make("kept", 1, {{"retention.ms", "-1"}}), gone = o.make("gone", 1, {{"retention.ms", "1"}});
  const auto t = o.make("t", 1, eager);
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(o.put(gone, std::string(3'000, 'x')), opened::outcome::stored);
    ASSERT_EQ(o.put(slow, std::string(400, 'y')), opened::outcome::stored);
    ASSERT_EQ(o.put_batch(t, batch_of({{"k", std::to_string(i), i}})), opened::outcome::stored);
  }
  std::uint64_t used = 0;
  for (const std::string& name : *files.list("/bus"))
    used += *(*files.open("/bus/" + name, os::open_mode::read))->size();
  files.limit_space(used + 3'000);
  for (int look = 0; look < 10 && records(*t).size() > 2; ++look) ASSERT_TRUE(o.housekeeping(false));
  EXPECT_EQ(records(*t).size(), 2U);
  EXPECT_EQ(values(*slow).size(), 40U);
}

TEST(compaction, a_full_disk_puts_it_off) {
  os::sim_file_system files;
  opened o(files);
  const auto t = o.make("t", 1, eager);
  for (const char* value : {"0", "1", "2"})
    ASSERT_EQ(o.put_batch(t, batch_of({{"a", value + std::string(5'000, 'x'), 1}})), opened::outcome::stored);
  files.limit_space(1);
  ASSERT_TRUE(o.housekeeping(false)) << o.fault.error().message;
  EXPECT_EQ(records(*t).size(), 3U);
  files.limit_space(UINT64_MAX);
  ASSERT_TRUE(o.housekeeping());
  EXPECT_EQ(records(*t).size(), 2U);
}

}  // namespace
}  // namespace mes::bus::log
