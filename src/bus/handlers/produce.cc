#include <algorithm>
#include <expected>
#include <span>

#include "base/instant.h"
#include "bus/handlers/data.h"
#include "bus/handlers/recompression.h"
#include "bus/handlers/record_checks.h"
#include "wire/kafka/record_batch.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

using partition_answer = kafka::produce_response::partition_produce_response;

error_code error_of(kafka::batch_fault fault) {
  switch (fault) {
    case kafka::batch_fault::bad_codec:
      return error_code::unsupported_compression_type;
    case kafka::batch_fault::bad_header:
    case kafka::batch_fault::bad_record:
      return error_code::invalid_record;
    case kafka::batch_fault::too_large:
      return error_code::message_too_large;
    case kafka::batch_fault::cut_short:
    case kafka::batch_fault::unknown_magic:
    case kafka::batch_fault::bad_crc:
    case kafka::batch_fault::bad_packing:
      return error_code::corrupt_message;
  }
  return error_code::corrupt_message;
}

void refuse(partition_answer& answer, error_code error, std::string why = {}) {
  answer.error_code = kafka::code(error);
  answer.base_offset = answer.log_start_offset = -1;
  if (!why.empty()) answer.error_message = std::move(why);
}

// As Kafka, which tells where the log begins unless the batch was damaged or too large.
void refuse_batch(partition_answer& answer, const log::partition& p, error_code error, std::string why = {}) {
  refuse(answer, error, std::move(why));
  if (error != error_code::corrupt_message && error != error_code::message_too_large)
    answer.log_start_offset = p.log_start();
}

// What the transaction's coordinator says, in the words of the client's version.
error_code check_transaction(broker& b, const call& c, const kafka::batch_header& batch,
                             std::optional<std::string_view> id, const transactions::partition_id& where) {
  constexpr std::int16_t knows_abortable = 11, adds_partitions = 12;
  if (!id) return error_code::transactional_id_authorization_failed;
  const error_code e = b.transactions().check_produce(*id, {batch.producer_id, batch.producer_epoch}, where,
                                                      c.version >= adds_partitions);
  if (e == error_code::producer_fenced) return error_code::invalid_producer_epoch;
  if (e == error_code::transaction_abortable && c.version < knows_abortable) return error_code::invalid_txn_state;
  // Older clients do not try again on CONCURRENT_TRANSACTIONS; on this one they do.
  if (e == error_code::concurrent_transactions && c.version < adds_partitions) return error_code::not_enough_replicas;
  return e;
}

// Kafka has words for what its clients cannot tell from the code alone.
std::string transaction_message(error_code e) {
  if (e == error_code::invalid_txn_state) return "The partition was not added to the transaction";
  return e == error_code::not_enough_replicas ? "The transaction before is being ended" : "";
}

// The batch as the topic wants it compressed; empty: as it is. Or why not.
std::expected<std::string, error_code> recompressed(broker& b, const log::topic& t, const kafka::batch_header& batch,
                                                    std::string_view records, std::int64_t bytes_max) {
  const auto wanted = codec_for(b.settings().compression, t);
  if (!wanted || wanted->codec == batch.codec()) return std::string();
  auto packed = kafka::recompress_batch(records, uncompressed_max(records.size()), wanted->codec, wanted->level);
  if (!packed)
    return std::unexpected(packed.error() == kafka::batch_fault::too_large ? error_code::message_too_large
                                                                           : error_code::corrupt_message);
  if (static_cast<std::int64_t>(packed->size()) > bytes_max) return std::unexpected(error_code::message_too_large);
  return std::move(*packed);
}

// Appends one partition's batch, whose shape is right, or says why not.
void append(broker& b, const call& c, const std::shared_ptr<log::topic>& t,
            std::optional<std::string_view> transactional_id, std::string_view records, partition_answer& answer) {
  log::partition& p = *t->partitions[static_cast<std::size_t>(answer.index)];
  const auto head = *kafka::peek_batch(records);
  const bool adds_partitions = c.version >= 12;  // transactions v2
  // One that says so and names no producer is of no transaction, and in Kafka a plain batch.
  if (head.transactional() && head.producer_id >= 0 && (adds_partitions || b.settings().verify_transactions))
    if (const auto e = check_transaction(b, c, head, transactional_id, {t->id, answer.index}); e != error_code::none)
      return refuse(answer, e, transaction_message(e));
  answer.log_start_offset = p.log_start();
  if (head.base_offset != 0)
    return refuse_batch(answer, p, error_code::invalid_record, "The base offset of a batch that is produced is 0");
  const auto bytes_max =
      t->config_number("max.message.bytes", static_cast<std::int64_t>(b.settings().message_bytes_max));
  if (static_cast<std::int64_t>(head.batch_size) > bytes_max)
    return refuse_batch(answer, p, error_code::message_too_large,
                        "The batch is larger than max.message.bytes of the topic");
  auto batch = kafka::check_batch(records);
  if (!batch) return refuse_batch(answer, p, error_of(batch.error()));
  if (batch->control())
    return refuse_batch(answer, p, error_code::invalid_record, "Clients do not write control records");
  const std::int64_t now_ms = instant::now().ms();
  if (const auto refused = check_records(*t, *batch, records, now_ms)) {
    for (const record_fault& f : refused->records) answer.record_errors.push_back({f.index, f.why});
    return refuse_batch(answer, p, refused->error, refused->why);
  }
  auto packed = recompressed(b, *t, *batch, records, bytes_max);
  if (!packed) return refuse_batch(answer, p, packed.error());
  // The frame is ours to change (net/server.h).
  const std::span bytes = packed->empty() ? std::span(const_cast<char*>(records.data()), records.size()) : *packed;
  if (!packed->empty()) batch = *kafka::peek_batch(*packed);
  const auto known = p.producers().check(*batch, batch->transactional() && adds_partitions);
  if (!known) {
    b.logger().debug("producer refused", {{"topic", std::string_view(t->name)}, {"producer_id", batch->producer_id}});
    return refuse_batch(answer, p, known.error());
  }
  if (*known) {
    b.stats().duplicates += 1;
    answer.base_offset = (*known)->base_offset;
    answer.log_append_time_ms = (*known)->timestamp_ms;
    return;
  }
  if (const auto type = t->configs.find("message.timestamp.type");
      type != t->configs.end() && type->second == "LogAppendTime") {
    answer.log_append_time_ms = now_ms;
    kafka::set_log_append_time(bytes.data(), bytes.size(), answer.log_append_time_ms);
    batch = *kafka::peek_batch({bytes.data(), bytes.size()});
  } else if (batch->log_append_time()) {
    kafka::set_create_time(bytes.data(), bytes.size());
    batch = *kafka::peek_batch({bytes.data(), bytes.size()});
  } else if (packed->empty() && batch->max_timestamp_ms != head.max_timestamp_ms) {
    kafka::set_max_timestamp(bytes.data(), bytes.size(), batch->max_timestamp_ms);
    batch = *kafka::peek_batch({bytes.data(), bytes.size()});
  }
  // Little of the request is kept for nothing: most of it is this batch.
  const bool lent = c.memory && packed->empty() && records.size() > c.bytes / 2;
  answer.base_offset = b.store().append(t, answer.index, bytes.data(), *batch, lent ? c.memory : nullptr);
  b.stats().batches_in += 1;
  b.stats().records_in += static_cast<std::uint64_t>(batch->count);
  b.stats().bytes_in += batch->batch_size;
}

}  // namespace

void produce(const call& from, kafka::produce_request& request) {
  call c = from;
  broker& b = *c.of;
  kafka::produce_response response;
  error_code whole = error_code::none;  // Kafka looks at the batches of a request before anything else
  if (const auto transactional = is_transactional(request); !transactional)
    whole = transactional.error();
  else if (*transactional && !request.transactional_id)
    whole = error_code::transactional_id_authorization_failed;
  for (auto& topic : request.topic_data) {
    auto& topic_answer = response.responses.emplace_back();
    const bool by_id = c.version >= 13;
    const auto t = by_id ? b.store().find(topic.topic_id) : b.store().find(topic.name);
    topic_answer.name = topic.name;
    if (t && c.topic.empty()) c.topic = t->name;
    topic_answer.topic_id = topic.topic_id;
    for (auto& part : topic.partition_data) {
      auto& answer = topic_answer.partition_responses.emplace_back();
      answer.index = part.index;
      answer.log_start_offset = -1;
      const std::string_view records = part.records.value_or(std::string_view{});
      if (whole != error_code::none)
        refuse(answer, whole);
      else if (!t && by_id)
        refuse(answer, error_code::unknown_topic_id);
      else if (!t || part.index < 0 || static_cast<std::size_t>(part.index) >= t->partitions.size())
        refuse(answer, error_code::unknown_topic_or_partition);
      else if (const auto e = check_shape(records, c.version); e != error_code::none)
        refuse(answer, e);
      else if (request.acks < -1 || request.acks > 1)
        refuse(answer, error_code::invalid_required_acks);
      else if (const auto left = check_end(records); left != error_code::none)
        refuse(answer, left);
      else
        append(b, c, t, request.transactional_id, records, answer);
      if (answer.error_code != 0) b.stats().produce_failures += 1;
    }
  }
  if (request.acks == 0) {
    // There is no answer to tell an error by: Kafka closes the connection.
    for (const auto& topic : response.responses)
      for (const auto& part : topic.partition_responses)
        if (part.error_code != 0) return b.server().close_connection(c.slot.connection);
    return c.answer_nothing();
  }
  const bool any_taken = std::ranges::any_of(response.responses, [](const auto& topic) {
    return std::ranges::any_of(topic.partition_responses, [](const auto& part) { return part.error_code == 0; });
  });
  if (!any_taken) return c.answer(response);
  c.memory.reset();  // the log has what it needs of it
  b.store().when_durable([&b, c = std::move(c), response = std::move(response)](bool stored) mutable {
    if (!stored)
      for (auto& topic : response.responses)
        for (auto& part : topic.partition_responses)
          if (part.error_code == 0) {
            refuse(part, error_code::kafka_storage_error, "The log could not be written");
            b.stats().produce_failures += 1;
          }
    c.answer(response);
  });
}

}  // namespace mes::bus::handlers
