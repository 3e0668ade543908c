// What the tests of the store share: a store on a simulated disk, and what it holds.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bus/log/store.h"
#include "os/sim_file_system.h"

namespace mes::bus::log::test_support {

namespace kafka = wire::kafka;

// Remembers the payloads that were applied: stands for groups and producer ids.
struct memory : state_machine {
  std::vector<std::string> applied;
  void apply(std::string_view payload) override { applied.emplace_back(payload); }
  void snapshot(kafka::writer& out) const override {
    out.varuint(static_cast<std::uint32_t>(applied.size()));
    for (const auto& a : applied) out.bytes(true, a);
  }
  bool restore(kafka::reader& in, std::int8_t) override {
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

  explicit opened(os::file_system& files, std::uint32_t segment_bytes = 1 << 20, store_options options = {}) {
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

  std::shared_ptr<topic> make(const std::string& name, std::int32_t partitions = 1,
                              std::map<std::string, std::string> configs = {}) {
    bool done = false;
    store->create_topic(name, partitions, std::move(configs), [&](bool) { done = true; });
    wait(done);
    return store->find(name);
  }

  // Stored, refused (nothing of it stays), or a fatal error.
  enum class outcome { stored, refused, fatal };
  outcome put(const std::shared_ptr<topic>& t, const std::string& value, kafka::batch_header header = {}) {
    return put_batch(t, kafka::make_batch({{"key", value, 1'000}}, header));
  }
  outcome put_batch(const std::shared_ptr<topic>& t, std::string batch) {
    store->append(t, 0, batch.data(), *kafka::peek_batch(batch));
    bool done = false, stored = false;
    store->when_durable([&](bool s) {
      done = true;
      stored = s;
    });
    if (!wait(done)) return outcome::fatal;
    return stored ? outcome::stored : outcome::refused;
  }

  // One batch each, all with one sync, in memory that is worth nothing once the store has let go of it.
  bool put_together(const std::shared_ptr<topic>& t, const std::vector<std::string>& all) {
    for (const std::string& value : all) {
      const std::string batch = kafka::make_batch({{"key", value, 1'000}});
      const std::shared_ptr<char[]> memory(new char[batch.size()], [size = batch.size()](char* bytes) {
        std::fill_n(bytes, size, '?');
        delete[] bytes;
      });
      std::ranges::copy(batch, memory.get());
      store->append(t, 0, memory.get(), *kafka::peek_batch(batch), memory);
    }
    bool done = false, stored = false;
    store->when_durable([&](bool s) {
      done = true;
      stored = s;
    });
    return wait(done) && stored;
  }

  // Housekeeping, with what follows from it: a run of the cleaner, and the removal of files unless there is no space.
  bool housekeeping(bool until_files_are_gone = true) {
    store->delete_expired(retention_by::age_and_size);
    store->retire();
    do {
      store->submit();
      fault = store->collect();
      std::this_thread::yield();
    } while (fault &&
             (store->is_cleaning() || !store->idle() || (until_files_are_gone && store->unused_segments() > 0)));
    return fault.has_value();
  }
};

struct kept_record {
  std::int64_t offset;
  std::string key, value;  // value "-": a tombstone
  bool operator==(const kept_record&) const = default;
};

// What a consumer sees that reads on from the end of each batch.
inline std::vector<kept_record> records(const topic& t, std::size_t index = 0) {
  std::vector<kept_record> all;
  const partition& p = *t.partitions[index];
  for (std::int64_t at = p.log_start(); at < p.high_watermark();) {
    std::vector<kafka::external_bytes> parts;
    if (p.read(at, 1'000, true, parts).bytes == 0) break;
    for (const auto& part : parts) {
      std::string bytes(part.size, '\0');
      const auto got = static_cast<const segment*>(part.source.get())->file->pread(part.position, bytes);
      EXPECT_TRUE(got && *got == bytes.size());
      const auto batch = kafka::check_batch_sum(bytes);
      if (!batch || batch->last_offset() < at) {
        ADD_FAILURE() << "a batch that is broken or lies before offset " << at;
        return all;
      }
      kafka::for_each_record(bytes, 1 << 20, [&](const kafka::record_view& r) {
        all.push_back({r.offset, std::string(r.key.value_or("")), std::string(r.value.value_or("-"))});
        return true;
      });
      at = batch->last_offset() + 1;
    }
  }
  return all;
}

inline std::vector<std::string> values(const topic& t, std::size_t index = 0) {
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

}  // namespace mes::bus::log::test_support
