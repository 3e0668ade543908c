#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/instant.h"
#include "bus/cli/commands.h"
#include "bus/cli/interruption.h"
#include "bus/cli/support.h"

namespace mes::bus::cli {
namespace {

using runtime::kafka_admin;
using runtime::kafka_place;
using runtime::kafka_record;

struct tail_options {
  connection to;
  std::string topic, from = "latest", filter;
  std::int32_t partition = -1;
  std::int64_t count = -1;
  bool to_end = false, headers = false, json = false;
};

bool matches(const kafka_record& r, const std::string& filter) {
  return filter.empty() || r.key.contains(filter) || r.value.contains(filter) ||
         std::ranges::any_of(r.headers, [&](const auto& h) { return h.second && h.second->contains(filter); });
}

void print_json(const kafka_record& r) {
  std::string out = fmt::format("{{\"topic\":");
  const auto member = [&out](std::string_view name, std::string_view value) {
    out += ',';
    observe::append_json_string(out, name);
    out += ':';
    observe::append_json_string(out, value);
  };
  observe::append_json_string(out, r.topic);
  out += fmt::format(",\"partition\":{},\"offset\":{}", r.partition, r.offset);
  member("timestamp", instant::from_ms(r.timestamp_ms).to_string());
  if (r.has_key())
    member("key", r.key);
  else
    out += ",\"key\":null";
  if (r.tombstone)
    out += ",\"value\":null";
  else
    member("value", r.value);
  // Names and values in turn, as kcat -J prints them: a name may come again, and a value may be null.
  out += ",\"headers\":[";
  for (const auto& [name, value] : r.headers) {
    if (out.back() != '[') out += ',';
    observe::append_json_string(out, name);
    out += ',';
    if (value)
      observe::append_json_string(out, *value);
    else
      out += "null";
  }
  fmt::print("{}]}}\n", out);
}

void print(const kafka_record& r, const tail_options& o) {
  if (o.json) return print_json(r);
  fmt::print("{} {}@{} {} {}\n", instant::from_ms(r.timestamp_ms).to_string(), r.partition, r.offset,
             r.key.empty() ? "-" : printable(r.key), r.tombstone ? "(deleted)" : printable(r.value));
  if (o.headers)
    for (const auto& [name, value] : r.headers)
      fmt::print("    {}: {}\n", printable(name), value ? printable(*value) : "(null)");
}

// Into a pipe or a file as well, what was printed is out soon, however many records come.
class steady_output {
 public:
  static constexpr auto interval = std::chrono::milliseconds(100);
  void flush() {
    std::fflush(stdout);
    _last = std::chrono::steady_clock::now();
  }
  void flush_if_due() {
    if (std::chrono::steady_clock::now() - _last >= interval) flush();
  }

 private:
  std::chrono::steady_clock::time_point _last = std::chrono::steady_clock::now();
};

int follow(const tail_options& o, const std::vector<kafka_place>& from,
           const std::optional<std::vector<kafka_place>>& ends) {
  runtime::kafka_reader reader(o.to.cluster(), "mes-bus-tail", o.to.log(), from, ends);
  const interruption stop;
  steady_output out;
  for (std::int64_t printed = 0; (o.count < 0 || printed < o.count) && !reader.is_at_end();) {
    if (stop.came()) return stop.exit_code();
    auto got = reader.next(std::chrono::milliseconds(0));
    if (got && !*got) {
      out.flush();
      got = reader.next(steady_output::interval);
    }
    if (!got) return failed(got.error());
    if (*got && matches(**got, o.filter)) {
      print(**got, o);
      ++printed;
    }
    out.flush_if_due();
  }
  return 0;
}

}  // namespace

int tail_command(int argc, char** argv) {
  CLI::App app("Records of a topic, one a line: time, partition@offset, key, value.", "mes bus tail");
  tail_options o;
  app.add_option("topic", o.topic, "The topic")->required();
  app.add_option("--from", o.from,
                 "earliest, latest, an offset, -N for N records before the end of each partition, or a time "
                 "(2026-01-31T08:00:00Z) [default: latest]");
  app.add_option("--filter", o.filter, "Only records with this text in key, value or a header");
  app.add_option("--partition", o.partition, "Only this partition")->check(CLI::Range(0, INT32_MAX));
  app.add_option("-n,--count", o.count, "End after so many records")->check(CLI::Range(std::int64_t{0}, INT64_MAX));
  app.add_flag("-e,--end", o.to_end, "End where the topic ends now, instead of waiting for more");
  app.add_flag("--headers", o.headers, "With the records' headers");
  app.add_flag("--json", o.json, "One JSON object a line");
  o.to.add_to(app);
  if (const auto code = parse(app, argc, argv, &o.to)) return *code;
  const auto at = parse_start_point(o.from);
  if (!at) return failed(at.error());
  kafka_admin bus(o.to.cluster(), "mes-bus-tail", o.to.log());
  const auto topic = bus.topic(o.topic);
  if (!topic) return failed(topic.error());
  auto places = places_of(*topic);
  if (o.partition >= topic->partitions)
    return failed(error(error_code::invalid_argument,
                        fmt::format("{} has the partitions 0 to {}", o.topic, topic->partitions - 1)));
  if (o.partition >= 0) places = {{o.topic, o.partition, -1}};
  const auto from = resolve(bus, places, *at);
  if (!from) return failed(from.error());
  if (!o.to_end) return follow(o, *from, {});
  const auto ends = bus.find_offsets(places, kafka_admin::at_end);
  if (!ends) return failed(ends.error());
  return follow(o, *from, *ends);
}

}  // namespace mes::bus::cli
