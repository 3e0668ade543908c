// Committed offsets: from Kafka's messages to the coordinator and back.
#include <algorithm>
#include <memory>

#include "base/instant.h"
#include "bus/handlers/group.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

constexpr std::int64_t years_100_ms = 3'155'760'000'000;  // as good as for ever, and can be added to a time

// A topic as requests name it: by its id from version 10 on.
template <class Topic>
std::shared_ptr<log::topic> find_topic(const call& c, const Topic& topic) {
  return c.version >= 10 ? c.of->store().find(topic.topic_id) : c.of->store().find(topic.name);
}

// An offset that is committed while its topic is being deleted would be one of the next topic of that name.
error_code check_partition(const call& c, const log::topic* t, std::int32_t index) {
  if (!t || t->deleting) return c.version >= 10 ? error_code::unknown_topic_id : error_code::unknown_topic_or_partition;
  const bool is_there = index >= 0 && static_cast<std::size_t>(index) < t->partitions.size();
  return is_there ? error_code::none : error_code::unknown_topic_or_partition;
}

}  // namespace

void offset_commit(const call& c, kafka::offset_commit_request& request) {
  broker& b = *c.of;
  const error_code whole =
      b.groups().check_commit({std::string(request.group_id), std::string(request.member_id),
                               owned(request.group_instance_id), request.generation_id_or_member_epoch},
                              {.knows_member_epoch = c.version >= 9});
  const std::int64_t now = instant::now().ms();
  const std::int64_t expires =
      request.retention_time_ms < 0 ? -1 : now + std::min(request.retention_time_ms, years_100_ms);
  auto response = std::make_shared<kafka::offset_commit_response>();
  std::vector<groups::offset_to_commit> offsets;
  bool any_too_large = false;
  for (const auto& topic : request.topics) {
    auto& topic_answer = response->topics.emplace_back();
    const auto t = find_topic(c, topic);
    topic_answer.name = topic.name;
    topic_answer.topic_id = topic.topic_id;
    for (const auto& p : topic.partitions) {
      const std::string_view metadata = p.committed_metadata.value_or("");
      error_code error = check_partition(c, t.get(), p.partition_index);
      if (error == error_code::none) error = whole;
      if (error == error_code::none && metadata.size() > b.groups().options().offset_metadata_bytes_max) {
        error = error_code::offset_metadata_too_large;
        any_too_large = true;
      }
      topic_answer.partitions.push_back({p.partition_index, kafka::code(error)});
      if (error == error_code::none)
        offsets.push_back({{t->name, p.partition_index},
                           {p.committed_offset, p.committed_leader_epoch, std::string(metadata), now, expires}});
    }
  }
  // As in Kafka a commit that the group allows makes it, also if nothing of it is kept.
  const bool makes_group = any_too_large && b.groups().find(request.group_id) == nullptr;
  if (offsets.empty() && !makes_group) return c.answer(*response);
  const auto refuse_all = [](kafka::offset_commit_response& all, error_code error) {
    for (auto& topic : all.topics)
      for (auto& p : topic.partitions)
        if (p.error_code == 0) p.error_code = kafka::code(error);
  };
  std::size_t size = 0;
  for (const auto& o : offsets) size += o.where.first.size() + o.what.metadata.size() + sizeof o.what;
  if (size > b.groups().options().state_bytes_max) {
    refuse_all(*response, error_code::invalid_commit_offset_size);
    return c.answer(*response);
  }
  b.groups().commit(std::string(request.group_id), offsets, [c, response, refuse_all](bool stored) {
    if (!stored) refuse_all(*response, error_code::coordinator_not_available);
    c.answer(*response);
  });
}

namespace {

using fetched_group = kafka::offset_fetch_response::offset_fetch_response_group;
using fetched_partition = kafka::offset_fetch_response::offset_fetch_response_partitions;

struct offset_reader {
  const call& from;
  std::string_view group_id;
  const groups::group* g;  // null: there is none
  bool require_stable;

  fetched_partition read(const std::string& topic, std::int32_t index) const {
    fetched_partition out;
    out.partition_index = index;
    out.committed_offset = -1;
    out.metadata = "";
    if (require_stable && from.of->groups().is_pending(group_id, {topic, index})) {
      out.error_code = kafka::code(error_code::unstable_offset_commit);
      return out;
    }
    if (!g) return out;
    const auto it = g->offsets.find({topic, index});
    if (it == g->offsets.end()) return out;
    out.committed_offset = it->second.offset;
    out.committed_leader_epoch = it->second.leader_epoch;
    out.metadata = it->second.metadata;
    return out;
  }
};

void read_all(const offset_reader& reader, fetched_group& out) {
  if (!reader.g) return;
  for (const auto& [where, o] : reader.g->offsets) {
    if (out.topics.empty() || out.topics.back().name != where.first) {
      const auto t = reader.from.of->store().find(where.first);
      if (!t && reader.from.version >= 10) continue;  // it has no id any more
      out.topics.emplace_back().name = where.first;
      if (t) out.topics.back().topic_id = t->id;
    }
    out.topics.back().partitions.push_back(reader.read(where.first, where.second));
  }
}

fetched_group fetch_group(const call& c, const kafka::offset_fetch_request::offset_fetch_request_group& wanted,
                          bool require_stable) {
  broker& b = *c.of;
  fetched_group out;
  out.group_id = wanted.group_id;
  const auto whole = b.groups().check_fetch(wanted.group_id, owned(wanted.member_id), wanted.member_epoch);
  out.error_code = kafka::code(whole);
  if (whole != error_code::none) return out;
  const offset_reader reader{c, wanted.group_id, b.groups().find(wanted.group_id), require_stable};
  if (!wanted.topics) {
    read_all(reader, out);
    return out;
  }
  for (const auto& topic : *wanted.topics) {
    auto& topic_answer = out.topics.emplace_back();
    topic_answer.name = topic.name;
    topic_answer.topic_id = topic.topic_id;
    const auto t = c.version >= 10 ? b.store().find(topic.topic_id) : nullptr;
    for (const std::int32_t index : topic.partition_indexes) {
      topic_answer.partitions.push_back(reader.read(t ? t->name : topic_answer.name, index));
      if (c.version >= 10 && !t) topic_answer.partitions.back().error_code = kafka::code(error_code::unknown_topic_id);
    }
  }
  return out;
}

}  // namespace

void offset_fetch(const call& c, kafka::offset_fetch_request& request) {
  kafka::offset_fetch_response response;
  if (c.version >= 8) {
    for (const auto& g : request.groups) response.groups.push_back(fetch_group(c, g, request.require_stable));
    return c.answer(response);
  }
  kafka::offset_fetch_request::offset_fetch_request_group one;
  one.group_id = request.group_id;
  if (request.topics)
    for (const auto& t : *request.topics) one.topics->push_back({t.name, {}, t.partition_indexes});
  else
    one.topics.reset();
  auto fetched = fetch_group(c, one, request.require_stable);
  response.error_code = fetched.error_code;
  for (auto& t : fetched.topics) {
    auto& out = response.topics.emplace_back();
    out.name = std::move(t.name);
    for (auto& p : t.partitions)
      out.partitions.push_back(
          {p.partition_index, p.committed_offset, p.committed_leader_epoch, std::move(p.metadata), p.error_code});
  }
  c.answer(response);
}

void offset_delete(const call& c, kafka::offset_delete_request& request) {
  auto response = std::make_shared<kafka::offset_delete_response>();
  const auto whole =
      request.group_id.empty() ? error_code::invalid_group_id : c.of->groups().check_delete_offsets(request.group_id);
  response->error_code = kafka::code(whole);
  if (whole != error_code::none) return c.answer(*response);
  const groups::group& g = *c.of->groups().find(request.group_id);
  const groups::group_subscriptions used = c.of->groups().subscriptions_of(g);
  std::vector<groups::topic_partition> which;
  for (const auto& topic : request.topics) {
    auto& topic_answer = response->topics.emplace_back();
    topic_answer.name = topic.name;
    const auto t = c.of->store().find(topic.name);
    for (const auto& p : topic.partitions) {
      error_code error = check_partition(c, t.get(), p.partition_index);
      if (error == error_code::none && used.contain(topic.name)) error = error_code::group_subscribed_to_topic;
      topic_answer.partitions.push_back({p.partition_index, kafka::code(error)});
      if (error == error_code::none) which.emplace_back(topic_answer.name, p.partition_index);
    }
  }
  if (which.empty()) return c.answer(*response);
  c.of->groups().remove_offsets(std::string(request.group_id), which, [c, response](bool stored) {
    if (!stored) response->error_code = kafka::code(error_code::coordinator_not_available);
    c.answer(*response);
  });
}

}  // namespace mes::bus::handlers
