// Serves a service's operations over HTTP: the life of one request from its bytes to its answer.
#pragma once

#include <memory>

#include "runtime/http_server.h"
#include "runtime/redis.h"
#include "runtime/worker_pool.h"
#include "service/operation.h"
#include "service/security.h"

namespace mes::service {

struct exchange;

// Lives on the service's loop; every method but those named is called there.
class dispatcher {
 public:
  dispatcher(std::shared_ptr<api::state> surface, authenticator& who, runtime::redis_client& cache);
  ~dispatcher();
  void handle(runtime::http_request request, runtime::http_responder responder);
  void stop();  // after the server stopped: ends the calls to other services that are under way

 private:
  void route(const std::shared_ptr<exchange>& e);
  void authorize(const std::shared_ptr<exchange>& e, result<identity> who);
  void read_body(const std::shared_ptr<exchange>& e);
  void run_command(const std::shared_ptr<exchange>& e);
  void run_query(const std::shared_ptr<exchange>& e);
  // Any thread: the rest goes on on the loop.
  void finish_later(std::shared_ptr<exchange> e, result<reply> outcome);
  void finish(exchange& e, result<reply> outcome);
  void record(exchange& e, int status, const error* failure);
  bool answer_reserved(const runtime::http_request& request, runtime::http_responder& responder);

  std::shared_ptr<api::state> _surface;
  authenticator& _authenticator;
  runtime::redis_client& _cache;
  std::unique_ptr<runtime::worker_pool> _calls;  // for `prepare`
  std::string _openapi;
};

}  // namespace mes::service
