#include "console/server.h"

#include <fmt/core.h>

#include <utility>

#include "pages/pages.h"

namespace mes::console {
using pages::add_security_headers;
using pages::serve_page;
namespace {

using runtime::http_request;
using runtime::http_response;
using clock = std::chrono::steady_clock;

http_response redirect(const std::string& to) {
  http_response response{.status = 302, .headers = {}, .body = {}};
  response.headers.set("Location", to);
  response.headers.set("Cache-Control", "no-store");
  return response;
}

http_response health(bool good) {
  return http_response::json(good ? 200 : 503, good ? R"({"status":"ok"})" : R"({"status":"starting"})");
}

http_response metrics_page(std::string text) {
  http_response response{.status = 200, .headers = {}, .body = std::move(text)};
  response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  return response;
}

// Silence of a part of the platform, told so that the reader knows which.
http_response no_answer(const upstream& route, const error& why) {
  const bool late = why.code == error_code::timed_out;
  return http_response::problem(
      late ? 504 : 502, late ? fmt::format("{} did not answer within {} s.", route.name,
                                           std::chrono::duration_cast<std::chrono::seconds>(route.timeout).count())
                             : fmt::format("{} does not answer: {}", route.name, why.message));
}

}  // namespace

server::server(server_options options, runtime::http_client& client, probe& counts, std::function<bool()> is_ready,
               std::function<std::string()> expose)
    : _routes(std::move(options.routes)),
      _guard(options.allowed_hosts, options.public_views),
      _client(client),
      _counts(counts),
      _is_ready(std::move(is_ready)),
      _expose(std::move(expose)) {}

bool server::answer_own(const http_request& request, runtime::http_responder& responder) {
  if (request.path == "/health/live") {
    responder.send(health(true));
  } else if (request.path == "/health/ready") {
    responder.send(health(_is_ready()));
  } else if (request.path == "/metrics") {
    responder.send(metrics_page(_expose()));
  } else {
    return false;
  }
  return true;
}

void server::handle(http_request request, runtime::http_responder responder, const std::string& home) {
  const clock::time_point start = clock::now();
  // Probes and scrapes come by address or by the name that the cluster gives, so they pass before the guard.
  if (answer_own(request, responder)) return;

  const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  const bool is_api = path == "/api" || path.starts_with("/api/");
  const upstream* route = is_api ? find_route(_routes, path) : nullptr;
  const auto answer = [&](http_response response) {
    add_security_headers(response.headers);
    const std::string_view name = route != nullptr ? std::string_view(route->prefix) : is_api ? "/api" : "pages";
    _counts.answered(name, request.method, response.status, clock::now() - start);
    responder.send(std::move(response));
  };

  if (auto refused = _guard.refuse(request)) return answer(std::move(*refused));
  if (!is_api) {
    if (!home.empty() && request.path == "/") return answer(redirect(home));
    return answer(serve_page(request, "/index.html"));
  }
  if (route == nullptr) return answer(http_response::problem(404, "There is no such interface."));
  if (!is_allowed(*route, request.method, path)) {
    http_response refused = http_response::problem(405, fmt::format("{} can only be read from here.", route->name));
    refused.headers.set("Allow", "GET, HEAD");
    return answer(std::move(refused));
  }
  if (route->allowed != access::with_token)
    if (auto refused = _guard.refuse_view(request)) return answer(std::move(*refused));
  pass_on(*route, std::move(request), std::move(responder));
}

void server::pass_on(const upstream& route, http_request request, runtime::http_responder responder) {
  runtime::http_call call{.method = request.method,
                          .url = address_of(route, request.target),
                          .headers = forwarded(route, request),
                          .body = std::move(request.body),
                          .timeout = route.timeout,
                          .ca_file = {}};
  // std::function wants to copy what it holds; a responder can only be moved.
  auto to = std::make_shared<runtime::http_responder>(std::move(responder));
  _client.send(std::move(call),
               [this, &route, to, method = request.method, start = clock::now()](result<http_response> answer) {
                 http_response response = answer ? std::move(*answer) : no_answer(route, answer.error());
                 if (answer) response.headers = returned(response.headers);
                 add_security_headers(response.headers);
                 _counts.answered(route.prefix, method, response.status, clock::now() - start);
                 to->send(std::move(response));
               });
}

}  // namespace mes::console
