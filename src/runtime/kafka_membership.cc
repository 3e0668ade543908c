#include "runtime/kafka_membership.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "runtime/kafka_close.h"
#include "runtime/kafka_conf.h"
#include "runtime/kafka_lists.h"
#include "runtime/kafka_message.h"

namespace mes::runtime {
namespace {

using clock = std::chrono::steady_clock;

// A newcomer that is not alone by then goes, so that the one that works does not lose its hold.
constexpr auto newcomer_waits = kafka_membership::session_timeout;
constexpr auto hold_within = newcomer_waits + std::chrono::seconds(20);
constexpr int slice_ms = 100;

// Ours is an older generation: the group is being dealt out anew.
bool is_rebalancing(rd_kafka_resp_err_t code) {
  constexpr std::array codes = {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
                                RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID};
  return std::ranges::find(codes, code) != codes.end();
}

}  // namespace

struct kafka_membership::state final : kafka_owner {
  state(const kafka_cluster& to, const std::string& client_id, const observe::logger& to_log, const std::string& group,
        kafka_topic of, kafka_admin& members_of)
      : kafka_owner(lines), lines(to_log, client_id), topic(std::move(of)), group_name(group), bus(members_of) {
    kafka_conf conf(to, client_id);
    conf.set("group.id", group);
    conf.set("session.timeout.ms", std::to_string(std::chrono::milliseconds(session_timeout).count()));
    conf.set("enable.auto.offset.store", "false");
    conf.set("enable.auto.commit", "false");
    conf.set("allow.auto.create.topics", "false");
    rd_kafka_conf_set_rebalance_cb(conf.get(), on_rebalance);
    conf.set_owner(*this);
    client = conf.make(RD_KAFKA_CONSUMER);
    rd_kafka_poll_set_consumer(client);
    const topic_list topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), topic.name.c_str(), RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(client, topics.get());
  }
  ~state() override { rd_kafka_destroy(client); }  // which is closed

  void failed(rd_kafka_resp_err_t, const char*) override {}  // hold() and commit() tell

  // The group's word is enough: nothing is assigned to the client, which would read it.
  static void on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
                           void* opaque) {
    auto* self = static_cast<state*>(static_cast<kafka_owner*>(opaque));
    self->held.reset();
    self->is_lost |= self->has_begun && rd_kafka_assignment_lost(client) != 0;
    if (code != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      rd_kafka_assign(client, nullptr);
      return;
    }
    self->held.emplace();
    for (const auto& p : std::span(partitions->elems, static_cast<std::size_t>(partitions->cnt)))
      self->held->push_back(p.partition);
    self->held_since = clock::now();
    const topic_list nothing(rd_kafka_topic_partition_list_new(0));
    rd_kafka_assign(client, nothing.get());
  }

  result<void> poll(int timeout_ms) {
    const kafka_message got(rd_kafka_consumer_poll(client, timeout_ms));
    if (got && got->err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fail(kafka_error(got->err).code, fmt::format("Bus: {}", rd_kafka_message_errstr(got.get())));
    return {};
  }

  // Whoever joins a group in which somebody was alone is a newcomer there. Of newcomers the one with the least id
  // stays.
  result<void> begin() {
    const auto group = bus.group(group_name);
    if (!group) return fail(group.error());
    const std::unique_ptr<char, decltype([](char* id) { rd_kafka_mem_free(nullptr, id); })> own(
        rd_kafka_memberid(client));
    const std::string_view own_id = own ? own.get() : "";
    const auto is_other = [own_id](const kafka_group_member& m) { return m.id != own_id; };
    const auto is_before = [own_id](const kafka_group_member& m) { return m.id < own_id; };
    has_begun = has_all() && group->members.size() == 1 && !is_other(group->members.front());
    const bool has_prospect =
        std::ranges::none_of(group->members, is_before) && clock::now() - held_since < newcomer_waits;
    if (std::ranges::any_of(group->members, is_other) && !has_prospect)
      return fail(error_code::conflict, fmt::format("Another one works on {}", topic.name));
    return {};
  }

  bool has_all() const { return held && std::ssize(*held) >= topic.partitions; }

  // rd_kafka_commit() would wait for ever for a bus that is away.
  rd_kafka_resp_err_t commit(const rd_kafka_topic_partition_list_t& offsets) {
    outcome = RD_KAFKA_RESP_ERR__TIMED_OUT;
    rd_kafka_queue_t* answer = rd_kafka_queue_new(client);
    auto code = rd_kafka_commit_queue(client, &offsets, answer, on_commit, static_cast<kafka_owner*>(this));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_queue_poll_callback(answer, static_cast<int>(std::chrono::milliseconds(session_timeout).count()));
      code = outcome;
    }
    rd_kafka_queue_destroy(answer);
    return code;
  }
  static void on_commit(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t*, void* opaque) {
    static_cast<state*>(static_cast<kafka_owner*>(opaque))->outcome = code;
  }

  kafka_log lines;
  const kafka_topic topic;
  const std::string group_name;
  kafka_admin& bus;
  rd_kafka_t* client = nullptr;
  std::optional<std::vector<std::int32_t>> held;  // partitions; nothing: not known yet
  clock::time_point held_since;
  bool has_begun = false;                                    // all was ours alone
  bool is_lost = false;                                      // and then the group has lost us
  rd_kafka_resp_err_t outcome = RD_KAFKA_RESP_ERR_NO_ERROR;  // of the commit
};

kafka_membership::kafka_membership(const kafka_cluster& to, const std::string& client_id, const observe::logger& log,
                                   const std::string& group, kafka_topic topic, kafka_admin& bus)
    : _state(std::make_unique<state>(to, client_id, log, group, std::move(topic), bus)) {}
kafka_membership::~kafka_membership() { end_consumer(std::move(_state)); }

result<void> kafka_membership::hold(const std::function<bool()>& is_over) {
  auto polled = _state->poll(0);
  for (const auto until = clock::now() + hold_within; polled && clock::now() < until; polled = _state->poll(slice_ms)) {
    if (_state->is_lost)
      return fail(error_code::conflict,
                  fmt::format("The bus has not heard of this one for {} s, and another one may have worked on {} since",
                              std::chrono::seconds(session_timeout).count(), _state->topic.name));
    if (_state->held && !_state->has_begun)
      if (auto begun = _state->begin(); !begun) return begun;
    if (_state->has_begun && _state->has_all()) return {};
    if (is_over()) return fail(error_code::cancelled, "Interrupted");
  }
  if (!polled) return polled;
  return fail(error_code::timed_out, fmt::format("The bus did not give us {} in time", _state->topic.name));
}

result<void> kafka_membership::commit(const kafka_place& where) {
  const topic_list offsets = list_of({where});
  auto code = RD_KAFKA_RESP_ERR_NO_ERROR;
  const auto until = clock::now() + hold_within;
  do {
    if (auto held = hold([] { return false; }); !held) return held;  // what has been done is to be known
    code = _state->commit(*offsets);
    if (!is_rebalancing(code)) break;
    if (auto polled = _state->poll(slice_ms); !polled) return polled;
  } while (clock::now() < until);
  return code == RD_KAFKA_RESP_ERR_NO_ERROR ? result<void>() : fail(kafka_error(code));
}

}  // namespace mes::runtime
