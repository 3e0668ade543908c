#include "store/outbox.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "base/instant.h"
#include "runtime/test_bus.h"
#include "store/outbox_rows.h"
#include "store/test_database.h"

namespace mes::store {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class outbox_test : public testing::database_test {
 protected:
  std::unique_ptr<database> open() {
    auto opened = database::open({.url = url()}, messaging_migrations(), _log, _metrics);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  std::unique_ptr<runtime::kafka_producer> producer() {
    return std::make_unique<runtime::kafka_producer>(_bus.bootstrap(), "outbox_test", _log);
  }
  static runtime::kafka_record event(int number) {
    runtime::kafka_record r;
    r.topic = "orders";
    r.key = "order-" + std::to_string(number % 7);
    r.value = "{\"n\":" + std::to_string(number) + "}";
    r.headers = {{"ce_id", std::to_string(number)}, {"traceparent", "00-\n:5:x"}};
    return r;
  }
  // Waits until they are committed.
  static void append(database& db, int first, int count) {
    for (int i = first; i < first + count; ++i) {
      auto add = [i](session& s) -> result<void> {
        outbox_append(s, event(i));
        return {};
      };
      if (i + 1 < first + count)
        db.write(add, [](const result<void>& outcome) { EXPECT_TRUE(outcome); });
      else
        EXPECT_TRUE(db.write_and_wait(add));
    }
  }
  static std::int64_t rows(database& db) {
    auto count = db.read_and_wait(
        [](session& s) { return std::get<0>(s.select<std::int64_t>("SELECT COUNT(*) FROM outbox")[0]); });
    EXPECT_TRUE(count);
    return *count;
  }
  // Reads from the start until `distinct` events have come; checks that each key's first appearances are in order.
  std::vector<runtime::kafka_record> received(std::size_t distinct) {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<runtime::kafka_record> all;
    std::map<std::string, int> seen;
    std::map<std::string, int> last;
    runtime::kafka_consumer_options with;
    with.bootstrap = _bus.bootstrap();
    with.client_id = "outbox_test";
    with.topics = {"orders"};
    runtime::kafka_consumer consumer(with, _log, [&](auto batch) {
      std::lock_guard lock(mutex);
      for (auto& r : batch) {
        if (seen[std::string(r.header("ce_id"))]++ == 0) {
          int number = std::stoi(std::string(r.header("ce_id")));
          EXPECT_GE(number, last[r.key]) << "order of " << r.key;
          last[r.key] = number;
        }
        all.push_back(std::move(r));
      }
      changed.notify_all();
      return true;
    });
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, 30s, [&] { return seen.size() >= distinct; })) << seen.size();
    return all;
  }

  observe::logger _log{"outbox_test", observe::level::error};
  observe::registry _metrics;
  runtime::testing::test_bus _bus{{"orders"}};
};
INSTANTIATE_TEST_SUITE_P(engines, outbox_test, testing::both_engines(), testing::engine_name);

TEST_P(outbox_test, sends_what_is_committed_and_empties_itself) {
  auto db = open();
  auto to = producer();
  outbox_relay relay(*db, *to, _log, _metrics);
  append(*db, 0, 1500);
  EXPECT_FALSE(db->write_and_wait([](session& s) -> result<void> {
    outbox_append(s, event(9999));
    return fail(error_code::conflict, "undone");
  }));
  EXPECT_TRUE(relay.drain(20s));
  EXPECT_EQ(rows(*db), 0);
  auto got = received(1500);
  EXPECT_EQ(got.size(), 1500u);
  for (auto& r : got) {
    auto sent = event(std::stoi(std::string(r.header("ce_id"))));
    EXPECT_EQ(r.key, sent.key);
    EXPECT_EQ(r.value, sent.value);
    EXPECT_EQ(r.headers, sent.headers);
  }
  EXPECT_THAT(_metrics.expose(), HasSubstr("mes_outbox_sent_total 1500\n"));
  EXPECT_THAT(_metrics.expose(), HasSubstr("mes_outbox_lag 0\n"));
}

TEST_P(outbox_test, sends_after_a_restart_what_was_left) {
  {
    auto db = open();
    append(*db, 0, 700);
  }
  auto db = open();
  auto to = producer();
  {
    outbox_relay relay(*db, *to, _log, _metrics);
    append(*db, 700, 10);
    EXPECT_TRUE(relay.drain(20s));
  }
  EXPECT_EQ(rows(*db), 0);
  EXPECT_EQ(received(710).size(), 710u);
}

TEST_P(outbox_test, waits_for_a_bus_that_is_away) {
  auto db = open();
  auto to = producer();
  outbox_relay relay(*db, *to, _log, _metrics);
  append(*db, 0, 20);
  EXPECT_TRUE(relay.drain(20s));
  _bus.set_down();
  append(*db, 20, 600);
  EXPECT_FALSE(relay.drain(300ms));
  EXPECT_EQ(rows(*db), 600);
  _bus.set_up();
  EXPECT_TRUE(relay.drain(20s));
  EXPECT_EQ(received(620).size(), 620u);
}

TEST_P(outbox_test, sends_again_in_order_what_the_producer_gave_up) {
  auto db = open();
  append(*db, 0, 50);
  {
    runtime::kafka_producer impatient(_bus.bootstrap(), "outbox_test", _log, 50ms);
    outbox_relay relay(*db, impatient, _log, _metrics);
    EXPECT_TRUE(relay.drain(20s));
    _bus.set_down();
    append(*db, 50, 300);
    EXPECT_FALSE(relay.drain(1s));
    _bus.set_up();
    EXPECT_TRUE(relay.drain(20s));
  }
  EXPECT_GE(received(350).size(), 350u);
}

TEST_P(outbox_test, keeps_tombstones_and_refuses_giants) {
  auto db = open();
  ASSERT_TRUE(db->write_and_wait([](session& s) -> result<void> {
    auto gone = event(1);
    gone.tombstone = true;
    outbox_append(s, gone);
    auto empty = event(2);
    empty.value.clear();
    outbox_append(s, empty);
    return {};
  }));
  auto read = db->read_and_wait([](session& s) { return read_outbox(s, 0, 10); });
  ASSERT_TRUE(read);
  ASSERT_EQ(read->rows.size(), 2u);
  EXPECT_TRUE(read->rows[0].second.tombstone);
  EXPECT_FALSE(read->rows[1].second.tombstone);
  auto giant = db->write_and_wait([](session& s) -> result<void> {
    auto huge = event(3);
    huge.value.resize(event_bytes_max + 1, 'x');
    outbox_append(s, huge);
    return {};
  });
  ASSERT_FALSE(giant);
  EXPECT_EQ(giant.error().code, error_code::too_large);
}

TEST_P(outbox_test, the_inbox_takes_an_event_once_in_a_group) {
  auto db = open();
  auto accept = [&](std::string group, std::string id, bool commit = true) {
    bool taken = false;
    auto outcome = db->write_and_wait([&](session& s) -> result<void> {
      taken = inbox_accept(s, group, id);
      if (!commit) return fail(error_code::conflict, "the effect failed");
      return {};
    });
    EXPECT_EQ(outcome.has_value(), commit);
    return taken;
  };
  EXPECT_TRUE(accept("g", "1", false));
  EXPECT_TRUE(accept("g", "1"));
  EXPECT_FALSE(accept("g", "1"));
  EXPECT_TRUE(accept("h", "1"));
  EXPECT_TRUE(accept("g", "2"));
}

TEST_P(outbox_test, the_inbox_forgets_what_is_old) {
  auto db = open();
  const std::int64_t now = instant::now().ms(), day = 24 * 3600 * 1000;
  ASSERT_TRUE(db->write_and_wait([&](session& s) -> result<void> {
    for (std::int64_t age = 0; age < 30; ++age)
      s.execute("INSERT INTO inbox (consumer_group, event_id, seen_at_ms) VALUES ('g', :p1, :p2)",
                {std::to_string(age), now - age * day - day / 2});
    EXPECT_EQ(prune_inbox(s, now - 14 * day, 10), 10);
    EXPECT_EQ(prune_inbox(s, now - 14 * day, 10), 6);
    EXPECT_FALSE(inbox_accept(s, "g", "13"));
    EXPECT_TRUE(inbox_accept(s, "g", "14"));
    return {};
  }));
}

}  // namespace
}  // namespace mes::store
