// What Apache Kafka 4.2 answers to batches that are not as they should be, as the differential test has seen it.
#include "bus/handlers/record_checks.h"

#include <gtest/gtest.h>

#include <string>

namespace mes::bus::handlers {
namespace {

namespace kafka = wire::kafka;
using kafka::error_code;

constexpr std::int16_t version = 9;

std::string two_records(std::int16_t attributes = 0) {
  kafka::batch_header header;
  header.attributes = attributes;
  return kafka::make_batch({{"k", "a", 1'000}, {"k", "b", 1'000}}, header);
}

TEST(record_checks, what_stands_behind_a_batch_is_looked_at_after_its_shape) {
  const std::string batch = two_records();
  EXPECT_EQ(check_shape(batch, version), error_code::none);
  EXPECT_EQ(check_end(batch), error_code::none);
  EXPECT_EQ(check_shape(batch + "abc", version), error_code::none) << "acks are looked at before";
  EXPECT_EQ(check_end(batch + "abc"), error_code::invalid_record);
  EXPECT_EQ(check_shape(batch + batch, version), error_code::invalid_record);
  std::string shorter = batch;  // than its bytes, by its own length
  shorter[11] = static_cast<char>(shorter[11] - 5);
  EXPECT_EQ(check_shape(shorter, version), error_code::none);
  EXPECT_EQ(check_end(shorter), error_code::corrupt_message);
}

TEST(record_checks, a_time_that_is_the_brokers_to_give_is_refused_record_by_record) {
  constexpr std::int16_t stamped = 8;
  const std::string batch = two_records(stamped);
  log::topic t;
  t.configs = {{"message.timestamp.type", "LogAppendTime"}};
  kafka::batch_header header = *kafka::peek_batch(batch);
  const auto refused = check_records(t, header, batch, 2'000);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->error, error_code::invalid_timestamp);
  ASSERT_EQ(refused->records.size(), 2U);
  EXPECT_EQ(refused->records[1].index, 1);
  t.configs.clear();
  EXPECT_FALSE(check_records(t, header, batch, 2'000)) << "the topic keeps the producer's times";
}

TEST(record_checks, a_newest_time_that_cannot_be_is_not_believed) {
  const std::string plain = kafka::make_batch({{"k", "a", 1'000}, {"k", "b", 1'500}, {"k", "c", 1'001}});
  const std::string batch = *kafka::recompress_batch(plain, SIZE_MAX, kafka::compression::gzip, {});
  log::topic t;
  for (const char* policy : {"delete", "compact"}) {
    t.configs = {{"cleanup.policy", policy}};
    for (const std::int64_t said : {std::int64_t{0}, std::int64_t{1'001}, std::int64_t{1} << 61}) {
      kafka::batch_header header = *kafka::peek_batch(batch);
      header.max_timestamp_ms = said;
      EXPECT_FALSE(check_records(t, header, batch, 2'000));
      EXPECT_EQ(header.max_timestamp_ms, 1'500) << policy;
    }
  }
}

TEST(record_checks, a_record_from_the_future_is_seen_whatever_its_compressed_batch_says) {
  const std::string plain = kafka::make_batch({{"k", "a", 1'000}, {"k", "b", 9'000'000}, {"k", "c", 1'001}});
  const std::string batch = *kafka::recompress_batch(plain, SIZE_MAX, kafka::compression::zstd, {});
  log::topic t;
  for (const char* policy : {"delete", "compact"}) {
    t.configs = {{"cleanup.policy", policy}};
    kafka::batch_header header = *kafka::peek_batch(batch);
    header.max_timestamp_ms = 1'001;
    const auto refused = check_records(t, header, batch, 2'000);
    ASSERT_TRUE(refused) << policy;
    EXPECT_EQ(refused->error, error_code::invalid_timestamp);
    ASSERT_EQ(refused->records.size(), 1U);
    EXPECT_EQ(refused->records[0].index, 1);
  }
}

TEST(record_checks, what_cannot_be_unpacked_keeps_the_time_that_it_says) {
  std::string batch = *kafka::recompress_batch(two_records(), SIZE_MAX, kafka::compression::lz4, {});
  batch.back() = batch[kafka::batch_header::size] = 'x';  // no frame begins so
  const log::topic t;
  kafka::batch_header header = *kafka::peek_batch(batch);
  EXPECT_FALSE(check_records(t, header, batch, 2'000));
  EXPECT_EQ(header.max_timestamp_ms, 1'000);
}

// Kafka 4.2 answers INVALID_RECORD where their number is wrong, and fails inside where their offsets are.
TEST(record_checks, compressed_records_that_contradict_their_header_are_refused) {
  log::topic t;
  for (const auto& [key, value] : {std::pair("cleanup.policy", "delete"), std::pair("cleanup.policy", "compact"),
                                   std::pair("message.timestamp.type", "LogAppendTime")})
    for (const auto codec : {kafka::compression::gzip, kafka::compression::zstd}) {
      t.configs = {{key, value}};
      std::string batch = *kafka::recompress_batch(two_records(), SIZE_MAX, codec, {});
      kafka::batch_header header = *kafka::peek_batch(batch);
      EXPECT_FALSE(check_records(t, header, batch, 2'000)) << value;
      for (const char count : {1, 3}) {
        constexpr std::size_t count_at = kafka::batch_header::size - 1;
        batch[count_at] = count;
        header = *kafka::peek_batch(batch);
        const auto refused = check_records(t, header, batch, 2'000);
        ASSERT_TRUE(refused) << value << " " << int{count};
        EXPECT_EQ(refused->error, error_code::invalid_record) << value << " " << int{count};
        EXPECT_TRUE(refused->records.empty());
      }
    }
}

TEST(record_checks, what_unpacks_to_more_than_anybody_sends_is_refused) {
  const std::string plain = kafka::make_batch({{"k", std::string(20 << 20, 'x'), 1'000}});
  const std::string packed = *kafka::recompress_batch(plain, SIZE_MAX, kafka::compression::gzip, {});
  ASSERT_LT(packed.size(), 100'000U);
  log::topic t;
  t.configs = {{"cleanup.policy", "compact"}};
  kafka::batch_header header = *kafka::peek_batch(packed);
  const auto refused = check_records(t, header, packed, 2'000);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->error, error_code::message_too_large);
  EXPECT_TRUE(refused->why.contains("more than 16777216 bytes")) << refused->why;
}

}  // namespace
}  // namespace mes::bus::handlers
