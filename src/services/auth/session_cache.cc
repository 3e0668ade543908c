#include "services/auth/session_cache.h"

#include <boost/json/serialize.hpp>

#include "services/auth/sessions.h"

namespace mes::auth {
namespace {

std::string key_of(const std::string& session_id) { return "mes:session:" + session_id; }

}  // namespace

json::object session_json(const std::string& session_id, const user& who, instant started_at) {
  json::array roles;
  for (const std::string& role : who.roles) roles.push_back(json::string(role));
  return {{"session_id", session_id},
          {"user_id", who.id},
          {"username", who.username},
          {"roles", std::move(roles)},
          {"started_at", started_at.to_string()}};
}

void session_cache::keep(const std::string& session_id, const user& who, instant started_at) {
  std::string text = json::serialize(session_json(session_id, who, started_at));
  [[maybe_unused]] bool queued = _writes.post([this, session_id, text = std::move(text)] {
    [[maybe_unused]] auto kept = redis().set(key_of(session_id), text, refresh_token_lifetime);
  });
}

void session_cache::drop(const std::string& session_id) {
  [[maybe_unused]] bool queued =
      _writes.post([this, session_id] { [[maybe_unused]] auto dropped = redis().remove(key_of(session_id)); });
}

std::optional<json::object> session_cache::find(const std::string& session_id) {
  auto text = redis().get(key_of(session_id));
  if (!text || !*text) return std::nullopt;
  auto value = wire::parse_json(**text);
  if (!value || !value->is_object()) return std::nullopt;
  return std::move(value->get_object());
}

runtime::redis_client& session_cache::redis() {
  std::call_once(_connected, [this] {
    const runtime::process& process = _surface.process();
    _redis = std::make_unique<runtime::redis_client>(process.redis_host(), process.redis_port());
  });
  return *_redis;
}

}  // namespace mes::auth
