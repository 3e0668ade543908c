// What a request names again is answered once: an answer may be a thousand times as long as the name. Kafka answers
// some of these as often as they are named, but no client asks so.
#pragma once

namespace mes::wire::kafka {

struct consumer_group_describe_request;
struct describe_configs_request;
struct describe_groups_request;
struct describe_log_dirs_request;
struct describe_producers_request;
struct describe_transactions_request;
struct list_config_resources_request;
struct offset_fetch_request;

}  // namespace mes::wire::kafka

namespace mes::bus::handlers {

// Requests that are not here have short answers for each name, or rules of their own in their handlers.
template <class Request>
void name_once(Request&) {}

void name_once(wire::kafka::consumer_group_describe_request& request);
void name_once(wire::kafka::describe_configs_request& request);
void name_once(wire::kafka::describe_groups_request& request);
void name_once(wire::kafka::describe_log_dirs_request& request);
void name_once(wire::kafka::describe_producers_request& request);
void name_once(wire::kafka::describe_transactions_request& request);
void name_once(wire::kafka::list_config_resources_request& request);
void name_once(wire::kafka::offset_fetch_request& request);

}  // namespace mes::bus::handlers
