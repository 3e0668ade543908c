// One request on its way to a handler, and the way back for its answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bus/broker.h"
#include "wire/kafka/generated/apis.h"
#include "wire/kafka/reader.h"
#include "wire/kafka/writer.h"

namespace mes::bus::handlers {

struct call {
  broker* of = nullptr;
  net::answer_slot slot;
  wire::kafka::api api{};
  std::int16_t version = 0;
  std::int32_t correlation = 0;
  std::string client_id;
  std::string client_host;
  std::string local_host;
  std::chrono::steady_clock::time_point received;
  std::string topic;             // the first that it names, for the log of slow requests
  std::int64_t may_wait_ms = 0;  // that the request itself asks for

  template <class Response>
  void answer(const Response& response) const {
    wire::kafka::writer out;
    begin(out, version >= Response::flexible_from);
    encode(out, version, response);
    send(std::move(out));
  }
  void answer_nothing() const { of->server().answer_nothing(slot); }

  void begin(wire::kafka::writer& out, bool flexible) const;  // room for the length, then the header
  void send(wire::kafka::writer out) const;
};

// Answers, now or later; false: the request does not follow the protocol.
using handle_function = bool (*)(call, wire::kafka::reader&);

template <class Request, void (*Handle)(const call&, Request&)>
bool decoded(call c, wire::kafka::reader& in) {
  Request request;
  if (!decode(in, c.version, request)) return false;
  Handle(c, request);
  return true;
}

struct api_handler {
  wire::kafka::api key;
  handle_function handle;
};

// What this broker serves; versions are the tables' (wire/kafka/generated/apis.h).
const api_handler* find_handler(std::int16_t key);
const wire::kafka::api_info* served(std::int16_t key);

// Takes one frame of a client; false closes the connection.
bool dispatch(broker& b, net::answer_slot slot, const net::peer& who, char* frame, std::size_t size);

}  // namespace mes::bus::handlers
