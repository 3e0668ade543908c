// Consumers of both protocols with whatever they say: subscriptions and assignments as clients pack them, heartbeats of
// KIP-848, joins and syncs of the classic protocol, from one to the other. No crash; no partition is ever two members';
// a group is the same after a restart.
//
// Input: steps, each a kind (1 byte), a member (1 byte), a size (1 byte) and so many bytes.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "bus/groups/client_protocol.h"
#include "bus/groups/coordinator.h"
#include "bus/groups/topic_pattern.h"

namespace {

namespace groups = mes::bus::groups;
namespace kafka = mes::wire::kafka;
using mes::uuid;

struct few_topics : groups::topic_view {
  std::vector<groups::known_topic> all;
  std::uint64_t changes = 1;

  few_topics() {
    for (const char* name : {"a", "b", "line.1"}) {
      uuid id;
      id.bytes[15] = static_cast<std::uint8_t>(all.size() + 1);
      all.push_back({id, name, 3});
    }
  }
  std::optional<groups::known_topic> find(std::string_view name) const override {
    for (const auto& t : all)
      if (t.name == name) return t;
    return std::nullopt;
  }
  std::optional<groups::known_topic> find(const uuid& id) const override {
    for (const auto& t : all)
      if (t.id == id) return t;
    return std::nullopt;
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> result;
    for (const auto& t : all) result.push_back(t.name);
    return result;
  }
  std::uint64_t version() const override { return changes; }
};

void check(bool fine) {
  if (!fine) std::abort();
}

constexpr std::size_t members = 4;

struct plant {
  std::unique_ptr<mes::bus::net::poller> loop = std::move(*mes::bus::net::poller::make());
  mes::observe::logger log{"fuzz", mes::observe::level::error};
  few_topics topics;
  groups::coordinator coordinator{{},
                                  *loop,
                                  [this](std::string payload, std::move_only_function<void(bool)> done) {
                                    coordinator.apply(payload);
                                    if (done) done(true);
                                  },
                                  log};
  std::string ids[members];
  std::int32_t epochs[members] = {};

  plant() {
    log.set_stdout(false);
    coordinator.set_topics(topics);
    coordinator.start();
  }
};

void packed(const few_topics& topics, std::string_view bytes) {
  (void)groups::unpack_subscription(bytes, topics);
  const auto a = groups::unpack_assignment(bytes, topics);
  if (!a) return;
  for (std::int16_t version = 0; version <= 3; ++version)
    check(groups::unpack_assignment(groups::pack_assignment(*a, version, topics), topics) == a);
}

void classic_join(plant& p, std::size_t who, std::string_view bytes) {
  groups::join_request r;
  r.group = "g";
  r.member_id = p.ids[who];
  if (who == 3) r.instance_id = "fixed";
  r.client_id = "c";
  r.session_timeout_ms = r.rebalance_timeout_ms = 10'000;
  r.protocol_type = "consumer";
  r.supported = {{"range", std::string(bytes)}};
  if (who == 2) r.supported.emplace_back("cooperative-sticky", std::string(bytes));
  p.coordinator.join(r, [&p, who](const groups::join_result& got) {
    if (got.error != kafka::error_code::none) return;
    p.ids[who] = got.member_id;
    p.epochs[who] = got.generation;
  });
}

void classic_sync(plant& p, std::size_t who, std::string_view bytes) {
  groups::sync_request r;
  r.group = "g";
  r.member_id = p.ids[who];
  r.generation = p.epochs[who];
  for (const std::string& id : p.ids) r.assignments.emplace_back(id, std::string(bytes));
  p.coordinator.sync(
      r, [&p](const groups::sync_result& got) { (void)groups::unpack_assignment(got.assignment, p.topics); });
}

// A heartbeat of KIP-848: the first byte says what is in it.
void beat(plant& p, std::size_t who, std::string_view bytes) {
  kafka::reader in(bytes);
  const auto what = static_cast<std::uint8_t>(in.int8());
  groups::heartbeat_request r;
  r.group = "g";
  r.member_id = p.ids[who];
  r.epoch = (what & 1) != 0 ? 0 : p.epochs[who];
  if ((what & 2) != 0) r.epoch = in.int8();
  if (who == 3) r.instance_id = "fixed";
  if ((what & 4) != 0 || r.epoch == 0) {
    r.rebalance_timeout_ms = 10'000;
    r.topics = (what & 8) != 0 ? std::vector<std::string>{"a", "b"} : std::vector<std::string>{"a"};
    r.owned.emplace();
  }
  if ((what & 16) != 0) r.assignor = (what & 8) != 0 ? "range" : "uniform";
  if ((what & 32) != 0) r.owned = groups::unpack_assignment(in.rest(), p.topics);
  if ((what & 64) != 0) r.regex = std::string(in.rest());
  p.coordinator.consumer_heartbeat(r, [&p, who](const groups::heartbeat_result& got) {
    if (got.error != kafka::error_code::none) return;
    p.ids[who] = got.member_id;
    p.epochs[who] = got.epoch;
  });
}

void one_owner_each(const groups::coordinator& c) {
  for (const auto& [name, g] : c.all()) {
    if (!g->modern) continue;
    std::set<std::pair<uuid, std::int32_t>> owned;
    for (const auto& [id, m] : g->modern->members)
      for (const groups::assignment* const a : {&m->assigned, &m->revoking})
        for (const auto& [topic, partitions] : *a)
          for (const std::int32_t partition : partitions) check(owned.insert({topic, partition}).second);
  }
}

std::string written(const groups::coordinator& c) {
  kafka::writer out;
  c.snapshot(out);
  return out.buffer();
}

void same_after_a_restart(const plant& p) {
  const std::string before = written(p.coordinator);
  plant again;
  again.topics = p.topics;
  kafka::reader in(before);
  check(again.coordinator.restore(in) && in.left() == 0);
  check(written(again.coordinator) == before);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  plant p;
  kafka::reader in({reinterpret_cast<const char*>(data), size});
  for (int step = 0; in.left() > 0 && step < 64; ++step) {
    const int kind = in.int8() & 7;
    const std::size_t who = static_cast<std::uint8_t>(in.int8()) % members;
    const std::string_view bytes = in.raw(std::min<std::size_t>(static_cast<std::uint8_t>(in.int8()), in.left()));
    if (!in.ok()) break;
    if (kind == 0) packed(p.topics, bytes);
    if (kind == 1) classic_join(p, who, bytes);
    if (kind == 2) classic_sync(p, who, bytes);
    if (kind == 3) (void)p.coordinator.heartbeat({"g", p.ids[who], std::nullopt, p.epochs[who]});
    if (kind == 4) p.coordinator.leave("g", {{p.ids[who], std::nullopt}}, [](const groups::leave_result&) {});
    if (kind == 5) beat(p, who, bytes);
    if (kind == 6) (void)groups::check_pattern(std::string(bytes));
    if (kind == 7) {
      auto& t = p.topics.all[who % p.topics.all.size()];
      t.partitions = std::min(t.partitions + 1, 9);
      ++p.topics.changes;
    }
    one_owner_each(p.coordinator);
  }
  same_after_a_restart(p);
  return 0;
}
