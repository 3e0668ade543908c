// What must hold of compaction is Apache Kafka's documentation of it ("Log Compaction": order and offsets stay, the
// last value of a key stays, tombstones stay for delete.retention.ms).
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "bus/log/key_map.h"
#include "bus/log/test_cleaning.h"
#include "wire/kafka/compression.h"
#include "wire/kafka/end_marker.h"

namespace mes::bus::log {
namespace {

using namespace test_support;

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

// As a producer writes it: the header says the codec, the records are compressed.
std::string packed_batch(const std::vector<kafka::record_to_write>& records, kafka::compression codec) {
  const std::string plain = batch_of(records);
  const auto packed = kafka::compress(codec, std::string_view(plain).substr(kafka::batch_header::size));
  EXPECT_TRUE(packed);
  std::string bytes = plain.substr(0, kafka::batch_header::size) + packed.value_or("");
  bytes[22] = static_cast<char>(codec);
  kafka::writer size;
  size.int32(static_cast<std::int32_t>(bytes.size() - kafka::batch_header::prefix));
  std::ranges::copy(size.buffer(), bytes.begin() + 8);
  kafka::set_log_append_time(bytes.data(), bytes.size(), 5);  // also sums it
  EXPECT_TRUE(kafka::check_batch(bytes));
  return bytes;
}

TEST(compaction, keeps_each_codec) {
  os::sim_file_system files;
  opened o(files);
  for (const auto codec :
       {kafka::compression::gzip, kafka::compression::snappy, kafka::compression::lz4, kafka::compression::zstd}) {
    const auto t = o.make("t" + std::to_string(static_cast<int>(codec)), 1, eager);
    ASSERT_EQ(o.put_batch(t, packed_batch({{"a", "a0", 1}, {"b", std::string(500, 'b'), 2}}, codec)),
              opened::outcome::stored);
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

// Of one producer aborted ones between committed ones, and of two at the same time.
TEST(compaction, knows_which_of_many_transactions_were_aborted) {
  os::sim_file_system files;
  opened o(files);
  const auto t = o.make("t", 1, eager);
  std::int32_t sequence = 0;
  std::vector<std::string> expected;
  for (int round = 0; round < 40; ++round) {
    const auto is_aborted = [&](std::int64_t producer) { return (round + producer) % 3 == 0; };
    for (const std::int64_t producer : {2, 1, 2}) {
      kafka::batch_header h;
      h.attributes = 16;
      h.producer_id = producer;
      h.producer_epoch = 0;
      h.base_sequence = sequence++;
      const std::string value = std::to_string(round) + " of " + std::to_string(producer);
      ASSERT_EQ(o.put_batch(t, batch_of({{std::to_string(sequence), value, 1}}, h)), opened::outcome::stored);
      if (!is_aborted(producer)) expected.push_back(value);
    }
    for (const std::int64_t producer : {1, 2}) {
      const auto what = is_aborted(producer) ? kafka::end_marker::abort : kafka::end_marker::commit;
      ASSERT_EQ(o.put_batch(t, kafka::make_end_marker({producer, 0, what, 0, 1})), opened::outcome::stored);
    }
  }
  ASSERT_EQ(o.put_batch(t, batch_of({{"end", "x", 1}})), opened::outcome::stored);
  ASSERT_TRUE(o.housekeeping());
  EXPECT_EQ(o.store->cleaning().records_dropped, 3U * 40 - expected.size());
  std::vector<std::string> kept;
  for (const kept_record& r : records(*t))
    if (r.value.contains(" of ")) kept.push_back(r.value);
  EXPECT_EQ(kept, expected);
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

// It stays, and so do deletes behind it: without them a key would have the value again that it has in there.
TEST(compaction, of_others_goes_on_beside_a_batch_that_is_too_large_to_be_unpacked) {
  os::sim_file_system files;
  store_options options;
  options.cleaner_batch_bytes_max = 100'000;
  opened o(files, 1 << 20, options);
  const auto t = o.make("t", 1, with(eager, {{"delete.retention.ms", "0"}}));
  const std::string large(100'000, 'x');
  const auto put = [&](const std::string& batch) { ASSERT_EQ(o.put_batch(t, batch), opened::outcome::stored); };
  put(batch_of({{"b", "b0", 1}}));
  put(batch_of({{"d", std::nullopt, 1}}));
  put(packed_batch({{"a", large, 1}}, kafka::compression::zstd));
  for (const char* value : {"b1", "b2"}) put(batch_of({{"b", value, 1}}));
  put(batch_of({{"a", std::nullopt, 1}}));
  put(batch_of({{"end", "x", 1}}));
  for (int run = 0; run < 3; ++run) {
    ASSERT_TRUE(o.housekeeping());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // deletes may go after 0 ms
    put(batch_of({{"end", std::to_string(run), 1}}));
  }
  EXPECT_EQ(o.store->cleaning().uncleanable_partitions, 0U);
  std::map<std::string, std::vector<std::int64_t>> found;
  for (const kept_record& r : records(*t)) found[r.key].push_back(r.offset);
  EXPECT_EQ(found["a"], (std::vector<std::int64_t>{2, 5}));
  EXPECT_EQ(found["b"], (std::vector<std::int64_t>{4}));
  EXPECT_TRUE(found["d"].empty()) << "nothing that is not known lies in front of it";
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

// One of many of which little is left is written anew, and not what the partitions in it have behind it.
TEST(compaction, of_a_cleaned_segment_in_front_leaves_those_behind_it) {
  for (const bool cleanly : {false, true}) {
    os::sim_file_system files;
    std::vector<std::string> kept;
    {
      opened o(files, 16'384);
      const configs for_ever = {{"retention.ms", "-1"}};
      const auto temp = o.make("temp", 1, for_ever), archive = o.make("archive", 1, for_ever);
      const auto gone = o.make("gone", 1, {{"retention.ms", "1"}});
      const auto put = [&](bool archived) {
        for (int i = 0; i < 12; ++i) ASSERT_EQ(o.put(gone, std::string(1'000, 'x')), opened::outcome::stored);
        if (archived) kept.push_back(std::to_string(kept.size()) + std::string(500, 'a'));
        ASSERT_EQ(o.put(archived ? archive : temp, archived ? kept.back() : std::string(1'000, 't')),
                  opened::outcome::stored);
      };
      const auto moved = [&](int rounds, bool archived) {
        for (int i = 0; i < rounds; ++i) put(archived);
        for (int i = 0; i < 3; ++i) ASSERT_TRUE(o.housekeeping());
      };
      put(true);
      moved(20, false);
      for (int i = 0; i < 5; ++i) moved(30, true);
      ASSERT_GT(archive->partitions[0]->cleaned().segments.size(), 4U);
      const auto before = o.store->cleaning().bytes_written;
      const auto segments = archive->partitions[0]->cleaned().segments;
      bool done = false;
      o.store->delete_topic(temp->id, [&](bool) { done = true; });
      ASSERT_TRUE(o.wait(done));
      for (int i = 0; i < 3; ++i) ASSERT_TRUE(o.housekeeping());
      EXPECT_LT(o.store->cleaning().bytes_written - before, 4'096U);
      const auto now = archive->partitions[0]->cleaned().segments;
      ASSERT_EQ(now.size(), segments.size());
      EXPECT_NE(now.front(), segments.front());
      EXPECT_TRUE(std::equal(now.begin() + 1, now.end(), segments.begin() + 1));
      EXPECT_EQ(values(*archive), kept);
      if (cleanly) ASSERT_TRUE(o.store->close());
    }
    if (!cleanly) files.crash(1);
    opened again(files, 16'384);
    ASSERT_TRUE(again.store) << again.why;
    EXPECT_EQ(values(*again.store->find("archive")), kept);
  }
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

}  // namespace
}  // namespace mes::bus::log
