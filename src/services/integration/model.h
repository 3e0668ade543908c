// Messages with other systems: what comes in, what goes out, and whom to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/quantity.h"
#include "service/state_machine.h"
#include "wire/json/schema.h"

namespace mes::integration {
namespace json = boost::json;

enum class message_direction { inbound, outbound };
enum class message_state { received, validated, processed, pending, sent, retrying, failed, dead };
enum class message_verb { validate, process, send, fail, retry, replay, give_up };
std::span<const service::transition<message_state, message_verb>> message_transitions();

struct message {
  std::string id;
  std::int64_t version = 0;
  message_direction direction = message_direction::inbound;
  message_state state = message_state::received;
  std::string type;         // "work-order", "material-receipt", or the topic of an outgoing event
  std::string partner;      // the sender, or the webhook's id
  std::string external_id;  // the sender's id of it, or the event's id
  std::int64_t external_version = 0;
  std::string fingerprint;  // SHA-256 of the payload
  json::value payload;
  std::int64_t attempts = 0;
  std::optional<std::string> reason;  // why it failed
  instant created_at;
  std::optional<instant> next_attempt_at;
};

struct inbound_message {
  std::string sender, external_id, type;
  std::optional<std::int64_t> external_version;
  json::object payload;
};

struct webhook {
  std::string id;
  std::int64_t version = 0;
  std::string name, url;
  std::vector<std::string> topics;
  std::string secret;  // signs what is sent: HMAC-SHA-256 in X-MES-Signature
  bool active = true;
};
struct create_webhook {
  std::string name, url;
  std::vector<std::string> topics;
};

struct sync_request {
  std::optional<std::string> connector;
  std::optional<instant> changed_since;
};
struct sync_result {
  std::int64_t records = 0;
  std::int64_t failed = 0;
};

struct scada_reading {
  std::string point;
  std::int64_t sequence = 0;  // of the source: a reading is taken once
  instant at;
  quantity value;
  std::optional<std::string> quality;  // "good" if absent; others are kept and marked
};
struct scada_batch {
  std::string source;
  std::vector<scada_reading> readings;
};
struct scada_point {
  std::string id;
  std::string description, equipment, uom;
  bool counter = false;  // only grows; a lower value is a reset
};

}  // namespace mes::integration

namespace mes::wire {
template <>
std::span<const std::string_view> enum_names<integration::message_direction>();
template <>
std::span<const std::string_view> enum_names<integration::message_state>();
template <>
std::span<const std::string_view> enum_names<integration::message_verb>();
template <>
const schema<integration::message>& describe<integration::message>();
template <>
const schema<integration::inbound_message>& describe<integration::inbound_message>();
template <>
const schema<integration::webhook>& describe<integration::webhook>();
template <>
const schema<integration::create_webhook>& describe<integration::create_webhook>();
template <>
const schema<integration::sync_request>& describe<integration::sync_request>();
template <>
const schema<integration::sync_result>& describe<integration::sync_result>();
template <>
const schema<integration::scada_reading>& describe<integration::scada_reading>();
template <>
const schema<integration::scada_batch>& describe<integration::scada_batch>();
template <>
const schema<integration::scada_point>& describe<integration::scada_point>();
}  // namespace mes::wire
