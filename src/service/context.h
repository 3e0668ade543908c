// What a handler sees of the request, message or timer that it serves.
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/instant.h"
#include "observe/log.h"
#include "observe/trace.h"
#include "runtime/http.h"
#include "service/event.h"
#include "store/database.h"

namespace mes::service {

struct identity {
  std::string user_id;   // the token's `sub`; "system" for timers
  std::string username;  // `preferred_username`
  std::vector<std::string> roles;
};

// One unit of cause: everything that follows from one request carries its id and trace.
struct cause {
  identity user;
  std::string request_id;        // X-Request-ID as it came
  observe::trace_context trace;  // of the span that runs now
  instant now;
};

// A read: runs on a reader thread, in a consistent snapshot.
struct query {
  store::session& db;
  const cause& why;
  const runtime::http_request& request;
  const std::map<std::string, std::string, std::less<>>& path;  // "{id}" of the route

  const std::string& path_value(std::string_view name) const { return path.find(name)->second; }
  std::string_view parameter(std::string_view name) const { return request.query_value(name); }
};

// A change: runs on the writer thread, in a transaction shared with its neighbours. Returning an error undoes all of
// it. Events are written to the outbox in the same commit, in the order of emit().
class command {
 public:
  command(store::session& s, const cause& c) : db(s), why(c) {}
  store::session& db;
  const cause& why;

  void emit(std::string type, std::string aggregate_id, std::int64_t aggregate_version, json::object data);
  // Runs after the commit is on disk; for counters. Must not block.
  void after_commit(std::function<void()> step) { _after.push_back(std::move(step)); }

  std::vector<event> take_events() { return std::move(_events); }
  std::vector<std::function<void()>> take_after_commit() { return std::move(_after); }

 private:
  std::vector<event> _events;
  std::vector<std::function<void()>> _after;
};

// A change asked for over HTTP.
class http_command : public command {
 public:
  http_command(store::session& s, const cause& c, const runtime::http_request& r,
               const std::map<std::string, std::string, std::less<>>& p, const json::value& found)
      : command(s, c), request(r), path(p), prepared(found) {}
  const runtime::http_request& request;
  const std::map<std::string, std::string, std::less<>>& path;
  const json::value& prepared;  // what operation_options::prepare returned; null without it

  const std::string& path_value(std::string_view name) const { return path.find(name)->second; }
  // If-Match against the version at hand: precondition_required without the header, precondition_failed if stale.
  result<void> check_if_match(std::int64_t current_version) const;
};

// An answer. One of 400 and above is committed too, with its effects and events (a failed login is counted): refusals
// that shall leave nothing are returned as errors instead.
struct reply {
  int status = 200;
  json::value body;                          // null: no body
  std::optional<std::int64_t> version = {};  // becomes the strong ETag "7"
  std::string location = {};                 // for 201
  std::string audit_id = {};  // what was changed, for the audit record; default: the path's id or the body's
};

}  // namespace mes::service
