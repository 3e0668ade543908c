#include "services/integration/messages.h"

#include <openssl/evp.h>

#include <boost/json/serialize.hpp>

#include "base/base64.h"

namespace mes::integration {
namespace {

store::value due_column(const message& m) {
  if (!m.next_attempt_at) return store::value();
  return m.next_attempt_at->microseconds;
}

service::reply message_reply(const message& m, int status) {
  service::reply r{.status = status, .body = wire::to_json(m), .version = m.version};
  if (status == 202) r.location = "/api/v1/integration/messages/" + m.id;
  return r;
}

std::optional<message> find_inbound(store::session& db, const inbound_message& input) {
  auto rows = db.select<std::string>(
      "SELECT id FROM messages WHERE direction = 'inbound' AND partner = :p1 AND external_id = :p2",
      {input.sender, input.external_id});
  if (rows.empty()) return std::nullopt;
  return messages().find(db, std::get<0>(rows.front()));
}

// The same message again gives the stored answer; another one under the same id is a conflict, unless it is a newer
// version of the sender's record; an older version is ignored.
result<service::reply> receive(service::http_command& c, const inbound_message& input) {
  std::string fingerprint = fingerprint_of(input.payload);
  std::int64_t external_version = input.external_version.value_or(0);
  auto known = find_inbound(c.db, input);
  if (known && known->fingerprint == fingerprint) return message_reply(*known, 202);
  if (known && external_version < known->external_version) {
    c.emit("system.notification", known->id, known->version,
           {{"severity", "info"},
            {"subject", "Older version of " + input.external_id + " from " + input.sender + " ignored"}});
    return message_reply(*known, 202);
  }
  if (known && external_version == known->external_version)
    return fail(error_code::conflict, input.external_id + " of " + input.sender + " came before with another payload");

  message m = known.value_or(message{.id = uuid::make_v7().to_string(), .created_at = c.why.now});
  m.direction = message_direction::inbound;
  m.state = message_state::processed;  // the event below, in the same commit, hands it to its service
  m.type = input.type;
  m.partner = input.sender;
  m.external_id = input.external_id;
  m.external_version = external_version;
  m.fingerprint = fingerprint;
  m.payload = input.payload;
  if (known)
    messages().update(c.db, m);
  else
    messages().insert(c.db, m);
  c.emit("integration.message-received", m.id, m.version,
         {{"message_id", m.id},
          {"type", m.type},
          {"sender", m.partner},
          {"external_id", m.external_id},
          {"external_version", m.external_version},
          {"payload", m.payload}});
  return message_reply(m, 202);
}

result<service::reply> replay(service::http_command& c) {
  auto m = messages().get(c.db, c.path_value("id"));
  if (!m) return std::unexpected(m.error());
  auto next = service::next_state(message_transitions(), m->state, message_verb::replay);
  if (!next) return std::unexpected(next.error());
  m->state = *next;
  m->attempts = 0;
  m->next_attempt_at = c.why.now;
  messages().update(c.db, *m);
  return message_reply(*m, 200);
}

result<service::reply> list_messages(const service::query& q) {
  auto page = service::read_page(q);
  if (!page) return std::unexpected(page.error());
  page->newest_first = true;
  std::vector<service::column_filter> filters;
  for (const char* column : {"direction", "state", "partner"})
    if (std::string_view wanted = q.parameter(column); !wanted.empty())
      filters.push_back({column, std::string(wanted)});
  auto body = messages().list(q.db, *page, filters);
  if (!body) return std::unexpected(body.error());
  return service::reply{.body = std::move(*body)};
}

}  // namespace

const service::collection<message>& messages() {
  static const service::collection<message> table(
      "messages", "message",
      {{"direction", [](const message& m) { return store::value(std::string(wire::name_of_enum(m.direction))); }},
       {"state", [](const message& m) { return store::value(std::string(wire::name_of_enum(m.state))); }},
       {"partner", [](const message& m) { return store::value(m.partner); }},
       {"external_id", [](const message& m) { return store::value(m.external_id); }},
       {"next_attempt_at", due_column}});
  return table;
}

std::string fingerprint_of(const json::value& payload) {
  std::string text = json::serialize(payload), digest(32, '\0');
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(), nullptr);
  return base64url_encode(digest);
}

void define_messages(service::api& surface) {
  surface.get<message>(
      "/messages",
      {.id = "listMessages",
       .summary = "Messages, newest first",
       .permission = "integration:read",
       .query = {{"direction", "", {"inbound", "outbound"}}, {"state", "State"}, {"partner", "Sender or webhook"}},
       .paged = true},
      list_messages);
  surface.post<inbound_message, message>("/messages",
                                         {.id = "receiveMessage",
                                          .summary = "Take a message from another system",
                                          .permission = "integration:write",
                                          .success_status = 202},
                                         receive);
  surface.get<message>("/messages/{id}",
                       {.id = "getMessage", .summary = "One message", .permission = "integration:read"},
                       [](const service::query& q) -> result<service::reply> {
                         auto m = messages().get(q.db, q.path_value("id"));
                         if (!m) return std::unexpected(m.error());
                         return message_reply(*m, 200);
                       });
  surface.action<message>(
      "POST", "/messages/{id}/actions/replay",
      {.id = "replayMessage", .summary = "Try a dead or failed message again", .permission = "integration:write"},
      replay);
}

}  // namespace mes::integration
