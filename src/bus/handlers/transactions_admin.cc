// What tools ask of transactions and producers.
#include <re2/re2.h>

#include <algorithm>

#include "base/instant.h"
#include "bus/handlers/transactions.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

using described = kafka::describe_transactions_response::transaction_state_item;

void fill(broker& b, const transactions::transaction& t, described& out) {
  out.transaction_state = transactions::name_of(t.state);
  out.transaction_timeout_ms = t.timeout_ms;
  out.transaction_start_time_ms = t.started_ms;
  out.producer_id = t.producer_id;
  out.producer_epoch = t.epoch;
  for (const auto& [topic_id, index] : t.partitions) {
    const auto topic = b.store().find(topic_id);
    if (!topic) continue;  // deleted since
    if (out.topics.empty() || out.topics.back().topic != topic->name) out.topics.push_back({topic->name, {}});
    out.topics.back().partitions.push_back(index);
  }
}

}  // namespace

void describe_transactions(const call& c, kafka::describe_transactions_request& request) {
  kafka::describe_transactions_response response;
  for (const auto id : request.transactional_ids) {
    described& out = response.transaction_states.emplace_back();
    out.transactional_id = id;
    const transactions::transaction* t = c.of->transactions().find(id);
    if (t)
      fill(*c.of, *t, out);
    else
      out.error_code = kafka::code(id.empty() ? error_code::invalid_request : error_code::transactional_id_not_found);
  }
  c.answer(response);
}

void list_transactions(const call& c, kafka::list_transactions_request& request) {
  kafka::list_transactions_response response;
  const std::int64_t now = instant::now().ms();
  std::optional<RE2> pattern;
  if (request.transactional_id_pattern && !request.transactional_id_pattern->empty()) {
    pattern.emplace(*request.transactional_id_pattern, RE2::Quiet);
    if (!pattern->ok()) {
      response.error_code = kafka::code(error_code::invalid_regular_expression);
      return c.answer(response);
    }
  }
  for (const auto name : request.state_filters)
    if (!transactions::is_state_name(name)) response.unknown_state_filters.emplace_back(name);
  c.of->transactions().for_each([&](const transactions::transaction& t) {
    const auto allows = [](const auto& filter, const auto& value) {
      return filter.empty() || std::ranges::find(filter, value) != filter.end();
    };
    if (!allows(request.producer_id_filters, t.producer_id)) return;
    if (!allows(request.state_filters, transactions::name_of(t.state))) return;
    if (request.duration_filter >= 0 && now - t.started_ms <= request.duration_filter) return;
    if (pattern && !RE2::FullMatch(t.id, *pattern)) return;
    response.transaction_states.push_back({t.id, t.producer_id, std::string(transactions::name_of(t.state))});
  });
  c.answer(response);
}

void describe_producers(const call& c, kafka::describe_producers_request& request) {
  kafka::describe_producers_response response;
  for (const auto& topic : request.topics) {
    auto& topic_answer = response.topics.emplace_back();
    topic_answer.name = topic.name;
    const auto t = c.of->store().find(topic.name);
    for (const std::int32_t index : topic.partition_indexes) {
      auto& out = topic_answer.partitions.emplace_back();
      out.partition_index = index;
      if (!t || index < 0 || static_cast<std::size_t>(index) >= t->partitions.size()) {
        out.error_code = kafka::code(error_code::unknown_topic_or_partition);
        continue;
      }
      for (const auto& [id, p] : t->partitions[static_cast<std::size_t>(index)]->producers().all())
        out.active_producers.push_back(
            {id, p.epoch(), p.last_sequence(), p.last_used_ms, p.coordinator_epoch, p.open_at});
    }
  }
  c.answer(response);
}

}  // namespace mes::bus::handlers
