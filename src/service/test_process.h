// For tests: a whole service process in this one, over HTTP on a free port, with keys of the test's own and
// librdkafka's broker in memory.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/base64.h"
#include "base/uuid.h"
#include "runtime/http_client.h"
#include "runtime/test_bus.h"
#include "runtime/test_port.h"
#include "runtime/test_server.h"
#include "service/permissions.h"
#include "service/replies.h"
#include "service/security.h"
#include "service/test_service.h"
#include "wire/jose/jwt.h"

namespace mes::service::testing {

class test_process {
 public:
  enum class keys_of : std::uint8_t { test, service };  // service: the auth service's own

  test_process(const service_definition& definition, const std::string& database, const std::string& bus = "",
               keys_of whose = keys_of::test)
      : _data("/tmp/mes-test-process-" + uuid::make_v4().to_string()),
        _keys(key_server(key())),
        _port(runtime::free_port()) {
    std::vector<runtime::setting> table = runtime::common_settings();
    table.insert(table.end(), settings().begin(), settings().end());
    // The service looks for the keys at the auth service's port: 3008 plus the offset.
    auto config = runtime::config::resolve(
        table, {{"data", _data},
                {"port_offset", std::to_string((whose == keys_of::test ? _keys->server->port() : _port) - 3008)},
                {"port", std::to_string(_port)},
                {"database", database},
                {"bus", bus.empty() ? _bus.bootstrap() : bus},
                {"redis", "127.0.0.1:1"},
                {"otlp", "none"},
                {"log_host", ""},
                {"log_level", "error"},
                {"body_bytes_max", "65536"}});
    if (!config) throw std::runtime_error(config.error().message);
    _process = std::make_unique<runtime::process>(std::string(definition.name), std::move(*config));
    _thread = std::thread([this, &definition] { _exit_code = run(*_process, definition); });
    for (int i = 0; i < 500 && call("GET", "/health/ready", "", "", {}).status != 200; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ~test_process() {
    _process->stop();
    _thread.join();
    EXPECT_EQ(_exit_code, 0);
    _process.reset();
    std::filesystem::remove_all(_data);
  }
  test_process(const test_process&) = delete;
  test_process& operator=(const test_process&) = delete;

  // Status 0: no answer.
  runtime::http_response call(std::string method, const std::string& path, std::string body, const std::string& token,
                              const std::vector<std::pair<std::string, std::string>>& headers) const {
    runtime::http_call call{.method = std::move(method),
                            .url = "http://127.0.0.1:" + std::to_string(_port) + path,
                            .body = std::move(body)};
    if (!token.empty()) call.headers.set("Authorization", "Bearer " + token);
    if (!call.body.empty()) call.headers.set("Content-Type", "application/json");
    for (const auto& [name, value] : headers) call.headers.set(name, value);
    auto answer = runtime::http_fetch(std::move(call));
    return answer ? *answer : runtime::http_response{.status = 0, .headers = {}, .body = answer.error().message};
  }

  static std::string token(const std::vector<std::string>& roles, std::int64_t lifetime_s = 3600,
                           const std::string& audience = std::string(token_audience),
                           const std::string& user = "user-1") {
    return wire::sign_jwt(key(), key().thumbprint(), claims(roles, lifetime_s, audience, user));
  }
  static std::string unsigned_token() {
    return base64url_encode(R"({"alg":"none","kid":")" + key().thumbprint() + "\"}") + '.' +
           base64url_encode(json::serialize(claims({"admin"}, 3600, std::string(token_audience), "user-1"))) + '.';
  }
  const std::string& data() const { return _data; }

 private:
  static json::object claims(const std::vector<std::string>& roles, std::int64_t lifetime_s,
                             const std::string& audience, const std::string& user) {
    std::int64_t now_s = instant::now().ms() / 1000;
    return {{"iss", token_issuer},
            {"aud", audience},
            {"sub", user},
            {"preferred_username", user},
            {"roles", wire::codec<std::vector<std::string>>::encode(roles)},
            {"iat", now_s},
            {"exp", now_s + lifetime_s}};
  }
  static const wire::rsa_key& key() {
    static const wire::rsa_key one = wire::rsa_key::generate();
    return one;
  }
  static std::unique_ptr<runtime::test_server> key_server(const wire::rsa_key& of) {
    json::object jwk = of.public_jwk();
    jwk["kid"] = of.thumbprint();
    std::string body = json::serialize(json::object{{"keys", json::array{std::move(jwk)}}});
    auto serve = [body](runtime::http_request, runtime::http_responder r) {
      r.send(runtime::http_response::json(200, body));
    };
    return std::make_unique<runtime::test_server>(serve, runtime::http_server_options{.port = runtime::free_port()});
  }

  std::string _data;
  runtime::testing::test_bus _bus{{"system.audit-log", "system.health-check", "system.notification"}, 1};
  std::unique_ptr<runtime::test_server> _keys;
  std::uint16_t _port;
  std::unique_ptr<runtime::process> _process;
  std::thread _thread;
  int _exit_code = -1;
};

}  // namespace mes::service::testing
