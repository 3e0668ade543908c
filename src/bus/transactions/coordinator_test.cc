#include "bus/transactions/coordinator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "os/sim_file_system.h"

namespace mes::bus::transactions {
namespace {

namespace kafka = wire::kafka;
using kafka::error_code;

// A log with the coordinator on it, and the offsets that transactions have committed.
struct bench : log::state_machine {
  std::unique_ptr<net::poller> loop = std::move(*net::poller::make());
  observe::logger log{"test", observe::level::error};
  std::int64_t now_ms = 1'000'000;
  std::int64_t next_id;
  std::map<std::string, group_offsets> committed;
  std::size_t applied_bytes = 0;
  coordinator txns;
  std::unique_ptr<log::store> store;
  std::string why;
  result<void> fault;

  explicit bench(os::file_system& files, std::int64_t first_id = 100, std::uint32_t segment_bytes = 1 << 20)
      : next_id(first_id),
        txns({}, *loop,
             {[this](std::function<void(std::int64_t)> use) { use(next_id++); },
              [this](const std::string& group, const group_offsets& offsets) {
                for (const auto& [where, o] : offsets) committed[group][where] = o;
              },
              [this] { return now_ms; }},
             log) {
    log::store_options options;
    options.files = &files;
    options.directory = "/bus";
    options.segment_bytes = segment_bytes;
    options.notify = [] {};
    auto opened = log::store::open(options, *this, log);
    if (!opened) {
      why = opened.error().message;
      return;
    }
    store = std::move(*opened);
    txns.start(*store);
    settle();
  }

  void apply(std::string_view payload) override {
    applied_bytes += payload.size();
    txns.apply(payload);
  }
  void topic_deleted(const std::string& topic) override { txns.topic_deleted(topic); }
  void snapshot(kafka::writer& out) const override {
    out.varuint(static_cast<std::uint32_t>(committed.size()));
    for (const auto& [group, offsets] : committed) {
      out.string(true, group);
      write_offsets(out, offsets);
    }
    txns.snapshot(out);
  }
  bool restore(kafka::reader& in, std::int8_t) override {
    for (std::uint32_t i = 0, n = in.varuint(); i < n && in.ok(); ++i) {
      const std::string group(in.string(true));
      read_offsets(in, committed[group]);
    }
    return txns.restore(in);
  }

  // Submits, and waits until `done` or a fatal error.
  void wait(const bool& done) {
    store->submit();
    while (!done && fault) {
      fault = store->collect();
      store->submit();
      std::this_thread::yield();
    }
  }
  void settle() {
    bool done = false;
    store->when_durable([&](bool) { done = true; });
    wait(done);
  }

  std::shared_ptr<log::topic> make_topic() {
    bool done = false;
    store->create_topic("t", 2, {}, [&](bool) { done = true; });
    wait(done);
    return store->find("t");
  }
  producer_result init(const std::string& id = "x", std::optional<producer_claim> expected = {}) {
    producer_result r{error_code::unknown_server_error, {}};
    bool done = false;
    txns.init({id, 60'000, expected}, [&](producer_result got) {
      r = got;
      done = true;
    });
    wait(done);
    return r;
  }
  producer_result end(producer_claim claim, bool commit, bool v2 = true, const std::string& id = "x") {
    producer_result r{error_code::unknown_server_error, {}};
    bool done = false;
    txns.end({id, claim, commit, v2}, [&](producer_result got) {
      r = got;
      done = true;
    });
    wait(done);
    return r;
  }
  error_code add_offsets(producer_claim claim, const std::string& group, std::int64_t offset, bool may_add = true) {
    error_code e = error_code::unknown_server_error;
    bool done = false;
    txns.add_offsets("x", claim, group, {{{"in", 0}, {offset, -1, "", 0}}}, may_add, [&](error_code got) {
      e = got;
      done = true;
    });
    wait(done);
    return e;
  }
  // Produces one record as handlers/produce.cc does; whether it is stored.
  error_code put(producer_claim claim, std::int32_t index, const std::string& value, std::int32_t sequence,
                 bool v2 = true) {
    const auto t = store->find("t");
    if (const auto e = txns.check_produce("x", claim, {t->id, index}, v2); e != error_code::none) return e;
    kafka::batch_header h;
    h.attributes = 16;
    h.producer_id = claim.id;
    h.producer_epoch = claim.epoch;
    h.base_sequence = sequence;
    std::string batch = kafka::make_batch({{"key", value, 1'000}}, h);
    const auto header = *kafka::peek_batch(batch);
    const auto known = t->partitions[static_cast<std::size_t>(index)]->producers().check(header, v2);
    if (!known) return known.error();
    if (!*known) store->append(t, index, batch.data(), header);
    bool done = false, stored = false;
    store->when_durable([&](bool ok) {
      done = true;
      stored = ok;
    });
    wait(done);
    return stored ? error_code::none : error_code::kafka_storage_error;
  }

  // What a consumer of committed records sees: reads to the last stable offset and leaves out what was aborted, as
  // Kafka's consumer does.
  std::vector<std::string> read_committed(std::int32_t index) const {
    const log::partition& p = *store->find("t")->partitions[static_cast<std::size_t>(index)];
    std::vector<std::string> seen;
    std::vector<kafka::external_bytes> parts;
    const auto got = p.read(p.log_start(), 1 << 20, true, parts, p.last_stable_offset());
    auto aborted = p.producers().aborted(p.log_start(), got.end);
    std::ranges::sort(aborted, {}, &log::aborted_transaction::first_offset);
    std::set<std::int64_t> leave_out;
    std::size_t next = 0;
    for (const auto& part : parts) {
      std::string bytes(part.size, '\0');
      EXPECT_TRUE(static_cast<const log::segment*>(part.source.get())->file->pread(part.position, bytes));
      const auto h = *kafka::peek_batch(bytes);
      for (; next < aborted.size() && aborted[next].first_offset <= h.last_offset(); ++next)
        leave_out.insert(aborted[next].producer_id);
      if (const auto marker = kafka::read_end_marker(bytes)) {
        leave_out.erase(h.producer_id);
        continue;
      }
      if (leave_out.contains(h.producer_id)) continue;
      kafka::for_each_record(bytes, 1 << 20, [&](const kafka::record_view& r) {
        seen.emplace_back(*r.value);
        return true;
      });
    }
    return seen;
  }
  std::int64_t offset_of(const std::string& group) const {
    const auto it = committed.find(group);
    return it == committed.end() ? -1 : it->second.at({"in", 0}).offset;
  }
  bool all_stable() const {
    return std::ranges::all_of(store->find("t")->partitions,
                               [](const auto& p) { return p->last_stable_offset() == p->high_watermark(); });
  }
};

using strings = std::vector<std::string>;

TEST(transactions, show_all_of_it_at_the_commit_and_nothing_before) {
  os::sim_file_system files;
  bench b(files);
  b.make_topic();
  const producer_claim p = b.init().producer;
  EXPECT_EQ(p.id, 100);
  EXPECT_EQ(p.epoch, 0);
  ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
  ASSERT_EQ(b.put(p, 1, "b", 0), error_code::none);
  ASSERT_EQ(b.add_offsets(p, "g", 17), error_code::none);
  EXPECT_EQ(b.read_committed(0), strings{});
  EXPECT_EQ(b.offset_of("g"), -1);
  EXPECT_TRUE(b.txns.has_pending_offset("g", {"in", 0}));
  EXPECT_FALSE(b.txns.has_pending_offset("g", {"in", 1}));
  EXPECT_FALSE(b.txns.has_pending_offset("h", {"in", 0}));
  const auto ended = b.end(p, true);
  EXPECT_EQ(ended.error, error_code::none);
  EXPECT_EQ(ended.producer.epoch, 1);
  EXPECT_EQ(b.read_committed(0), strings{"a"});
  EXPECT_EQ(b.read_committed(1), strings{"b"});
  EXPECT_EQ(b.offset_of("g"), 17);
  EXPECT_FALSE(b.txns.has_pending_offset("g", {"in", 0}));
  EXPECT_EQ(b.end(p, true).error, error_code::none) << "a retry";
  EXPECT_EQ(b.store->find("t")->partitions[0]->high_watermark(), 2) << "writes no second marker";
  EXPECT_EQ(b.put(p, 0, "late", 1), error_code::producer_fenced);
  EXPECT_EQ(b.put({100, 1}, 0, "c", 0), error_code::none);
}

TEST(transactions, show_nothing_of_what_was_aborted) {
  os::sim_file_system files;
  bench b(files);
  b.make_topic();
  producer_claim p = b.init().producer;
  ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
  ASSERT_EQ(b.add_offsets(p, "g", 17), error_code::none);
  p = b.end(p, false).producer;
  ASSERT_EQ(b.put(p, 0, "b", 0), error_code::none);
  p = b.end(p, true).producer;
  EXPECT_EQ(b.read_committed(0), strings{"b"});
  EXPECT_EQ(b.offset_of("g"), -1);
  EXPECT_EQ(b.end(p, false).producer.epoch, 3) << "of nothing: only the epoch moves";
}

TEST(transactions, commit_no_offsets_of_a_topic_that_was_deleted_meanwhile) {
  for (const bool cut : {false, true}) {
    os::sim_file_system files;
    producer_claim p;
    {
      bench b(files);
      b.store->create_topic("in", 1, {}, nullptr);
      b.settle();
      p = b.init().producer;
      ASSERT_EQ(b.add_offsets(p, "g", 17), error_code::none);
      b.store->delete_topic(b.store->find("in")->id, nullptr);
      b.settle();
      EXPECT_FALSE(b.txns.has_pending_offset("g", {"in", 0}));
      if (!cut) {
        ASSERT_EQ(b.end(p, true).error, error_code::none);
        EXPECT_EQ(b.offset_of("g"), -1);
        continue;
      }
    }
    files.crash(1);
    bench b(files);
    EXPECT_FALSE(b.txns.has_pending_offset("g", {"in", 0}));
    ASSERT_EQ(b.end(p, true).error, error_code::none);
    EXPECT_EQ(b.offset_of("g"), -1);
  }
}

TEST(transactions, v1_needs_partitions_and_groups_to_be_added) {
  os::sim_file_system files;
  bench b(files);
  const auto t = b.make_topic();
  const producer_claim p = b.init().producer;
  EXPECT_EQ(b.put(p, 0, "a", 0, false), error_code::transaction_abortable);
  EXPECT_EQ(b.add_offsets(p, "g", 1, false), error_code::transaction_abortable);
  EXPECT_EQ(b.end(p, true, false).error, error_code::invalid_txn_state);
  std::vector<error_code> answers;
  b.txns.add_partitions("x", p, {{t->id, 0}}, [&](error_code e) { answers.push_back(e); });
  b.txns.add_group("x", p, "g", [&](error_code e) { answers.push_back(e); });
  b.txns.add_partitions("x", p, {{t->id, 0}}, [&](error_code e) { answers.push_back(e); });
  EXPECT_TRUE(answers.empty()) << "not durable yet";
  b.settle();
  EXPECT_EQ(answers, std::vector<error_code>(3, error_code::none));
  EXPECT_EQ(b.put(p, 0, "a", 0, false), error_code::none);
  EXPECT_EQ(b.put(p, 1, "b", 0, false), error_code::transaction_abortable);
  EXPECT_EQ(b.add_offsets(p, "g", 1, false), error_code::none);
  const auto ended = b.end(p, true, false);
  EXPECT_EQ(ended.error, error_code::none);
  EXPECT_EQ(ended.producer.epoch, 0);
  EXPECT_EQ(b.offset_of("g"), 1);
  EXPECT_EQ(b.read_committed(0), strings{"a"});
}

TEST(transactions, write_what_is_added_once) {
  constexpr std::size_t name_bytes = 1'000, groups = 100;
  os::sim_file_system files;
  producer_claim p;
  std::string name(name_bytes, 'g');
  {
    bench b(files);
    const auto t = b.make_topic();
    p = b.init().producer;
    error_code last{};
    const auto add_group = [&] {
      b.txns.add_group("x", p, name, [&](error_code e) { last = e; });
      b.settle();
    };
    b.applied_bytes = 0;
    for (std::size_t i = 0; i < groups; ++i) {
      name.replace(0, 3, std::to_string(100 + i));
      add_group();
      ASSERT_EQ(last, error_code::none);
    }
    for (std::int32_t index = 0; index < 2; ++index) b.txns.add_partitions("x", p, {{t->id, index}}, [](error_code) {});
    b.settle();
    EXPECT_LT(b.applied_bytes, groups * name_bytes * 2);
    for (int i = 0; i < 40; ++i) {
      name.assign(32'000, static_cast<char>('A' + i));
      add_group();
    }
    EXPECT_EQ(last, error_code::unknown_server_error) << "there is a bound";
  }
  files.crash(1);
  bench b(files, 200);
  const transaction& x = *b.txns.find("x");
  EXPECT_EQ(x.partitions.size(), 2U);
  EXPECT_GE(x.groups.size(), groups);
  EXPECT_LT(x.groups.size(), groups + 40);
  EXPECT_EQ(b.end(p, true, false).error, error_code::none);
}

TEST(transactions, of_older_logs_get_their_partitions_one_by_one) {
  os::sim_file_system files;
  producer_claim p;
  {
    bench b(files);
    const auto t = b.make_topic();
    p = b.init().producer;
    ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
    kafka::writer out;
    out.int8(static_cast<std::int8_t>(change::partition));
    out.string(true, "x");
    out.uuid(t->id);
    out.int32(1);
    b.store->append_state(std::move(out.buffer()), nullptr);
    b.settle();
  }
  files.crash(1);
  bench b(files, 200);
  EXPECT_EQ(b.put(p, 1, "b", 0, false), error_code::none);
}

TEST(transactions, a_new_instance_aborts_and_fences_the_old_one) {
  os::sim_file_system files;
  bench b(files);
  b.make_topic();
  const producer_claim old = b.init().producer;
  ASSERT_EQ(b.put(old, 0, "old", 0), error_code::none);
  EXPECT_EQ(b.init().error, error_code::concurrent_transactions);
  EXPECT_TRUE(b.all_stable());
  const producer_claim fresh = b.init().producer;
  EXPECT_EQ(fresh.id, old.id);
  EXPECT_EQ(fresh.epoch, 2) << "1 was the abort's";
  EXPECT_EQ(b.put(old, 0, "zombie", 1), error_code::producer_fenced);
  EXPECT_EQ(b.end(old, true).error, error_code::producer_fenced);
  EXPECT_EQ(b.add_offsets(old, "g", 1), error_code::producer_fenced);
  ASSERT_EQ(b.put(fresh, 0, "new", 0), error_code::none);
  ASSERT_EQ(b.end(fresh, true).error, error_code::none);
  EXPECT_EQ(b.read_committed(0), strings{"new"});
}

TEST(transactions, time_out_and_are_aborted) {
  os::sim_file_system files;
  bench b(files);
  b.make_topic();
  const producer_claim p = b.init().producer;
  ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
  b.txns.expire(b.now_ms + 60'000);
  b.settle();
  EXPECT_EQ(b.txns.find("x")->state, state::ongoing);
  b.txns.expire(b.now_ms + 60'001);
  b.settle();
  EXPECT_EQ(b.txns.find("x")->state, state::complete_abort);
  EXPECT_EQ(b.txns.stats().timed_out, 1U);
  EXPECT_TRUE(b.all_stable());
  EXPECT_EQ(b.end(p, true).error, error_code::invalid_txn_state);
  EXPECT_EQ(b.end(p, true, false).error, error_code::producer_fenced);
  EXPECT_EQ(b.end(p, false).producer.epoch, 1) << "its producer may take note of the abort and go on";
}

TEST(transactions, refuse_what_does_not_fit) {
  os::sim_file_system files;
  bench b(files);
  b.make_topic();
  EXPECT_EQ(b.init("").error, error_code::invalid_request);
  error_code e{};
  b.txns.init({"x", 900'001, {}}, [&](producer_result r) { e = r.error; });
  EXPECT_EQ(e, error_code::invalid_transaction_timeout);
  b.txns.init({"x", 0, {}}, [&](producer_result r) { e = r.error; });
  EXPECT_EQ(e, error_code::invalid_transaction_timeout);
  EXPECT_EQ(b.end({1, 0}, true).error, error_code::invalid_producer_id_mapping);
  EXPECT_EQ(b.put({1, 0}, 0, "a", 0), error_code::invalid_producer_id_mapping);
  const producer_claim p = b.init().producer;
  EXPECT_EQ(b.put({p.id + 1, 0}, 0, "a", 0), error_code::invalid_producer_id_mapping);
  EXPECT_EQ(b.put(p, 0, "a", 1), error_code::out_of_order_sequence_number);
}

TEST(transactions, ids_that_are_not_used_expire) {
  os::sim_file_system files;
  bench b(files);
  b.make_topic();
  b.init("old");
  const producer_claim p = b.init().producer;
  ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
  b.txns.expire_ids(b.now_ms + 604'800'000);
  b.settle();
  EXPECT_FALSE(b.txns.find("old"));
  EXPECT_TRUE(b.txns.find("x")) << "open";
}

TEST(transactions, an_id_that_expires_is_let_go_of_before_it_is_used_again) {
  os::sim_file_system files;
  bench b(files);
  const auto t = b.make_topic();
  const producer_claim old = b.init().producer;
  b.txns.expire_ids(b.now_ms + 604'800'000);
  std::vector<error_code> answers;
  b.txns.add_partitions("x", old, {{t->id, 0}}, [&](error_code e) { answers.push_back(e); });
  b.txns.end({"x", old, false, true}, [&](producer_result r) { answers.push_back(r.error); });
  b.txns.init({"x", 60'000, {}}, [&](producer_result r) { answers.push_back(r.error); });
  EXPECT_EQ(answers, std::vector<error_code>(3, error_code::concurrent_transactions));
  b.settle();
  EXPECT_EQ(b.put(old, 0, "a", 0), error_code::invalid_producer_id_mapping);
  const auto fresh = b.init();
  EXPECT_EQ(fresh.error, error_code::none);
  EXPECT_NE(fresh.producer.id, old.id);
  EXPECT_EQ(b.put(fresh.producer, 0, "a", 0), error_code::none);
}

TEST(transactions, a_full_disk_leaves_them_as_they_were) {
  os::sim_file_system files;
  bench b(files, 100, 256);  // files of their own for nearly every frame: none has room left
  b.make_topic();
  const producer_claim p = b.init().producer;
  ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
  ASSERT_EQ(b.add_offsets(p, "g", 17), error_code::none);
  files.limit_space(0);
  EXPECT_EQ(b.end(p, true).error, error_code::coordinator_not_available);
  EXPECT_EQ(b.txns.find("x")->state, state::ongoing);
  EXPECT_EQ(b.put(p, 1, "b", 0), error_code::kafka_storage_error);
  EXPECT_EQ(b.txns.find("x")->partitions.size(), 1U);
  EXPECT_EQ(b.init("y").error, error_code::coordinator_not_available);
  EXPECT_FALSE(b.txns.find("y"));
  EXPECT_EQ(b.read_committed(0), strings{});
  files.limit_space(UINT64_MAX);
  EXPECT_EQ(b.end(p, true).error, error_code::none);
  EXPECT_EQ(b.read_committed(0), strings{"a"});
  EXPECT_EQ(b.offset_of("g"), 17);
}

TEST(transactions, are_there_after_a_clean_stop) {
  os::sim_file_system files;
  producer_claim p;
  {
    bench b(files);
    b.make_topic();
    p = b.init().producer;
    ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
    ASSERT_EQ(b.end(p, false).error, error_code::none);
    p.epoch = 1;
    ASSERT_EQ(b.put(p, 0, "b", 0), error_code::none);
    ASSERT_EQ(b.add_offsets(p, "g", 17), error_code::none);
    ASSERT_TRUE(b.store->close());
  }
  bench b(files, 200);
  ASSERT_TRUE(b.store) << b.why;
  EXPECT_EQ(b.store->recovery().scanned_bytes, 0U);
  EXPECT_EQ(b.txns.find("x")->state, state::ongoing);
  EXPECT_TRUE(b.txns.has_pending_offset("g", {"in", 0}));
  EXPECT_EQ(b.read_committed(0), strings{});
  ASSERT_EQ(b.put(p, 0, "c", 1), error_code::none);
  ASSERT_EQ(b.end(p, true).error, error_code::none);
  EXPECT_EQ(b.read_committed(0), (strings{"b", "c"}));
  EXPECT_EQ(b.offset_of("g"), 17);
}

// What a run of a few transactions has told its client before the power went.
struct told {
  bool committed = false, aborted = false;
};

told run_until_cut(os::sim_file_system& files, std::uint32_t segment_bytes) {
  told t;
  bench b(files, 100, segment_bytes);
  if (!b.store || !b.fault || !b.make_topic()) return t;
  producer_claim p = b.init().producer;
  const std::string filler(100, 'x');
  const auto ok = [&](error_code e) { return e == error_code::none && b.fault; };
  if (!ok(b.put(p, 0, "a" + filler, 0)) || !ok(b.put(p, 1, "a" + filler, 0)) || !ok(b.add_offsets(p, "g", 17)))
    return t;
  auto ended = b.end(p, true);
  if (!ok(ended.error)) return t;
  t.committed = true;
  p = ended.producer;
  if (!ok(b.put(p, 1, "b" + filler, 0)) || !ok(b.put(p, 0, "b" + filler, 0)) || !ok(b.add_offsets(p, "g", 18)))
    return t;
  ended = b.end(p, false);
  if (!ok(ended.error)) return t;
  t.aborted = true;
  p = ended.producer;
  if (ok(b.put(p, 0, "c" + filler, 0))) (void)b.store->close();
  return t;
}

// Walks through every point at which the power can go: what is committed is so in all partitions and offsets.
void walk_through_power_cuts(std::uint32_t segment_bytes) {
  bool any_committed = false, any_aborted = false;
  for (std::uint64_t point = 0, seed = 1;; ++point, ++seed) {
    os::sim_file_system files;
    files.cut_power_after(point);
    const told t = run_until_cut(files, segment_bytes);
    if (!files.is_cut()) break;
    files.crash(seed);
    strings first[2];
    for (int round = 0; round < 2; ++round) {
      bench b(files, 200, segment_bytes);
      ASSERT_TRUE(b.store) << "point " << point << ": " << b.why;
      if (!b.store->find("t")) {
        ASSERT_FALSE(t.committed);
        break;
      }
      const transaction* x = b.txns.find("x");
      ASSERT_FALSE(x && x->decided()) << "point " << point;
      const bool open = x && x->state == state::ongoing;
      EXPECT_TRUE(open || b.all_stable()) << "point " << point;
      if (open) {  // its producer is gone: the next one ends it
        ASSERT_EQ(b.init().error, error_code::concurrent_transactions);
        ASSERT_TRUE(b.all_stable()) << "point " << point;
      }
      const strings seen[2] = {b.read_committed(0), b.read_committed(1)};
      ASSERT_EQ(seen[0].size(), seen[1].size()) << "point " << point;
      ASSERT_LE(seen[0].size(), 1U) << "point " << point;
      for (const strings& values : seen)
        for (const auto& v : values) ASSERT_EQ(v[0], 'a') << "point " << point;
      const bool committed = !seen[0].empty();
      ASSERT_EQ(b.offset_of("g"), committed ? 17 : -1) << "point " << point;
      if (t.committed) ASSERT_TRUE(committed) << "point " << point;
      if (round == 1) ASSERT_EQ(seen[0], first[0]) << "point " << point;
      first[0] = seen[0];
      any_committed = any_committed || committed;
      any_aborted = any_aborted || (t.aborted && committed);
    }
  }
  EXPECT_TRUE(any_committed);
  EXPECT_TRUE(any_aborted);
}

TEST(transactions, are_whole_after_a_power_cut_at_any_point) { walk_through_power_cuts(1 << 20); }
TEST(transactions, are_whole_after_a_power_cut_over_many_segments) { walk_through_power_cuts(1'024); }

// A crash that leaves a given number of the frames of one end: the decision, two markers, the completion.
TEST(transactions, an_end_that_was_cut_anywhere_is_ended_again_or_never_was) {
  for (const bool commit : {true, false}) {
    for (int frames = 0; frames <= 4; ++frames) {
      os::sim_file_system files;
      {
        bench b(files);
        b.make_topic();
        const producer_claim p = b.init().producer;
        ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
        ASSERT_EQ(b.put(p, 1, "a", 0), error_code::none);
        ASSERT_EQ(b.add_offsets(p, "g", 17), error_code::none);
        ASSERT_EQ(b.end(p, commit).error, error_code::none);
      }
      // The last frames go one by one from the back.
      auto file = files.open("/bus/" + log::segment_name(1), os::open_mode::read_write);
      ASSERT_TRUE(file);
      std::string bytes(64 << 10, '\0');
      bytes.resize(*(*file)->pread(0, bytes));
      std::vector<std::size_t> starts;
      for (std::size_t at = log::segment_header_size;;) {
        const auto h = log::read_frame_header(std::string_view(bytes).substr(std::min(at, bytes.size())), 1);
        if (!h) break;
        starts.push_back(at);
        at += log::frame_header_size + h->payload_size;
      }
      ASSERT_GT(starts.size(), 4U);
      if (frames < 4) {
        ASSERT_TRUE((*file)->truncate(starts[starts.size() - 4 + static_cast<std::size_t>(frames)]));
        ASSERT_TRUE((*file)->sync());
      }
      file->reset();
      bench b(files, 200);
      ASSERT_TRUE(b.store) << b.why;
      const state expected = frames == 0 ? state::ongoing : commit ? state::complete_commit : state::complete_abort;
      EXPECT_EQ(b.txns.find("x")->state, expected) << frames;
      EXPECT_EQ(b.all_stable(), frames > 0) << frames;
      const bool committed = commit && frames > 0;
      EXPECT_EQ(b.read_committed(0), committed ? strings{"a"} : strings{}) << frames;
      EXPECT_EQ(b.read_committed(1), committed ? strings{"a"} : strings{}) << frames;
      EXPECT_EQ(b.offset_of("g"), committed ? 17 : -1) << frames;
      if (frames > 0) {
        for (const auto& p : b.store->find("t")->partitions)
          EXPECT_EQ(p->high_watermark(), 2) << "one marker, frames " << frames;
      }
    }
  }
}

}  // namespace
}  // namespace mes::bus::transactions
