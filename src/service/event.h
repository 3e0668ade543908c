// Events: what a service tells others, as CloudEvents 1.0 in Kafka's binary mode (key = aggregate, value = data).
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/instant.h"
#include "base/uuid.h"
#include "observe/trace.h"
#include "runtime/kafka.h"

namespace mes::service {
namespace json = boost::json;

struct event {
  std::string type;                    // the topic: "work-order.updated" (contracts/topics.yaml)
  std::string aggregate_id;            // the record's key
  std::int64_t aggregate_version = 0;  // gap-free for an aggregate; the state in `data` is the one after the change
  json::object data;                   // as in contracts/events; members in snake_case

  // Filled in when it is sent or read.
  uuid id;                 // ce_id: consumers handle it once
  std::string source;      // ce_source: "/work-order-service"
  instant time;            // ce_time
  std::string request_id;  // ce_requestid: the request that caused it, through all its consequences
  std::string user;        // ce_userid: who asked for it
  std::optional<observe::trace_context> trace;  // traceparent
};

runtime::kafka_record to_record(const event& e);
result<event> from_record(const runtime::kafka_record& record);  // corrupt: what is missing or malformed

}  // namespace mes::service
