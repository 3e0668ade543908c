// Log lines and events as rows: what infrastructure/logstash/pipeline/logstash.conf does in production, done here for
// the platform's JSON lines. One pass by a JSON parser, then the line's own bytes with a few fields put before them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "telemetry/parts/store.h"

namespace mes::telemetry {

struct document_facts;

inline constexpr std::string_view logs_prefix = "mes-logs-", errors_prefix = "mes-errors-", audit_prefix = "mes-audit-";

// An event of the bus, as the consumer of system.audit-log and system.error has it.
struct bus_event {
  std::string_view index_prefix;
  std::string_view topic, key, value;
  std::string_view id, type, source, request_id, traceparent;  // from the headers; "" where there is none
  instant time;
};

// Not thread-safe; reuses its buffers.
class log_rows {
 public:
  // Whether a day's index may be made (the store's limit); where not, a line goes to today's.
  explicit log_rows(std::function<bool(std::string_view index)> has_room);
  ~log_rows();

  // One line without its newline. What is no JSON object is kept as "message" with the tag _jsonparsefailure.
  void add_line(std::string_view line, instant now);
  void add_event(const bus_event& e);

  std::size_t size_bytes() const { return _size; }
  std::vector<row_batch> take();
  void put_back(std::vector<row_batch> batches);  // what take() gave and the store refused

 private:
  struct parser;
  void add_unparsed(std::string_view line, instant now);
  std::string_view with_level(std::string_view line, const document_facts& f);
  const std::string& index_for(std::string_view prefix, std::int64_t time_us, std::int64_t now_us);
  void put(const std::string& index, const row& r);

  std::function<bool(std::string_view)> _has_room;
  std::unique_ptr<parser> _parser;
  std::map<std::string, row_batch, std::less<>> _batches;
  std::map<std::pair<std::string_view, std::int64_t>, std::string> _names;  // by prefix and day
  std::string _body, _rewritten;
  std::size_t _size = 0;
};

// "WARNING" -> "warn", "critical" -> "fatal", anything else in lower case.
std::string normal_level(std::string_view level);
// "/mes-work-order-service-1" -> "work-order-service": the service of a container.
std::string service_of_container(std::string_view container);

}  // namespace mes::telemetry
