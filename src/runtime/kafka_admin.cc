#include "runtime/kafka_admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "runtime/kafka_conf.h"
#include "runtime/kafka_lists.h"

namespace mes::runtime {
namespace {

struct event_deleter {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using event = std::unique_ptr<rd_kafka_event_t, event_deleter>;

struct options_deleter {
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};
using admin_options = std::unique_ptr<rd_kafka_AdminOptions_t, options_deleter>;

constexpr std::string_view dead = "Dead";
constexpr int slice_ms = 250;  // of a wait, between looks at whether it is in vain
// A name may have other addresses than the one that was tried first.
constexpr auto all_down_for = std::chrono::seconds(2);

std::span<rd_kafka_topic_partition_t> span_of(const rd_kafka_topic_partition_list_t* list) {
  if (list == nullptr) return {};
  return {list->elems, static_cast<std::size_t>(list->cnt)};
}

std::string text(const char* c) { return c == nullptr ? "" : c; }

kafka_group read_group(const rd_kafka_ConsumerGroupDescription_t* from) {
  kafka_group group;
  group.name = text(rd_kafka_ConsumerGroupDescription_group_id(from));
  group.state = text(rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(from)));
  group.assignor = text(rd_kafka_ConsumerGroupDescription_partition_assignor(from));
  for (std::size_t i = 0; i < rd_kafka_ConsumerGroupDescription_member_count(from); ++i) {
    const rd_kafka_MemberDescription_t* m = rd_kafka_ConsumerGroupDescription_member(from, i);
    kafka_group_member& member = group.members.emplace_back();
    member.id = text(rd_kafka_MemberDescription_consumer_id(m));
    member.client_id = text(rd_kafka_MemberDescription_client_id(m));
    member.host = text(rd_kafka_MemberDescription_host(m));
    if (const auto* assignment = rd_kafka_MemberDescription_assignment(m); assignment != nullptr)
      for (const auto& p : span_of(rd_kafka_MemberAssignment_partitions(assignment)))
        member.assigned.push_back({p.topic, p.partition, -1});
  }
  return group;
}

}  // namespace

struct kafka_admin::state final : kafka_owner {
  state(const kafka_cluster& to, const std::string& client_id, const observe::logger& to_log,
        std::chrono::milliseconds wait)
      : kafka_owner(lines),
        lines(to_log, client_id),
        bootstrap(to.bootstrap),
        timeout_ms(static_cast<int>(wait.count())) {
    kafka_conf conf(to, client_id);
    conf.set("group.id", client_id + ".alone");  // the client wants a name even where nobody joins
    conf.set("allow.auto.create.topics", "false");
    conf.set("log.connection.close", "true");  // as an error too: why we are not served
    conf.set_owner(*this);
    client = conf.make(RD_KAFKA_CONSUMER);
    queue = rd_kafka_queue_new(client);
  }
  ~state() override {
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
  }
  // Each call tells its own error; that the bus does not let us in is why it never would, and why it is not reached is
  // told here alone.
  void failed(rd_kafka_resp_err_t code, const char* reason) override {
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !down_since) down_since = std::chrono::steady_clock::now();
    if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__RESOLVE) unreachable = reason;
    if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL)
      refused = fail(error_code::permission_denied, fmt::format("Bus: {}", reason));
  }
  result<void> look_for_refusal() {
    rd_kafka_poll(client, 0);
    if (!refused) return refused;
    if (down_since && std::chrono::steady_clock::now() - *down_since > all_down_for)
      return fail(error_code::unavailable, fmt::format("Bus: {}", why_unreachable()));
    return {};
  }
  std::string why_unreachable() const {
    const std::string why = unreachable.empty() ? bootstrap + ": no answer" : unreachable;
    const bool found_nobody = unreachable.contains("in state CONNECT");  // librdkafka's words
    return found_nobody ? why : why + "; does the listener want TLS or SASL? (--command-config)";
  }

  error error_of(rd_kafka_resp_err_t code, const char* words = nullptr) {
    rd_kafka_poll(client, 0);
    const bool silent = code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__RESOLVE ||
                        code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
    error told = kafka_error(code);
    if (words != nullptr) told.message = fmt::format("Bus: {}", words);
    if (silent) told.message = fmt::format("Bus: {}", why_unreachable());
    return told;
  }
  result<void> failure_of(const rd_kafka_error_t* fault) {
    if (fault == nullptr || rd_kafka_error_code(fault) == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    return fail(error_of(rd_kafka_error_code(fault)));
  }

  admin_options options(rd_kafka_admin_op_t what) const {
    admin_options made(rd_kafka_AdminOptions_new(client, what));
    std::array<char, 256> why{};
    rd_kafka_AdminOptions_set_request_timeout(made.get(), timeout_ms, why.data(), why.size());
    return made;
  }
  result<event> answer() {
    event got;
    down_since.reset();
    for (int waited = 0; !got && waited < timeout_ms + 1'000; waited += slice_ms) {
      got.reset(rd_kafka_queue_poll(queue, slice_ms));
      if (auto fine = look_for_refusal(); !got && !fine) return fail(std::move(fine.error()));
    }
    if (!got) return fail(error_of(RD_KAFKA_RESP_ERR__TIMED_OUT));
    const auto code = rd_kafka_event_error(got.get());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return got;
    return fail(error_of(code, rd_kafka_event_error_string(got.get())));
  }
  result<std::vector<kafka_group>> describe(const std::vector<std::string>& names) {
    std::vector<const char*> pointers;
    for (const std::string& name : names) pointers.push_back(name.c_str());
    const auto with = options(RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    rd_kafka_DescribeConsumerGroups(client, pointers.data(), pointers.size(), with.get(), queue);
    auto got = answer();
    if (!got) return fail(got.error());
    std::size_t count = 0;
    const auto* all =
        rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(got->get()), &count);
    std::vector<kafka_group> groups;
    for (const auto* g : std::span(all, count)) {
      if (auto ok = failure_of(rd_kafka_ConsumerGroupDescription_error(g)); !ok) return fail(ok.error());
      groups.push_back(read_group(g));
    }
    std::ranges::sort(groups, {}, &kafka_group::name);
    return groups;
  }

  result<std::vector<kafka_group>> list();  // names and states

  kafka_log lines;
  const std::string bootstrap;
  const int timeout_ms;
  result<void> refused;
  std::string unreachable;                                          // why, as it was told last
  std::optional<std::chrono::steady_clock::time_point> down_since;  // of all brokers, in this call
  rd_kafka_t* client = nullptr;
  rd_kafka_queue_t* queue = nullptr;
};

kafka_admin::kafka_admin(const kafka_cluster& to, const std::string& client_id, const observe::logger& log,
                         std::chrono::milliseconds timeout)
    : _state(std::make_unique<state>(to, client_id, log, timeout)) {}
kafka_admin::~kafka_admin() = default;

result<std::vector<kafka_topic>> kafka_admin::topics() {
  const rd_kafka_metadata_t* answer = nullptr;
  auto code = RD_KAFKA_RESP_ERR__TIMED_OUT;
  _state->down_since.reset();
  // An answer that comes after its slice is lost: the next one is longer, for links that are slow.
  for (int waited = 0, slice = slice_ms; waited < _state->timeout_ms; waited += slice, slice *= 2) {
    slice = std::min(slice, _state->timeout_ms - waited);
    code = rd_kafka_metadata(_state->client, 1, nullptr, &answer, slice);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    if (auto fine = _state->look_for_refusal(); !fine) return fail(std::move(fine.error()));
    if (code != RD_KAFKA_RESP_ERR__TIMED_OUT && code != RD_KAFKA_RESP_ERR__TRANSPORT) break;
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(_state->error_of(code));
  std::vector<kafka_topic> topics;
  for (const auto& t : std::span(answer->topics, static_cast<std::size_t>(answer->topic_cnt)))
    topics.push_back({t.topic, t.partition_cnt});
  rd_kafka_metadata_destroy(answer);
  std::ranges::sort(topics, {}, &kafka_topic::name);
  return topics;
}

result<kafka_topic> kafka_admin::topic(const std::string& name) {
  auto all = topics();
  if (!all) return fail(all.error());
  const auto found = std::ranges::find(*all, name, &kafka_topic::name);
  if (found == all->end()) return fail(error_code::not_found, fmt::format("There is no topic {}", name));
  return *found;
}

result<std::map<std::string, std::string>> kafka_admin::configs(const std::string& topic) {
  rd_kafka_ConfigResource_t* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  const auto with = _state->options(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
  rd_kafka_DescribeConfigs(_state->client, &resource, 1, with.get(), _state->queue);
  rd_kafka_ConfigResource_destroy(resource);
  auto got = _state->answer();
  if (!got) return fail(got.error());
  std::size_t count = 0;
  const auto* resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(got->get()), &count);
  std::map<std::string, std::string> configs;
  for (const auto* r : std::span(resources, count)) {
    if (const auto code = rd_kafka_ConfigResource_error(r); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fail(_state->error_of(code));
    std::size_t entries = 0;
    const auto* all = rd_kafka_ConfigResource_configs(r, &entries);
    for (const auto* entry : std::span(all, entries))
      configs[text(rd_kafka_ConfigEntry_name(entry))] = text(rd_kafka_ConfigEntry_value(entry));
  }
  return configs;
}

result<std::vector<kafka_place>> kafka_admin::find_offsets(std::vector<kafka_place> places, std::int64_t time_ms) {
  if (places.empty()) return places;  // which the client would take for a mistake
  for (kafka_place& p : places) p.offset = time_ms;
  const topic_list list = list_of(places);
  const auto code = rd_kafka_offsets_for_times(_state->client, list.get(), _state->timeout_ms);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(_state->error_of(code));
  std::vector<kafka_place> missing;  // nothing is that young
  for (auto [p, found] = std::pair(places.begin(), span_of(list.get()).begin()); p != places.end(); ++p, ++found) {
    if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(_state->error_of(found->err));
    p->offset = found->offset;
    if (p->offset < 0) missing.push_back(*p);
  }
  if (missing.empty() || time_ms == at_end) return places;
  const auto ends = find_offsets(std::move(missing), at_end);
  if (!ends) return fail(ends.error());
  auto end = ends->begin();
  for (kafka_place& p : places)
    if (p.offset < 0) p.offset = (end++)->offset;
  return places;
}

result<std::vector<kafka_group>> kafka_admin::state::list() {
  const auto with = options(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS);
  rd_kafka_ListConsumerGroups(client, with.get(), queue);
  auto got = answer();
  if (!got) return fail(got.error());
  std::size_t count = 0;
  const auto* result = rd_kafka_event_ListConsumerGroups_result(got->get());
  const auto* faults = rd_kafka_ListConsumerGroups_result_errors(result, &count);
  for (const auto* fault : std::span(faults, count)) return fail(error_of(rd_kafka_error_code(fault)));
  const auto* listed = rd_kafka_ListConsumerGroups_result_valid(result, &count);
  std::vector<kafka_group> groups;
  for (const auto* g : std::span(listed, count))
    groups.push_back({.name = text(rd_kafka_ConsumerGroupListing_group_id(g)),
                      .state = text(rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupListing_state(g))),
                      .assignor = {},
                      .described = false,
                      .members = {}});
  std::ranges::sort(groups, {}, &kafka_group::name);
  return groups;
}

// What is listed, but not there to be described, is of the new protocol.
result<std::vector<kafka_group>> kafka_admin::groups() {
  auto groups = _state->list();
  if (!groups || groups->empty()) return groups;
  std::vector<std::string> names;
  for (const kafka_group& g : *groups) names.push_back(g.name);
  auto described = _state->describe(names);
  if (!described) return described;
  for (kafka_group& d : *described) {
    const auto listed = std::ranges::find(*groups, d.name, &kafka_group::name);
    if (listed != groups->end() && d.state != dead) *listed = std::move(d);
  }
  return groups;
}

result<kafka_group> kafka_admin::group(const std::string& name) {
  auto all = _state->describe({name});
  if (!all) return fail(all.error());
  if (all->empty()) return fail(error_code::not_found, fmt::format("There is no group {}", name));
  if (all->front().state != dead) return std::move(all->front());
  auto listed = _state->list();
  if (!listed) return fail(listed.error());
  const auto found = std::ranges::find(*listed, name, &kafka_group::name);
  return found == listed->end() ? std::move(all->front()) : std::move(*found);
}

result<std::vector<kafka_place>> kafka_admin::committed(const std::string& group) {
  rd_kafka_ListConsumerGroupOffsets_t* request = rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), nullptr);
  const auto with = _state->options(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
  rd_kafka_ListConsumerGroupOffsets(_state->client, &request, 1, with.get(), _state->queue);
  rd_kafka_ListConsumerGroupOffsets_destroy(request);
  auto got = _state->answer();
  if (!got) return fail(got.error());
  std::size_t count = 0;
  const auto* groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(got->get()), &count);
  std::vector<kafka_place> places;
  for (const auto* g : std::span(groups, count)) {
    if (auto ok = _state->failure_of(rd_kafka_group_result_error(g)); !ok) return fail(ok.error());
    for (const auto& p : span_of(rd_kafka_group_result_partitions(g)))
      if (p.offset >= 0)
        places.push_back(
            {p.topic, p.partition, p.offset, std::string(static_cast<const char*>(p.metadata), p.metadata_size)});
  }
  std::ranges::sort(places);
  return places;
}

result<void> kafka_admin::set_committed(const std::string& group, const std::vector<kafka_place>& places) {
  const topic_list list = list_of(places);
  rd_kafka_AlterConsumerGroupOffsets_t* request = rd_kafka_AlterConsumerGroupOffsets_new(group.c_str(), list.get());
  const auto with = _state->options(RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS);
  rd_kafka_AlterConsumerGroupOffsets(_state->client, &request, 1, with.get(), _state->queue);
  rd_kafka_AlterConsumerGroupOffsets_destroy(request);
  auto got = _state->answer();
  if (!got) return fail(got.error());
  std::size_t count = 0;
  const auto* groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
      rd_kafka_event_AlterConsumerGroupOffsets_result(got->get()), &count);
  for (const auto* g : std::span(groups, count)) {
    if (auto ok = _state->failure_of(rd_kafka_group_result_error(g)); !ok) return ok;
    for (const auto& p : span_of(rd_kafka_group_result_partitions(g)))
      if (p.err != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(_state->error_of(p.err));
  }
  return {};
}

}  // namespace mes::runtime
