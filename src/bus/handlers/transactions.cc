#include "bus/handlers/transactions.h"

#include <algorithm>
#include <memory>

#include "base/instant.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
using transactions::partition_id;
using transactions::producer_claim;
namespace {

// Clients before `since` do not know PRODUCER_FENCED.
std::int16_t fenced_code(const call& c, std::int16_t since, error_code e) {
  return kafka::code(e == error_code::producer_fenced && c.version < since ? error_code::invalid_producer_epoch : e);
}

std::optional<partition_id> find_partition(broker& b, std::string_view topic, std::int32_t index) {
  const auto t = b.store().find(topic);
  if (!t || t->deleting || index < 0 || static_cast<std::size_t>(index) >= t->partitions.size()) return std::nullopt;
  return partition_id{t->id, index};
}

}  // namespace

void init_producer_id(const call& c, kafka::init_producer_id_request& request) {
  const auto answer = [c](const transactions::producer_result& result) {
    kafka::init_producer_id_response response;
    response.error_code = fenced_code(c, 4, result.error);
    response.producer_id = result.producer.id;
    response.producer_epoch = result.producer.epoch;
    c.answer(response);
  };
  if ((request.producer_id == -1) != (request.producer_epoch == -1)) return answer({error_code::invalid_request, {}});
  if (!request.transactional_id) {
    // An idempotent producer that asks for a new epoch of its id gets a new id, as Kafka gives it.
    return c.of->with_producer_id([answer](std::int64_t id) {
      if (id < 0) return answer({error_code::coordinator_not_available, {}});
      answer({error_code::none, {id, 0}});
    });
  }
  transactions::init_request init{std::string(*request.transactional_id), request.transaction_timeout_ms, {}};
  if (request.producer_id != -1) init.expected = {request.producer_id, request.producer_epoch};
  c.of->transactions().init(std::move(init), answer);
}

// ---- AddPartitionsToTxn ----

namespace {

using added_topic = kafka::add_partitions_to_txn_response::add_partitions_to_txn_topic_result;
using wanted_topics = std::vector<kafka::add_partitions_to_txn_request::add_partitions_to_txn_topic>;

void fill(std::vector<added_topic>& out, std::int16_t error) {
  for (auto& topic : out)
    for (auto& p : topic.results_by_partition)
      if (p.partition_error_code == 0) p.partition_error_code = error;
}

struct adding {
  std::string id;
  producer_claim claim;
  bool verify_only = false;
};

// One transaction's partitions; `done` when `out` is complete. `out` must outlive that.
void add_one(const call& c, const adding& what, const wanted_topics& topics, std::vector<added_topic>& out,
             std::function<void()> done) {
  std::vector<partition_id> partitions;
  bool all_known = true;
  for (const auto& topic : topics) {
    auto& topic_answer = out.emplace_back();
    topic_answer.name = topic.name;
    for (const std::int32_t index : topic.partitions) {
      const auto found = find_partition(*c.of, topic.name, index);
      all_known = all_known && found.has_value();
      auto& p = topic_answer.results_by_partition.emplace_back();
      p.partition_index = index;
      if (!found) {
        p.partition_error_code = kafka::code(error_code::unknown_topic_or_partition);
        continue;
      }
      partitions.push_back(*found);
      if (what.verify_only)
        p.partition_error_code = fenced_code(c, 2, c.of->transactions().verify(what.id, what.claim, *found));
    }
  }
  if (!all_known) {
    fill(out, kafka::code(error_code::operation_not_attempted));
    return done();
  }
  if (what.verify_only) return done();
  c.of->transactions().add_partitions(what.id, what.claim, partitions, [c, &out, done = std::move(done)](error_code e) {
    fill(out, fenced_code(c, 2, e));
    done();
  });
}

}  // namespace

void add_partitions_to_txn(const call& c, kafka::add_partitions_to_txn_request& request) {
  auto response = std::make_shared<kafka::add_partitions_to_txn_response>();
  if (c.version < 4) {
    const adding what{std::string(request.v3_and_below_transactional_id),
                      {request.v3_and_below_producer_id, request.v3_and_below_producer_epoch},
                      false};
    return add_one(c, what, request.v3_and_below_topics, response->results_by_topic_v3_and_below,
                   [c, response] { c.answer(*response); });
  }
  auto left = std::make_shared<std::size_t>(1);
  const auto one_done = [c, response, left] {
    if (--*left == 0) c.answer(*response);
  };
  response->results_by_transaction.reserve(request.transactions.size());  // references into it stay valid
  for (const auto& t : request.transactions) {
    auto& out = response->results_by_transaction.emplace_back();
    out.transactional_id = t.transactional_id;
    ++*left;
    add_one(c, {out.transactional_id, {t.producer_id, t.producer_epoch}, t.verify_only}, t.topics, out.topic_results,
            one_done);
  }
  one_done();
}

// ---- Offsets ----

void add_offsets_to_txn(const call& c, kafka::add_offsets_to_txn_request& request) {
  c.of->transactions().add_group(std::string(request.transactional_id), {request.producer_id, request.producer_epoch},
                                 std::string(request.group_id), [c](error_code e) {
                                   kafka::add_offsets_to_txn_response response;
                                   response.error_code = fenced_code(c, 2, e);
                                   c.answer(response);
                                 });
}

namespace {

// As the group coordinator of Kafka tells the transaction coordinator's errors.
error_code commit_error(const call& c, error_code e) {
  if (e == error_code::producer_fenced) return error_code::invalid_producer_epoch;
  if (e == error_code::transaction_abortable && c.version < 4) return error_code::invalid_txn_state;
  if (e == error_code::concurrent_transactions && c.version < 5) return error_code::coordinator_load_in_progress;
  return e;
}

// A commit without any member is fine at any time: the transaction fences.
error_code check_group(const call& c, const kafka::txn_offset_commit_request& request) {
  if (request.group_id.empty()) return error_code::invalid_group_id;
  if (request.generation_id < 0 && request.member_id.empty() && !request.group_instance_id) return error_code::none;
  std::optional<std::string> instance;
  if (request.group_instance_id) instance = std::string(*request.group_instance_id);
  return c.of->groups().check_commit(
      {std::string(request.group_id), std::string(request.member_id), instance, request.generation_id},
      {.transactional = true});
}

void refuse_rest(kafka::txn_offset_commit_response& response, error_code e) {
  for (auto& topic : response.topics)
    for (auto& p : topic.partitions)
      if (p.error_code == 0) p.error_code = kafka::code(e);
}

}  // namespace

void txn_offset_commit(const call& c, kafka::txn_offset_commit_request& request) {
  broker& b = *c.of;
  const error_code fenced =
      b.transactions().verify_group(request.transactional_id, {request.producer_id, request.producer_epoch},
                                    std::string(request.group_id), c.version >= 5);
  const error_code whole = fenced == error_code::none ? check_group(c, request) : commit_error(c, fenced);
  const std::int64_t now = instant::now().ms();
  auto response = std::make_shared<kafka::txn_offset_commit_response>();
  transactions::group_offsets offsets;
  bool is_allowed = false;  // any of them, by the group
  for (const auto& topic : request.topics) {
    auto& topic_answer = response->topics.emplace_back();
    topic_answer.name = topic.name;
    for (const auto& p : topic.partitions) {
      auto& out = topic_answer.partitions.emplace_back();
      out.partition_index = p.partition_index;
      const std::string_view metadata = p.committed_metadata.value_or("");
      error_code error = whole;
      if (error == error_code::none && !find_partition(b, topic.name, p.partition_index))
        error = error_code::unknown_topic_or_partition;
      if (error == error_code::none && metadata.size() > b.settings().groups.offset_metadata_bytes_max)
        error = error_code::offset_metadata_too_large;
      is_allowed |= error == error_code::none || error == error_code::offset_metadata_too_large;
      out.error_code = kafka::code(error);
      if (error == error_code::none)
        offsets[{topic_answer.name, p.partition_index}] = {p.committed_offset, p.committed_leader_epoch,
                                                           std::string(metadata), now};
    }
  }
  const error_code made =
      is_allowed ? b.groups().make_for_transaction(std::string(request.group_id)) : error_code::none;
  if (made != error_code::none) refuse_rest(*response, made);
  if (made != error_code::none || offsets.empty()) return c.answer(*response);
  b.transactions().add_offsets(std::string(request.transactional_id), {request.producer_id, request.producer_epoch},
                               std::string(request.group_id), offsets, c.version >= 5, [c, response](error_code e) {
                                 refuse_rest(*response, commit_error(c, e));
                                 c.answer(*response);
                               });
}

void end_txn(const call& c, kafka::end_txn_request& request) {
  c.of->transactions().end({std::string(request.transactional_id),
                            {request.producer_id, request.producer_epoch},
                            request.committed,
                            c.version >= 5},
                           [c](const transactions::producer_result& result) {
                             kafka::end_txn_response response;
                             response.error_code = fenced_code(c, 2, result.error);
                             response.producer_id = result.producer.id;
                             response.producer_epoch = result.producer.epoch;
                             c.answer(response);
                           });
}

}  // namespace mes::bus::handlers
