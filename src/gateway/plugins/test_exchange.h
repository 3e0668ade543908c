// For tests: one request through the plugins of a configuration, as the proxy takes it, without sockets.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "gateway/jwt/keys.h"
#include "gateway/lua/sandbox.h"
#include "gateway/plugins/plugin.h"
#include "gateway/plugins/proxy_cache/response_cache.h"
#include "gateway/plugins/rate_limiting/windows.h"
#include "gateway/plugins/request_views.h"
#include "gateway/proxy/generation.h"

namespace mes::gateway {

class set_clock final : public wall_clock {
 public:
  std::int64_t now_ms() const override { return now_s * 1000; }
  std::int64_t steady_ms() const override { return (now_s - set_by_s) * 1000; }
  void set(std::int64_t by_s) {  // no time has passed
    now_s += by_s;
    set_by_s += by_s;
  }
  std::atomic<std::int64_t> now_s = 1'700'000'000;
  std::int64_t set_by_s = 0;
};

// What came of a request.
struct seen_exchange {
  int status = 0;  // of what the client gets
  std::string body;
  bool reached_service = false;
  std::string method, path, query, request_body;  // as the service gets them, where a plugin changed them
  boost::json::object request_headers;
  std::map<std::string, std::string> response_headers;  // names in lower case
  std::string asked_for_body;                           // "yes" if a plugin wanted it whole

  // "401 {…}", or "" if the request went to the service.
  std::string refusal() const { return reached_service ? "" : std::to_string(status) + " " + body; }
  std::string header(const std::string& name) const {
    auto found = response_headers.find(name);
    return found == response_headers.end() ? "" : found->second;
  }
  std::string sent(std::string_view name) const {
    const auto* v = request_headers.if_contains(name);
    return !v ? "" : v->is_string() ? std::string(std::string_view(v->get_string())) : "(several)";
  }
};

class test_exchange {
 public:
  explicit test_exchange(const std::string& yaml, redis_links* redis = nullptr) {
    reporter report("kong.yml");
    _all = load_configuration("_format_version: \"3.0\"\n" + yaml, report);
    for (const diagnostic& d : report.sorted())
      if (d.kind == severity::error) ADD_FAILURE() << report.text_of(d);
    if (!_all) throw std::runtime_error("the configuration is refused");
    keys.set_configured(*_all);
    _generation = std::make_unique<generation>(
        _all, plugin_parts{.clock = clock, .keys = keys, .limits = limits, .redis = redis, .cache = &cache}, 1);
  }

  // `request` is a whole message with CRLF; `answer` is the service's.
  seen_exchange send(const std::string& request,
                     const std::string& answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello") {
    seen_exchange out;
    std::size_t head_bytes = request.find("\r\n\r\n") + 4;
    request_head head;
    EXPECT_EQ(parse_request_head(std::string_view(request).substr(0, head_bytes), head), 0) << request;
    plugin_context c;
    begin(c, head);
    if (head.body == body_kind::none) c.request_body.emplace();
    bool goes_on = run_access(c, request.substr(head_bytes), out);
    std::size_t answer_head = answer.find("\r\n\r\n") + 4;
    response_head response;
    std::string body = goes_on ? answer.substr(answer_head) : std::string(c.answer->body_text());
    if (goes_on) {
      EXPECT_TRUE(
          parse_response_head(std::string_view(answer).substr(0, answer_head), head.method == "HEAD", response));
      c.response = &response;
    } else {
      c.local_content_type = c.answer->content_type;
    }
    out.status = c.response_status = goes_on ? response.status : c.answer->status;
    finish(c, body, out);
    return out;
  }

  std::string get(const std::string& target = "/", const std::string& fields = "") {
    return send("GET " + target + " HTTP/1.1\r\nHost: gw.example:8000\r\n" + fields + "\r\n").refusal();
  }

  set_clock clock;
  jwt_keys keys;
  rate_limit_store limits;
  response_cache cache;
  lua_sandbox lua;
  client_link link{.address = "127.0.0.1", .own_address = "10.0.0.1", .port = 8000, .sni = {}, .number = 7};
  const generation& made() const { return *_generation; }

 private:
  const std::vector<plugin_slot>& chain() const { return _generation->plan_of(0).chain; }

  void begin(plugin_context& c, const request_head& head) {
    std::size_t question = head.target.find('?');
    c.request = &head;
    _path = head.target.substr(0, question);
    c.path = _path;
    if (question != std::string_view::npos) c.query = head.target.substr(question + 1);
    c.link = &link;
    c.request_number = ++link.requests;
    c.client_address = link.address;
    c.client_port = link.peer_port;
    c.request_id = "0190b8a5-7a31-7f00-8000-0000000000aa";
    c.asked = {
        .method = head.method, .path = c.path, .host = head.authority, .headers = &head.headers, .query = c.query};
    _match = _generation->find(c.asked);
    c.match = &_match;
    c.on_route = _all->routes.data();
    c.to = c.on_route->to;
    c.lua = &lua;
    c.started_us = clock.now_s * 1'000'000;
    c.suspend = [this] {
      _resumed = {};
      return [this] { _resumed.set_value(); };
    };
  }

  bool run_access(plugin_context& c, const std::string& body, seen_exchange& out) {
    for (const plugin_slot& slot : chain()) {
      const plugin* p = slot.choose(c.who);
      if (!p) continue;
      verdict v = p->access(c);
      if (v == verdict::want_body) {
        EXPECT_FALSE(c.request_body) << "asked for the body again";
        out.asked_for_body = "yes";
        c.request_body = body;
        v = p->access(c);
      }
      if (v == verdict::wait) {
        _resumed.get_future().wait();
        v = p->access(c);
      }
      if (v == verdict::respond) return false;
      EXPECT_EQ(v, verdict::next);
    }
    out.reached_service = true;
    out.method = c.upstream_method.value_or(std::string(c.request->method));
    out.path = c.upstream_path.value_or(std::string(c.path));
    out.query = c.upstream_query.value_or(std::string(c.query));
    out.request_body = c.upstream_body.value_or(body);
    out.request_headers = headers_as_json(c);
    return true;
  }

  void finish(plugin_context& c, std::string body, seen_exchange& out) {
    for (const plugin_slot& slot : chain())
      if (const plugin* p = slot.choose(c.who)) p->header_filter(c);
    if (c.replace_status) {
      out.status = *c.replace_status;
      body.clear();
    }
    if (c.hold_body)
      for (const plugin_slot& slot : chain())
        if (const plugin* p = slot.choose(c.who)) p->transform_body(c, body);
    if (c.response)
      for (const header_view& h : c.response->headers)
        if (!c.response_headers.replaces(h)) put(out, h.name, h.value);
    for (const header_edit& e : c.response_headers)
      if (e.what != header_edit::kind::clear) put(out, e.name.text, e.value);
    if (c.watch_body)
      for (const plugin_slot& slot : chain())
        if (const plugin* p = slot.choose(c.who)) p->body_filter(c, body, true);
    exchange_totals totals{.status = out.status,
                           .from_service = out.reached_service,
                           .request_ms = 5,
                           .kong_ms = 1,
                           .upstream_ms = out.reached_service ? 4.0 : -1.0,
                           .bytes_in = 100,
                           .bytes_out = 200};
    c.totals = &totals;
    for (const plugin_slot& slot : chain())
      if (const plugin* p = slot.choose(c.who)) p->log(c);
    out.body = std::move(body);
  }

  static void put(seen_exchange& out, std::string_view name, std::string_view value) {
    std::string lower(name);
    for (char& c : lower)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    auto [at, fresh] = out.response_headers.emplace(lower, value);
    if (!fresh) at->second.append(", ").append(value);
  }

  std::shared_ptr<const configuration> _all;
  std::unique_ptr<generation> _generation;
  std::string _path;
  route_match _match;
  std::promise<void> _resumed;
};

// A service with one route, the plugins given, and what else a configuration may have.
inline std::string with_plugins(const std::string& plugins, const std::string& rest = "") {
  return "services: [{name: s, host: 127.0.0.1, routes: [{name: r, paths: [/]}]}]\n" + rest + "plugins:\n" + plugins;
}

inline std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace mes::gateway
