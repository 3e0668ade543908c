// A member of a consumer group that holds a topic as a whole, so that one process at a time works on it: the one that
// began first. Reads nothing: kafka_reader does.
#pragma once

#include <functional>
#include <memory>

#include "runtime/kafka_admin.h"

namespace mes::runtime {

class kafka_membership {
 public:
  // How long one that ended without a word is still a member.
  static constexpr auto session_timeout = std::chrono::seconds(10);

  kafka_membership(const kafka_cluster& to, const std::string& client_id, const observe::logger& log,
                   const std::string& group, kafka_topic topic, kafka_admin& bus);
  ~kafka_membership();  // leaves the group, unless the bus is silent

  // Once all partitions are ours and nobody else's, also where the group has just been dealt out anew. `conflict`:
  // another member was there before, or one that has come at the same time stays; or the bus has not heard of us for
  // the session's time. `cancelled`: it is over while it waits. To be called before each step of the work.
  result<void> hold(const std::function<bool()>& is_over);
  result<void> commit(const kafka_place& where);

 private:
  struct state;
  std::unique_ptr<state> _state;
};

}  // namespace mes::runtime
