// One request on its way to a handler, and the way back for its answer.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/broker.h"
#include "bus/handlers/authorize.h"
#include "bus/handlers/name_once.h"
#include "bus/security/access.h"
#include "wire/kafka/generated/apis.h"
#include "wire/kafka/reader.h"
#include "wire/kafka/writer.h"

namespace mes::bus::handlers {

// Who asks for something.
struct requester {
  broker* of = nullptr;
  std::shared_ptr<security::session> who;

  bool authorizes() const { return of->access().acls().enabled(); }
  // The principal without its type: what quotas know a user by.
  std::string_view user() const { return std::string_view(who->principal).substr(who->principal.find(':') + 1); }
};

struct call : requester {
  net::answer_slot slot;
  wire::kafka::api api{};
  std::int16_t version = 0;
  std::int32_t correlation = 0;
  std::string client_id;
  std::string client_host;
  std::string local_host;
  std::size_t bytes = 0;                     // of the request
  std::shared_ptr<char[]> memory;            // produce: that it lies in, if it is large (net/server.h)
  std::int64_t started_ns = 0;               // monotonic
  std::shared_ptr<std::int64_t> handled_ns;  // by its handler, once that has returned; null: nobody counts it
  std::int64_t throttle_ms = 0;              // what it exceeds a quota by
  change_queue::turn turn;                   // of one that changes settings: kept until it is answered
  // What is done to the answer before it goes out (handlers/authorize.h).
  std::shared_ptr<std::vector<std::function<void(void*)>>> amendments;

  template <class Response>
  void amend(std::function<void(Response&)> change) {
    if (!amendments) amendments = std::make_shared<std::vector<std::function<void(void*)>>>();
    amendments->push_back([change = std::move(change)](void* response) { change(*static_cast<Response*>(response)); });
  }
  std::chrono::steady_clock::time_point received;
  std::string topic;             // the first that it names, for the log of slow requests
  std::int64_t may_wait_ms = 0;  // that the request itself asks for

  template <class Response>
  void answer(const Response& response) const {
    if (!amendments) return send(response);
    Response amended = response;
    for (const auto& change : *amendments) change(&amended);
    send(amended);
  }
  void answer_nothing() const;  // to acks=0

  // The broker's address as this client is to see it.
  security::listener advertised() const;

 private:
  template <class Response>
  void send(const Response& response) const {
    wire::kafka::writer out = encoded(response);
    std::int64_t wait_ms = quota_wait_ms(out.size());
    if constexpr (requires { response.throttle_time_ms; }) {
      wait_ms = std::max<std::int64_t>(wait_ms, response.throttle_time_ms);
      if (wait_ms > response.throttle_time_ms) {
        Response throttled = response;
        throttled.throttle_time_ms = static_cast<std::int32_t>(std::min<std::int64_t>(wait_ms, INT32_MAX));
        out = encoded(throttled);
      }
    }
    send(std::move(out), wait_ms);
  }
  template <class Response>
  wire::kafka::writer encoded(const Response& response) const {
    wire::kafka::writer out;
    begin(out, version >= Response::flexible_from);
    encode(out, version, response);
    return out;
  }
  void begin(wire::kafka::writer& out, bool flexible) const;  // room for the length, then the header
  std::int64_t quota_wait_ms(std::size_t answer_bytes) const;
  void send(wire::kafka::writer out, std::int64_t wait_ms) const;
};

// Answers, now or later; false: the request does not follow the protocol.
using handle_function = bool (*)(call, wire::kafka::reader&);

template <class Request, void (*Handle)(const call&, Request&)>
bool decoded(call c, wire::kafka::reader& in) {
  Request request;
  if (!decode(in, c.version, request)) return false;
  name_once(request);
  if (authorize(c, request)) Handle(c, request);
  return true;
}

struct api_handler {
  wire::kafka::api key;
  handle_function handle;
  bool changes_settings = false;  // those run one after the other (change_queue.h)
};

// What this broker serves; versions are the tables' (wire/kafka/generated/apis.h).
const api_handler* find_handler(std::int16_t key);
const wire::kafka::api_info* served(std::int16_t key);

// Takes one frame of a client; false closes the connection.
bool dispatch(broker& b, net::answer_slot slot, const net::peer& who, const net::frame& request);

}  // namespace mes::bus::handlers
