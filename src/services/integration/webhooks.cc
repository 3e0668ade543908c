#include "services/integration/webhooks.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/base64.h"
#include "runtime/http_client.h"
#include "runtime/worker_pool.h"
#include "services/integration/messages.h"
#include "store/outbox.h"

namespace mes::integration {
namespace {

constexpr std::int64_t attempts_max = 10;
constexpr std::chrono::seconds first_pause{2}, longest_pause{600};
constexpr std::int64_t batch_max = 50;

// What other systems ask for most: orders, quality, stock. A webhook names the ones that it wants.
constexpr std::string_view outgoing_topics[] = {"work-order.created",         "work-order.updated",
                                                "work-order.completed",       "work-order.cancelled",
                                                "work-order.on-hold",         "quality.ncr-created",
                                                "quality.ncr-closed",         "quality.fai-approved",
                                                "material.received",          "material.consumed",
                                                "material.scrapped",          "material.inventory-adjusted",
                                                "equipment.fault-detected",   "equipment.maintenance-required",
                                                "reporting.report-generated", "system.notification"};

const service::collection<webhook>& webhooks() {
  static const service::collection<webhook> table("webhooks", "webhook", {});
  return table;
}

std::string make_secret() {
  std::string bytes(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("the system's random generator failed");
  return base64url_encode(bytes);
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string digest(32, '\0');
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size);
  return base64url_encode(digest);
}

// Sends what is due, one message after the other, on a thread of its own pool. Lives as long as the service.
class deliverer : public std::enable_shared_from_this<deliverer> {
 public:
  explicit deliverer(const service::api& surface) : _surface(surface), _pool(1, 2) {}

  // Any thread. A full queue is fine: what is queued already will see the new message.
  void wake() {
    [[maybe_unused]] bool queued = _pool.post([this] { deliver_due(); });
  }

 private:
  void deliver_due() {
    auto due = _surface.database().read_and_wait([](store::session& db) {
      std::vector<message> found;
      for (auto& [id] : db.select<std::string>(
               "SELECT id FROM messages WHERE state IN ('pending', 'retrying') AND next_attempt_at <= :p1"
               " ORDER BY next_attempt_at LIMIT :p2",
               {instant::now().microseconds, batch_max}))
        if (auto m = messages().find(db, id)) found.push_back(std::move(*m));
      return found;
    });
    if (!due) return _surface.process().log().error("outgoing messages cannot be read: " + due.error().message);
    for (const message& m : *due) deliver(m);
  }

  void deliver(const message& m) {
    auto target = _surface.database().read_and_wait([&](store::session& db) { return webhooks().find(db, m.partner); });
    if (!target) return;
    std::string failure = *target ? send(m, **target) : "the webhook is gone";
    auto kept = _surface.database().write_and_wait([&](store::session& db) { return keep_outcome(db, m.id, failure); });
    if (!kept) _surface.process().log().error("outcome of an outgoing message is not kept: " + kept.error().message);
  }

  // "" = the partner took it.
  std::string send(const message& m, const webhook& to) const {
    runtime::http_call call{
        .method = "POST", .url = to.url, .body = json::serialize(m.payload), .timeout = std::chrono::seconds(10)};
    call.headers.set("Content-Type", "application/json");
    call.headers.set("X-MES-Message-ID", m.id);
    call.headers.set("X-MES-Event", m.type);
    call.headers.set("X-MES-Signature", "sha256=" + hmac_sha256(to.secret, call.body));
    auto answer = runtime::http_fetch(std::move(call));
    if (!answer) return answer.error().message;
    if (answer->status / 100 != 2) return "the partner answered " + std::to_string(answer->status);
    return {};
  }

  result<void> keep_outcome(store::session& db, const std::string& id, const std::string& failure) const {
    auto m = messages().get(db, id);
    if (!m) return std::unexpected(m.error());
    ++m->attempts;
    bool last = m->attempts >= attempts_max;
    message_verb verb = failure.empty() ? message_verb::send : last ? message_verb::give_up : message_verb::retry;
    auto next = service::next_state(message_transitions(), m->state, verb);
    if (!next) return {};  // replayed or answered meanwhile
    m->state = *next;
    m->reason = failure.empty() ? std::nullopt : std::optional(failure);
    m->next_attempt_at.reset();
    if (verb == message_verb::retry)
      m->next_attempt_at =
          instant::now() + std::min<std::chrono::microseconds>(first_pause * (1LL << m->attempts), longest_pause);
    messages().update(db, *m);
    service::cause why{.user = {.user_id = "system", .username = "system", .roles = {}},
                       .request_id = m->external_id,
                       .trace = observe::trace_context::make_root(),
                       .now = instant::now()};
    if (verb != message_verb::retry) tell(db, *m, why);
    return {};
  }

  void tell(store::session& db, const message& m, const service::cause& why) const {
    service::command c(db, why);
    c.emit(m.state == message_state::sent ? "integration.message-sent" : "integration.message-failed", m.id, m.version,
           {{"message_id", m.id},
            {"type", m.type},
            {"webhook", m.partner},
            {"attempts", m.attempts},
            {"reason", m.reason.value_or("")}});
    for (service::event& e : c.take_events()) {
      e.source = "/integration-service";
      store::outbox_append(db, to_record(e));
    }
  }

  const service::api _surface;
  runtime::worker_pool _pool;
};

// One outgoing message a webhook that wants the event; the event's id makes it one however often the event comes.
result<void> queue_for_webhooks(service::command& c, const service::event& e, const std::shared_ptr<deliverer>& out) {
  bool any = false;
  for (const webhook& w : webhooks().all(c.db)) {
    if (!w.active || std::ranges::find(w.topics, e.type) == w.topics.end()) continue;
    json::object payload{{"id", e.id.to_string()},     {"type", e.type},
                         {"time", e.time.to_string()}, {"subject", e.aggregate_id},
                         {"request_id", e.request_id}, {"data", e.data}};
    message m{.id = uuid::make_v7().to_string(),
              .direction = message_direction::outbound,
              .state = message_state::pending,
              .type = e.type,
              .partner = w.id,
              .external_id = e.id.to_string(),
              .fingerprint = fingerprint_of(payload),
              .payload = std::move(payload),
              .reason = {},
              .created_at = c.why.now,
              .next_attempt_at = c.why.now};
    messages().insert(c.db, m);
    any = true;
  }
  if (any) c.after_commit([out] { out->wake(); });
  return {};
}

result<service::reply> create(service::http_command& c, const create_webhook& input) {
  if (!input.url.starts_with("http://") && !input.url.starts_with("https://"))
    return fail({error_code::invalid_argument,
                 "The CreateWebhook is not valid",
                 {{"/url", "must start with http:// or https://"}}});
  for (std::size_t i = 0; i < input.topics.size(); ++i)
    if (std::ranges::find(outgoing_topics, input.topics[i]) == std::end(outgoing_topics))
      return fail({error_code::invalid_argument,
                   "The CreateWebhook is not valid",
                   {{"/topics/" + std::to_string(i), "is no event that goes out"}}});
  webhook w{.id = uuid::make_v7().to_string(),
            .name = input.name,
            .url = input.url,
            .topics = input.topics,
            .secret = make_secret()};
  webhooks().insert(c.db, w);
  return service::reply{.status = 201,
                        .body = wire::to_json(w),
                        .version = w.version,
                        .location = "/api/v1/integration/webhooks/" + w.id};
}

result<service::reply> remove(service::http_command& c) {
  if (c.db.execute("DELETE FROM webhooks WHERE id = :p1", {c.path_value("id")}) == 0)
    return fail(error_code::not_found, "There is no webhook " + c.path_value("id"));
  return service::reply{.status = 204, .body = {}};
}

result<service::reply> list(const service::query& q) {
  json::array data;
  for (webhook& w : webhooks().all(q.db)) {
    w.secret.clear();
    data.push_back(wire::to_json(w));
  }
  return service::reply{.body = json::object{{"data", std::move(data)}}};
}

}  // namespace

void define_webhooks(service::api& surface) {
  auto out = std::make_shared<deliverer>(surface);
  for (std::string_view topic : outgoing_topics)
    surface.consume(std::string(topic),
                    [out](service::command& c, const service::event& e) { return queue_for_webhooks(c, e, out); });
  surface.get("/webhooks",
              {.id = "listWebhooks", .summary = "Where events go out to", .permission = "integration:read"}, list);
  surface.post<create_webhook, webhook>("/webhooks",
                                        {.id = "createWebhook",
                                         .summary = "Send events to another system",
                                         .permission = "integration:write",
                                         .success_status = 201},
                                        create);
  surface.action("DELETE", "/webhooks/{id}",
                 {.id = "deleteWebhook",
                  .summary = "Send no more events there",
                  .permission = "integration:write",
                  .success_status = 204},
                 remove);
  surface.every(first_pause, "deliver what is due again", [out](service::command& c) -> result<void> {
    auto waiting = c.db.select<std::int64_t>(
        "SELECT COUNT(*) FROM messages WHERE state IN ('pending', 'retrying') AND next_attempt_at <= :p1",
        {c.why.now.microseconds});
    if (std::get<0>(waiting.front()) > 0) c.after_commit([out] { out->wake(); });
    return {};
  });
}

}  // namespace mes::integration
