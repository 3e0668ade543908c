#include "runtime/kafka_conf.h"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "runtime/kafka.h"

namespace mes::runtime {
namespace {

constexpr auto quiet_for = std::chrono::minutes(1);

void on_log(const rd_kafka_t* client, int level, const char* kind, const char* text) {
  auto* owner = static_cast<kafka_owner*>(rd_kafka_opaque(client));
  // Errors reach on_error as well. A broker that is away is no error of ours: it comes back.
  auto as = level <= 4 ? observe::level::warn : observe::level::debug;
  if (owner != nullptr) owner->log.write(as, kind, text);
}

void on_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
  static_cast<kafka_owner*>(opaque)->failed(static_cast<rd_kafka_resp_err_t>(code), reason);
}

// On a thread of the client.
void on_token_wanted(rd_kafka_t* client, const char*, void* opaque) {
  const auto token = static_cast<kafka_owner*>(opaque)->token();
  std::array<char, 512> reason{};
  if (!token)
    rd_kafka_oauthbearer_set_token_failure(client, token.error().message.c_str());
  else if (rd_kafka_oauthbearer_set_token(client, token->text.c_str(), token->expires_ms, token->principal.c_str(),
                                          nullptr, 0, reason.data(), reason.size()) != RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_oauthbearer_set_token_failure(client, reason.data());
}

}  // namespace

void kafka_log::write(observe::level level, const std::string& kind, std::string_view text) {
  if (!_log.enabled(level)) return;
  if (level >= observe::level::warn) {
    auto now = std::chrono::steady_clock::now();
    std::lock_guard lock(_mutex);
    auto [last, first] = _last.try_emplace(kind, now);
    if (!first && now - last->second < quiet_for) return;
    last->second = now;
  }
  _log.write(level, fmt::format("Bus client: {}", text), {{"client", _client_id}, {"kind", kind}});
}

kafka_conf::kafka_conf() : _conf(rd_kafka_conf_new()) {}

// By the other one, so that the destructor runs when set() throws.
kafka_conf::kafka_conf(const kafka_cluster& to, const std::string& client_id) : kafka_conf() {
  _token = to.token;
  set("bootstrap.servers", to.bootstrap);
  set("client.id", client_id);
  set("reconnect.backoff.ms", "50");
  set("reconnect.backoff.max.ms", "2000");
  set("socket.keepalive.enable", "true");
  set("socket.nagle.disable", "true");
  set("log.connection.close", "false");
  rd_kafka_conf_set_log_cb(_conf, on_log);
  rd_kafka_conf_set_error_cb(_conf, on_error);
  for (const auto& [name, value] : to.settings) set(name, value);
}

void kafka_conf::set_owner(kafka_owner& owner) {
  owner.token = _token;
  rd_kafka_conf_set_opaque(_conf, &owner);
  if (!_token) return;
  rd_kafka_conf_set_oauthbearer_token_refresh_cb(_conf, on_token_wanted);
  rd_kafka_conf_enable_sasl_queue(_conf, 1);
}

kafka_conf::~kafka_conf() {
  if (_conf != nullptr) rd_kafka_conf_destroy(_conf);
}

void kafka_conf::set(const std::string& name, const std::string& value) {
  std::array<char, 512> reason{};
  if (rd_kafka_conf_set(_conf, name.c_str(), value.c_str(), reason.data(), reason.size()) != RD_KAFKA_CONF_OK)
    throw std::runtime_error(fmt::format("Bus client: {}: {}", name, reason.data()));  // values may be secret
}

rd_kafka_t* kafka_conf::make(rd_kafka_type_t type) {
  std::array<char, 512> reason{};
  // librdkafka cuts its waits to whole milliseconds and spins through the rest, at each of its timers: most of what an
  // idle client costs. Its threads inherit a timer slack of a millisecond from this one and sleep through it.
  const auto slack = static_cast<unsigned long>(std::max(0, prctl(PR_GET_TIMERSLACK)));
  prctl(PR_SET_TIMERSLACK, 1'000'000UL);
  rd_kafka_t* client = rd_kafka_new(type, _conf, reason.data(), reason.size());
  prctl(PR_SET_TIMERSLACK, slack);
  if (client == nullptr) throw std::runtime_error(fmt::format("Bus client: {}", reason.data()));
  _conf = nullptr;  // the client's now
  if (_token) rd_kafka_error_destroy(rd_kafka_sasl_background_callbacks_enable(client));
  return client;
}

result<void> kafka_cluster::check() const {
  struct nobody final : kafka_owner {
    nobody() : kafka_owner(lines) {}
    void failed(rd_kafka_resp_err_t, const char*) override {}
    observe::logger quiet{"", observe::level::error};
    kafka_log lines{quiet, ""};
  } owner;
  try {
    kafka_conf conf(*this, "check");
    rd_kafka_conf_set_opaque(conf.get(), static_cast<kafka_owner*>(&owner));
    conf.set("bootstrap.servers", "");                                    // so that it connects to nothing
    if (token) conf.set("enable.sasl.oauthbearer.unsecure.jwt", "true");  // so that it asks for none
    rd_kafka_destroy(conf.make(RD_KAFKA_PRODUCER));
    return {};
  } catch (const std::runtime_error& e) {
    return fail(error_code::invalid_argument, e.what());
  }
}

error kafka_error(rd_kafka_resp_err_t code) {
  auto meaning = error_code::unavailable;
  switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
      meaning = error_code::too_large;
      break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      meaning = error_code::not_found;
      break;
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
      meaning = error_code::corrupt;
      break;
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      meaning = error_code::invalid_argument;
      break;
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
      meaning = error_code::timed_out;
      break;
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
      meaning = error_code::cancelled;
      break;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      meaning = error_code::permission_denied;
      break;
    default:
      break;
  }
  return {meaning, fmt::format("Bus: {}", rd_kafka_err2str(code))};
}

std::string_view kafka_record::header(std::string_view name) const {
  for (auto& [key_of, value_of] : headers)
    if (key_of == name) return value_of ? std::string_view(*value_of) : std::string_view();
  return {};
}

}  // namespace mes::runtime
