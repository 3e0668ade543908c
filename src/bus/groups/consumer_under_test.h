// A coordinator with topics that a test makes up and a log that it looks into, and heartbeats of KIP-848 to it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bus/groups/coordinator.h"

namespace mes::bus::groups {

struct made_up_topics : topic_view {
  std::map<std::string, known_topic> all;
  std::set<std::pair<std::string, std::string>> hidden;  // principal and topic
  std::uint64_t changes = 1;

  uuid add(const std::string& name, std::int32_t partitions) {
    auto& t = all[name];
    if (t.name.empty()) t = {uuid::make_v4(), name, 0};
    t.partitions = partitions;
    ++changes;
    return t.id;
  }
  std::optional<known_topic> find(std::string_view name) const override {
    const auto it = all.find(std::string(name));
    return it == all.end() ? std::nullopt : std::optional(it->second);
  }
  std::optional<known_topic> find(const uuid& id) const override {
    for (const auto& [name, t] : all)
      if (t.id == id) return t;
    return std::nullopt;
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> result;
    for (const auto& [name, t] : all) result.push_back(name);
    return result;
  }
  std::uint64_t version() const override { return changes; }
  bool may_describe(std::string_view principal, std::string_view, std::string_view topic) const override {
    return !hidden.contains({std::string(principal), std::string(topic)});
  }
};

// A coordinator whose log stores at once, unless told to wait.
struct consumer_under_test {
  std::unique_ptr<net::poller> loop = std::move(*net::poller::make());
  observe::logger log{"test", observe::level::error};
  made_up_topics topics;
  bool waits = false;
  std::vector<std::string> stored;
  std::vector<std::pair<std::string, std::move_only_function<void(bool)>>> on_the_way;
  coordinator groups;

  explicit consumer_under_test(coordinator_options options = {})
      : groups(
            options, *loop,
            [this](std::string payload, std::move_only_function<void(bool)> done) {
              on_the_way.emplace_back(std::move(payload), std::move(done));
              if (!waits) write();
            },
            log) {
    groups.set_topics(topics);
    groups.start();
  }
  void write(bool works = true) {
    for (auto& [payload, done] : std::exchange(on_the_way, {})) {
      if (works) {
        stored.push_back(payload);
        groups.apply(payload);
      }
      if (done) done(works);
    }
  }
  std::shared_ptr<heartbeat_result> send(heartbeat_request r) {
    auto result = std::make_shared<heartbeat_result>();
    result->epoch = -99;  // not answered yet
    groups.consumer_heartbeat(std::move(r), [result](heartbeat_result got) { *result = std::move(got); });
    return result;
  }
  heartbeat_result join(const std::string& id, std::vector<std::string> names = {"t"}) {
    return *send(joining(id, std::move(names)));
  }
  heartbeat_result beat(const std::string& id, std::int32_t epoch, std::optional<assignment> owned = {}) {
    heartbeat_request r;
    r.group = "g";
    r.member_id = id;
    r.epoch = epoch;
    r.owned = std::move(owned);
    return *send(r);
  }
  static heartbeat_request joining(const std::string& id, std::vector<std::string> names = {"t"}) {
    heartbeat_request r;
    r.group = "g";
    r.member_id = id;
    r.rebalance_timeout_ms = 60'000;
    r.topics = std::move(names);
    r.owned.emplace();
    return r;
  }
  const consumer_group& group() const { return *groups.find("g")->modern; }
};

}  // namespace mes::bus::groups
