#include "bus/log/producers.h"

#include <gtest/gtest.h>

namespace mes::bus::log {
namespace {

namespace kafka = wire::kafka;
using kafka::error_code;

constexpr std::int16_t transactional = 16, control = 32;

kafka::batch_header batch(std::int64_t id, std::int16_t epoch, std::int32_t sequence, std::int32_t count = 1,
                          std::int16_t attributes = 0) {
  kafka::batch_header h;
  h.producer_id = id;
  h.producer_epoch = epoch;
  h.base_sequence = sequence;
  h.last_offset_delta = count - 1;
  h.count = count;
  h.attributes = attributes;
  return h;
}

// One partition's producers, and the offsets that its batches get.
struct bench {
  producers all;
  std::int64_t end = 0;

  std::int64_t append(kafka::batch_header h) {
    h.base_offset = end;
    end = h.last_offset() + 1;
    all.appended(h);
    return h.base_offset;
  }
  std::int64_t mark(std::int64_t id, std::int16_t epoch, kafka::end_marker what) {
    auto h = batch(id, epoch, -1, 1, transactional | control);
    h.base_offset = end++;
    all.appended(h, kafka::end_marker_batch{id, epoch, what, 1, 0});
    return h.base_offset;
  }
  void durable() { all.durable_up_to(end); }
  // The offset of what is there already.
  std::expected<std::optional<std::int64_t>, error_code> check(const kafka::batch_header& h, bool v2 = false) const {
    const auto known = all.check(h, v2);
    if (!known) return std::unexpected(known.error());
    return *known ? std::optional((*known)->base_offset) : std::nullopt;
  }
  error_code check_marker(std::int16_t epoch, std::int32_t coordinator_epoch, std::int8_t version) const {
    return all.check_marker({1, epoch, kafka::end_marker::abort, coordinator_epoch, 0}, version);
  }
};

TEST(producers, sequences_wrap_at_the_largest_number) {
  bench b;
  b.append(batch(1, 0, INT32_MAX - 1, 2));
  b.durable();
  EXPECT_EQ(b.check(batch(1, 0, 0)).value(), std::nullopt);
  EXPECT_EQ(b.check(batch(1, 0, 1)).error(), error_code::out_of_order_sequence_number);
  const auto over = b.append(batch(1, 0, 0, 3));
  b.append(batch(1, 0, 3));
  EXPECT_EQ(b.check(batch(1, 0, 0, 3)).value(), over);
  EXPECT_EQ(b.check(batch(1, 0, INT32_MAX - 1, 2)).value(), 0);
}

TEST(producers, remember_the_last_five_batches) {
  bench b;
  for (int i = 0; i < 7; ++i) b.append(batch(1, 0, i));
  EXPECT_EQ(b.check(batch(1, 0, 0)).value(), 0);  // none is durable: all are known
  b.durable();
  EXPECT_EQ(b.check(batch(1, 0, 2)).value(), 2);
  EXPECT_EQ(b.check(batch(1, 0, 1)).error(), error_code::out_of_order_sequence_number);
  EXPECT_EQ(b.check(batch(1, 0, 7)).value(), std::nullopt);
}

TEST(producers, epochs_fence) {
  bench b;
  b.append(batch(1, 3, 0));
  EXPECT_EQ(b.check(batch(1, 2, 1)).error(), error_code::invalid_producer_epoch);
  EXPECT_EQ(b.check(batch(1, 4, 1)).error(), error_code::out_of_order_sequence_number);
  EXPECT_EQ(b.check(batch(1, 4, 0)).value(), std::nullopt);
}

TEST(producers, an_unknown_one_may_begin_anywhere_but_in_transactions_v2) {
  bench b;
  EXPECT_EQ(b.check(batch(1, 0, 17)).value(), std::nullopt);
  EXPECT_EQ(b.check(batch(1, 0, 17), true).error(), error_code::out_of_order_sequence_number);
  EXPECT_EQ(b.check(batch(1, 0, 0), true).value(), std::nullopt);
}

TEST(producers, a_marker_of_a_higher_epoch_fences_and_starts_sequences_anew) {
  bench b;
  b.append(batch(1, 0, 0, 1, transactional));
  b.mark(1, 1, kafka::end_marker::commit);
  b.durable();
  EXPECT_EQ(b.check(batch(1, 0, 1, 1, transactional)).error(), error_code::invalid_producer_epoch);
  EXPECT_EQ(b.check(batch(1, 1, 1, 1, transactional)).error(), error_code::out_of_order_sequence_number);
  EXPECT_EQ(b.check(batch(1, 1, 0, 1, transactional)).value(), std::nullopt);
}

TEST(producers, a_marker_of_the_same_epoch_lets_sequences_go_on) {
  bench b;
  b.append(batch(1, 0, 0, 1, transactional));
  b.mark(1, 0, kafka::end_marker::commit);
  b.durable();
  EXPECT_EQ(b.check(batch(1, 0, 1, 1, transactional)).value(), std::nullopt);
}

TEST(producers, the_oldest_open_transaction_bounds_what_is_stable) {
  bench b;
  EXPECT_EQ(b.all.first_open(), INT64_MAX);
  b.append(batch(9, 0, 0));                    // 0
  b.append(batch(1, 0, 0, 1, transactional));  // 1
  b.append(batch(2, 0, 0, 1, transactional));  // 2
  b.append(batch(1, 0, 1, 1, transactional));  // 3
  EXPECT_EQ(b.all.first_open(), 1);
  b.mark(1, 0, kafka::end_marker::abort);  // 4
  EXPECT_EQ(b.all.first_open(), 1) << "a marker counts when it is durable";
  b.durable();
  EXPECT_EQ(b.all.first_open(), 2);
  b.mark(2, 0, kafka::end_marker::commit);  // 5
  b.durable();
  EXPECT_EQ(b.all.first_open(), INT64_MAX);
  EXPECT_EQ(b.check(batch(1, 0, 2)).value(), std::nullopt);
}

TEST(producers, what_comes_while_a_marker_is_on_its_way_begins_the_next_transaction) {
  bench b;
  b.append(batch(1, 0, 0, 1, transactional));                    // 0
  const auto marker = b.mark(1, 0, kafka::end_marker::abort);    // 1
  const auto next = b.append(batch(1, 0, 1, 1, transactional));  // 2
  b.append(batch(2, 0, 0, 1, transactional));                    // 3
  b.all.durable_up_to(marker + 1);
  EXPECT_EQ(b.all.first_open(), next);
  b.mark(1, 0, kafka::end_marker::abort);  // 4
  b.durable();
  EXPECT_EQ(b.all.first_open(), 3);
  const auto aborted = b.all.aborted(0, 5);
  ASSERT_EQ(aborted.size(), 2U);
  EXPECT_EQ(aborted[0].first_offset, 0);
  EXPECT_EQ(aborted[1].first_offset, next);
}

TEST(producers, a_batch_outside_of_the_open_transaction_is_refused) {
  bench b;
  b.append(batch(1, 0, 0, 1, transactional));
  EXPECT_EQ(b.check(batch(1, 0, 1)).error(), error_code::invalid_txn_state);
}

// As Kafka's ProducerAppendInfo checks what WriteTxnMarkers brings.
TEST(producers, a_marker_of_somebody_else_is_no_older_than_the_producer_and_its_coordinator) {
  bench b;
  EXPECT_EQ(b.check_marker(0, 0, 1), error_code::none) << "of a producer that is not known";
  b.append(batch(1, 3, 0, 1, transactional));
  EXPECT_EQ(b.check_marker(2, 0, 1), error_code::invalid_producer_epoch);
  EXPECT_EQ(b.check_marker(3, 0, 1), error_code::none);
  EXPECT_EQ(b.check_marker(3, 0, 2), error_code::invalid_producer_epoch) << "version 2 raises the epoch at each end";
  EXPECT_EQ(b.check_marker(4, 0, 2), error_code::none);
  b.mark(1, 4, kafka::end_marker::abort);  // by the coordinator's epoch 1
  b.durable();
  EXPECT_EQ(b.check_marker(4, 1, 2), error_code::none) << "the same end again";
  EXPECT_EQ(b.check_marker(4, 0, 1), error_code::transaction_coordinator_fenced);
}

TEST(producers, what_is_taken_back_was_never_there) {
  bench b;
  b.append(batch(1, 0, 0, 1, transactional));  // 0
  b.durable();
  b.append(batch(1, 0, 1, 1, transactional));
  b.append(batch(2, 0, 0, 1, transactional));
  b.mark(1, 0, kafka::end_marker::abort);
  b.all.take_back(1);
  b.end = 1;
  EXPECT_EQ(b.all.first_open(), 0);
  EXPECT_FALSE(b.all.is_open(2));
  EXPECT_FALSE(b.all.all().contains(2));
  EXPECT_EQ(b.check(batch(1, 0, 1, 1, transactional)).value(), std::nullopt);
  b.append(batch(3, 0, 0));
  b.durable();
  EXPECT_EQ(b.all.first_open(), 0);
  EXPECT_TRUE(b.all.aborted(0, 10).empty());
}

// 1 and 2 interleave; 1 aborts twice, 2 once, 3 commits. A producer begins again only after a durable marker.
bench aborts() {
  bench b;
  b.append(batch(1, 0, 0, 1, transactional));  // 0
  b.append(batch(2, 0, 0, 1, transactional));  // 1
  b.mark(1, 0, kafka::end_marker::abort);      // 2
  b.durable();
  b.append(batch(3, 0, 0, 1, transactional));  // 3
  b.mark(3, 0, kafka::end_marker::commit);     // 4
  b.durable();
  b.append(batch(1, 0, 1, 1, transactional));  // 5
  b.mark(2, 0, kafka::end_marker::abort);      // 6
  b.durable();
  b.mark(1, 0, kafka::end_marker::abort);  // 7
  b.durable();
  b.append(batch(1, 0, 2, 1, transactional));  // 8
  b.mark(1, 0, kafka::end_marker::commit);     // 9
  b.durable();
  return b;
}

std::vector<std::pair<std::int64_t, std::int64_t>> found(const producers& all, std::int64_t from, std::int64_t end) {
  std::vector<std::pair<std::int64_t, std::int64_t>> list;
  for (const auto& a : all.aborted(from, end)) list.emplace_back(a.producer_id, a.first_offset);
  return list;
}

TEST(producers, tell_a_fetch_what_was_aborted) {
  using list = std::vector<std::pair<std::int64_t, std::int64_t>>;
  const bench b = aborts();
  EXPECT_EQ(found(b.all, 0, 10), (list{{1, 0}, {2, 1}, {1, 5}}));
  EXPECT_EQ(found(b.all, 0, 1), (list{{1, 0}}));
  EXPECT_EQ(found(b.all, 3, 5), (list{{2, 1}}));
  EXPECT_EQ(found(b.all, 7, 8), (list{{1, 5}}));
  EXPECT_EQ(found(b.all, 8, 10), list{});
}

TEST(producers, tell_compaction_what_was_aborted) {
  const bench b = aborts();
  const auto aborted = [&](std::int64_t id, std::int64_t offset) { return b.all.is_aborted(id, offset); };
  EXPECT_TRUE(aborted(1, 0));
  EXPECT_TRUE(aborted(2, 1));
  EXPECT_TRUE(aborted(1, 5));
  EXPECT_FALSE(aborted(3, 3));
  EXPECT_FALSE(aborted(1, 8));
  EXPECT_FALSE(aborted(4, 0));
}

TEST(producers, forget_aborted_transactions_with_their_records) {
  bench b = aborts();
  b.all.forget_before(3);
  EXPECT_EQ(found(b.all, 0, 10).size(), 2U);
}

TEST(producers, an_unused_one_expires_but_not_within_a_transaction) {
  bench b;
  b.append(batch(1, 0, 0));
  b.append(batch(2, 0, 0, 1, transactional));
  b.durable();
  b.all.expire(1, b.end);
  EXPECT_FALSE(b.all.all().contains(1));
  EXPECT_TRUE(b.all.all().contains(2));
}

TEST(producers, a_snapshot_holds_what_is_durable) {
  bench b = aborts();
  b.append(batch(5, 2, 7, 3, transactional));  // 10 to 12
  b.durable();
  const std::int64_t high_watermark = b.end;
  b.append(batch(5, 2, 10, 1, transactional));
  b.append(batch(6, 0, 0, 1, transactional));
  b.mark(5, 3, kafka::end_marker::abort);
  kafka::writer out;
  b.all.snapshot(out, high_watermark);
  producers again;
  kafka::reader in(out.buffer());
  ASSERT_TRUE(again.restore(in, 2));
  EXPECT_EQ(in.left(), 0U);
  EXPECT_EQ(again.first_open(), 10);
  EXPECT_FALSE(again.all().contains(6));
  EXPECT_FALSE(again.check(batch(5, 2, 10, 1, transactional)).value());
  EXPECT_EQ(again.check(batch(5, 2, 7, 3, transactional)).value()->base_offset, 10);
  EXPECT_EQ(found(again, 0, 100), found(b.all, 0, 100));
}

}  // namespace
}  // namespace mes::bus::log
