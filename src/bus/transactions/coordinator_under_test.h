// A coordinator under test.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bus/transactions/coordinator.h"
#include "os/sim_file_system.h"

namespace mes::bus::transactions {

namespace kafka = wire::kafka;
using kafka::error_code;

// A log with the coordinator on it, and the offsets that transactions have committed.
struct bench : log::state_machine {
  std::unique_ptr<net::poller> loop = std::move(*net::poller::make());
  observe::logger log{"test", observe::level::error};
  std::int64_t now_ms = 1'000'000;
  std::int64_t next_id;
  std::map<std::string, group_offsets> committed;
  std::set<std::string> groups;  // that are made for offsets of open transactions
  std::size_t applied_bytes = 0;
  coordinator txns;
  std::unique_ptr<log::store> store;
  std::string why;
  result<void> fault;

  explicit bench(os::file_system& files, std::int64_t first_id = 100, std::uint32_t segment_bytes = 1 << 20,
                 coordinator_options of_transactions = {})
      : next_id(first_id),
        txns(of_transactions, *loop,
             {[this](std::function<void(std::int64_t)> use) { use(next_id++); },
              [this](const std::string& group) { groups.insert(group); },
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

}  // namespace mes::bus::transactions
