#include "services/integration/model.h"

#include <array>

namespace mes::integration {

std::span<const service::transition<message_state, message_verb>> message_transitions() {
  using enum message_state;
  using enum message_verb;
  static constexpr service::transition<message_state, message_verb> table[] = {
      {received, validate, validated}, {received, fail, failed},    {validated, process, processed},
      {validated, fail, failed},       {pending, send, sent},       {pending, retry, retrying},
      {retrying, send, sent},          {retrying, retry, retrying}, {retrying, give_up, dead},
      {pending, give_up, dead},        {dead, replay, pending},     {failed, replay, received},
  };
  return table;
}

}  // namespace mes::integration

namespace mes::wire {
using namespace mes::integration;
namespace {

constexpr std::size_t name_max = 128, url_max = 2048;

}  // namespace

template <>
std::span<const std::string_view> enum_names<message_direction>() {
  static constexpr std::array<std::string_view, 2> names = {"inbound", "outbound"};
  return names;
}
template <>
std::span<const std::string_view> enum_names<message_state>() {
  static constexpr std::array<std::string_view, 8> names = {"received", "validated", "processed", "pending",
                                                            "sent",     "retrying",  "failed",    "dead"};
  return names;
}
template <>
std::span<const std::string_view> enum_names<message_verb>() {
  static constexpr std::array<std::string_view, 7> names = {"validate", "process", "send",   "fail",
                                                            "retry",    "replay",  "give-up"};
  return names;
}

template <>
const schema<message>& describe<message>() {
  static const auto s = schema<message>("Message")
                            .field("id", &message::id)
                            .field("version", &message::version)
                            .field("direction", &message::direction)
                            .field("state", &message::state)
                            .field("type", &message::type)
                            .field("partner", &message::partner, {.doc = "The sender, or the webhook's id"})
                            .field("external_id", &message::external_id)
                            .field("external_version", &message::external_version)
                            .field("fingerprint", &message::fingerprint, {.doc = "SHA-256 of the payload"})
                            .field("payload", &message::payload)
                            .field("attempts", &message::attempts)
                            .field("reason", &message::reason, {.max_length = 4096})
                            .field("created_at", &message::created_at)
                            .field("next_attempt_at", &message::next_attempt_at);
  return s;
}
template <>
const schema<inbound_message>& describe<inbound_message>() {
  static const auto s = schema<inbound_message>("InboundMessage")
                            .field("sender", &inbound_message::sender,
                                   {.doc = "The sending system", .min_length = 1, .max_length = name_max})
                            .field("external_id", &inbound_message::external_id,
                                   {.doc = "The sender's id: the same id with the same payload is taken once",
                                    .min_length = 1,
                                    .max_length = name_max})
                            .field("external_version", &inbound_message::external_version,
                                   {.doc = "An older version is ignored", .min = 0})
                            .field("type", &inbound_message::type, {.min_length = 1, .max_length = 64})
                            .field("payload", &inbound_message::payload);
  return s;
}
template <>
const schema<webhook>& describe<webhook>() {
  static const auto s = schema<webhook>("Webhook")
                            .field("id", &webhook::id)
                            .field("version", &webhook::version)
                            .field("name", &webhook::name)
                            .field("url", &webhook::url, {.max_length = url_max})
                            .field("topics", &webhook::topics)
                            .field("secret", &webhook::secret, {.doc = "Shown once, when it is made"})
                            .field("active", &webhook::active);
  return s;
}
template <>
const schema<create_webhook>& describe<create_webhook>() {
  static const auto s =
      schema<create_webhook>("CreateWebhook")
          .field("name", &create_webhook::name, {.min_length = 1, .max_length = name_max})
          .field("url", &create_webhook::url, {.doc = "http or https", .min_length = 8, .max_length = url_max})
          .field("topics", &create_webhook::topics, {.doc = "Events to send", .min_length = 1, .max_length = 56});
  return s;
}
template <>
const schema<sync_request>& describe<sync_request>() {
  static const auto s = schema<sync_request>("SyncRequest")
                            .field("connector", &sync_request::connector, {.max_length = name_max})
                            .field("changed_since", &sync_request::changed_since);
  return s;
}
template <>
const schema<sync_result>& describe<sync_result>() {
  static const auto s = schema<sync_result>("SyncResult")
                            .field("records", &sync_result::records, {.min = 0})
                            .field("failed", &sync_result::failed, {.required = false, .min = 0});
  return s;
}
template <>
const schema<scada_reading>& describe<scada_reading>() {
  static const auto s =
      schema<scada_reading>("ScadaReading")
          .field("point", &scada_reading::point, {.min_length = 1, .max_length = name_max})
          .field("sequence", &scada_reading::sequence, {.doc = "Of the source and point: taken once", .min = 0})
          .field("at", &scada_reading::at)
          .field("value", &scada_reading::value)
          .field("quality", &scada_reading::quality, {.doc = "good if absent", .max_length = 32});
  return s;
}
template <>
const schema<scada_batch>& describe<scada_batch>() {
  static const auto s = schema<scada_batch>("ScadaBatch")
                            .field("source", &scada_batch::source, {.min_length = 1, .max_length = name_max})
                            .field("readings", &scada_batch::readings, {.min_length = 1, .max_length = 1000});
  return s;
}
template <>
const schema<scada_point>& describe<scada_point>() {
  static const auto s =
      schema<scada_point>("ScadaPoint")
          .field("id", &scada_point::id, {.min_length = 1, .max_length = name_max})
          .field("description", &scada_point::description, {.required = false, .max_length = 256})
          .field("equipment", &scada_point::equipment, {.required = false, .max_length = name_max})
          .field("uom", &scada_point::uom, {.required = false, .max_length = 16})
          .field("counter", &scada_point::counter, {.doc = "Only grows: a lower value is a reset", .required = false});
  return s;
}

}  // namespace mes::wire
