#include "bus/transactions/transaction.h"

#include <gtest/gtest.h>

namespace mes::bus::transactions {
namespace {

using wire::kafka::error_code;

transaction in_state(state s, std::int16_t epoch = 5) {
  transaction t;
  t.id = "x";
  t.producer_id = 100;
  t.epoch = epoch;
  t.timeout_ms = 60'000;
  t.state = s;
  return t;
}

std::string told(const end_outcome& o) {
  if (o.what == end_outcome::step::end) return "end";
  if (o.what == end_outcome::step::needs_producer_id) return "needs id";
  switch (o.error) {
    case error_code::none:
      return "none";
    case error_code::invalid_txn_state:
      return "state";
    case error_code::producer_fenced:
      return "fenced";
    case error_code::concurrent_transactions:
      return "concurrent";
    case error_code::invalid_producer_id_mapping:
      return "mapping";
    default:
      return "?";
  }
}

// The tables in Kafka's transaction coordinator (core, TransactionCoordinator.scala), for a producer of the current
// epoch, and for one of the epoch before, which is a retry with v2.
TEST(transaction, ends_as_kafkas_coordinator_has_it) {
  struct row {
    state s;
    bool commit;
    const char *v1, *v2, *v2_retry;
  };
  for (const row& r : {
           row{state::empty, false, "state", "end", "fenced"},
           row{state::empty, true, "state", "state", "fenced"},
           row{state::ongoing, false, "end", "end", "fenced"},
           row{state::ongoing, true, "end", "end", "fenced"},
           row{state::prepare_commit, true, "concurrent", "fenced", "concurrent"},
           row{state::prepare_commit, false, "state", "fenced", "state"},
           row{state::prepare_abort, true, "state", "fenced", "state"},
           row{state::prepare_abort, false, "concurrent", "fenced", "concurrent"},
           row{state::complete_commit, true, "none", "state", "none"},
           row{state::complete_commit, false, "state", "end", "state"},
           row{state::complete_abort, true, "state", "state", "state"},
           row{state::complete_abort, false, "none", "end", "none"},
       }) {
    const transaction t = in_state(r.s);
    const std::string what = std::string(name_of(r.s)) + (r.commit ? " commit" : " abort");
    EXPECT_EQ(told(end(t, {100, 5}, r.commit, false, {})), r.v1) << what;
    EXPECT_EQ(told(end(t, {100, 5}, r.commit, true, {})), r.v2) << what;
    EXPECT_EQ(told(end(t, {100, 4}, r.commit, true, {})), r.v2_retry) << what;
    EXPECT_EQ(told(end(t, {100, 4}, r.commit, false, {})), "fenced") << what;
    EXPECT_EQ(told(end(t, {100, 6}, r.commit, true, {})), "fenced") << what;
    EXPECT_EQ(told(end(t, {99, 5}, r.commit, true, {})), "mapping") << what;
  }
}

TEST(transaction, v2_raises_the_epoch_at_its_end_and_v1_does_not) {
  transaction v1 = in_state(state::ongoing), v2 = v1;
  decide(v1, true, false, {}, 7);
  EXPECT_EQ(v1.epoch, 5);
  complete(v1, 8);
  EXPECT_EQ(v1.state, state::complete_commit);
  EXPECT_EQ(v1.epoch, 5);
  decide(v2, false, true, {}, 7);
  EXPECT_EQ(v2.state, state::prepare_abort);
  EXPECT_EQ(v2.epoch, 6) << "the marker's";
  complete(v2, 8);
  EXPECT_EQ(v2.state, state::complete_abort);
  EXPECT_EQ(v2.epoch, 6);
  EXPECT_EQ(v2.producer_id, 100);
}

TEST(transaction, the_largest_epoch_is_kept_for_a_marker_and_the_id_changes) {
  transaction t = in_state(state::ongoing, INT16_MAX - 1);
  EXPECT_EQ(told(end(t, {100, INT16_MAX - 1}, true, true, {})), "needs id");
  EXPECT_EQ(told(end(t, {100, INT16_MAX - 1}, true, true, 200)), "end");
  decide(t, true, true, 200, 7);
  EXPECT_EQ(t.epoch, INT16_MAX);
  EXPECT_EQ(t.producer_id, 100);
  complete(t, 8);
  EXPECT_EQ(t.producer_id, 200);
  EXPECT_EQ(t.epoch, 0);
  EXPECT_EQ(told(end(t, {100, INT16_MAX - 1}, true, true, {})), "none") << "a retry";
  EXPECT_EQ(told(end(t, {100, INT16_MAX - 2}, true, true, {})), "mapping");
}

using step = init_outcome::step;

TEST(transaction, init_raises_the_epoch) {
  transaction fresh;
  fresh.producer_id = 100;
  const auto first = init(fresh, {}, 1'000, 7, {});
  ASSERT_EQ(first.what, step::done);
  EXPECT_EQ(first.next.epoch, 0);
  EXPECT_EQ(first.next.timeout_ms, 1'000);
  const auto again = init(first.next, {}, 2'000, 8, {});
  ASSERT_EQ(again.what, step::done);
  EXPECT_EQ(again.next.epoch, 1);
  EXPECT_EQ(again.next.producer_id, 100);
  EXPECT_EQ(again.next.state, state::empty);
}

TEST(transaction, init_aborts_what_is_open_and_waits_for_what_is_decided) {
  EXPECT_EQ(init(in_state(state::ongoing), {}, 1, 7, {}).what, step::abort_first);
  for (const state s : {state::prepare_abort, state::prepare_commit}) {
    const auto o = init(in_state(s), {}, 1, 7, {});
    EXPECT_EQ(o.what, step::refuse);
    EXPECT_EQ(o.error, error_code::concurrent_transactions);
  }
}

// KIP-360.
TEST(transaction, init_with_id_and_epoch_goes_on_after_an_error) {
  const transaction t = in_state(state::complete_abort);
  const auto raised = init(t, producer_claim{100, 5}, 1, 7, {});
  ASSERT_EQ(raised.what, step::done);
  EXPECT_EQ(raised.next.epoch, 6);
  const auto retry = init(raised.next, producer_claim{100, 5}, 1, 8, {});
  ASSERT_EQ(retry.what, step::done);
  EXPECT_EQ(retry.next.epoch, 6) << "its answer was lost";
  EXPECT_EQ(init(raised.next, producer_claim{100, 4}, 1, 8, {}).error, error_code::producer_fenced);
  EXPECT_EQ(init(raised.next, producer_claim{99, 6}, 1, 8, {}).error, error_code::producer_fenced);
  const auto other = init(raised.next, {}, 1, 9, {});
  ASSERT_EQ(other.what, step::done);
  EXPECT_EQ(init(other.next, producer_claim{100, 6}, 1, 9, {}).error, error_code::producer_fenced) << "fenced";
  EXPECT_EQ(init(in_state(state::ongoing), producer_claim{100, 3}, 1, 9, {}).error, error_code::producer_fenced);
}

TEST(transaction, init_changes_the_id_when_epochs_run_out) {
  const transaction t = in_state(state::empty, INT16_MAX - 1);
  EXPECT_EQ(init(t, {}, 1, 7, {}).what, step::needs_producer_id);
  const auto o = init(t, producer_claim{100, INT16_MAX - 1}, 1, 7, 200);
  ASSERT_EQ(o.what, step::done);
  EXPECT_EQ(o.next.producer_id, 200);
  EXPECT_EQ(o.next.epoch, 0);
  const auto retry = init(o.next, producer_claim{100, INT16_MAX - 1}, 1, 8, {});
  ASSERT_EQ(retry.what, step::done);
  EXPECT_EQ(retry.next.producer_id, 200);
  EXPECT_EQ(retry.next.epoch, 0);
}

TEST(transaction, is_read_back_as_it_was_written) {
  transaction t = in_state(state::prepare_commit);
  t.previous_producer_id = 1;
  t.next_producer_id = 2;
  t.last_epoch = 4;
  t.started_ms = 5;
  t.updated_ms = 6;
  t.partitions = {{uuid::make_v4(), 3}, {uuid::make_v4(), 0}};
  t.groups = {"g", "h"};
  wire::kafka::writer out;
  write(out, t);
  transaction again;
  wire::kafka::reader in(out.buffer());
  ASSERT_TRUE(read(in, again));
  EXPECT_EQ(in.left(), 0U);
  wire::kafka::writer twice;
  write(twice, again);
  EXPECT_EQ(twice.buffer(), out.buffer());
  EXPECT_EQ(again.partitions, t.partitions);
  EXPECT_EQ(again.state, t.state);
  for (std::size_t size = 0; size < out.buffer().size(); ++size) {
    wire::kafka::reader cut(std::string_view(out.buffer()).substr(0, size));
    transaction broken;
    EXPECT_FALSE(read(cut, broken)) << size;
  }
}

}  // namespace
}  // namespace mes::bus::transactions
