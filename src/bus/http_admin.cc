#include "bus/http_admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/instant.h"
#include "bus/metrics_text.h"
#include "observe/log.h"
#include "runtime/own_names.h"
#include "wire/kafka/generated/groups.h"

namespace mes::bus {
namespace kafka = wire::kafka;
namespace {

using runtime::http_request;
using runtime::http_response;

constexpr std::int64_t records_max = 500;
constexpr std::size_t value_bytes_shown = std::size_t{64} << 10;
constexpr std::size_t uncompressed_max = std::size_t{16} << 20;
// What one answer may cost, for the loop does nothing else meanwhile: bytes of records, unpacked, and of its text.
constexpr std::size_t looked_at_max = std::size_t{16} << 20;
constexpr std::size_t answer_max = std::size_t{16} << 20;

void text(std::string& out, std::string_view value) { observe::append_json_string(out, value); }

void member_text(std::string& out, std::string_view name, std::string_view value, bool first = false) {
  if (!first) out += ',';
  text(out, name);
  out += ':';
  text(out, value);
}

http_response problem(int status, std::string_view title, std::string_view detail) {
  std::string body = "{";
  member_text(body, "title", title, true);
  body += fmt::format(",\"status\":{}", status);
  member_text(body, "detail", detail);
  auto response = http_response::json(status, body + "}");
  response.headers.set("Content-Type", "application/problem+json");
  return response;
}

std::optional<std::int64_t> whole(std::string_view value, std::int64_t otherwise) {
  if (value.empty()) return otherwise;
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (fault != std::errc{} || end != value.data() + value.size()) return std::nullopt;
  return number;
}

http_response topics(broker& b) {
  std::string out = "[";
  for (const auto& [name, t] : b.store().topics()) {
    if (out.size() > 1) out += ',';
    out += '{';
    member_text(out, "name", name, true);
    out += ",\"partitions\":[";
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < t->partitions.size(); ++i) {
      const auto& p = *t->partitions[i];
      size += p.size_bytes();
      out += fmt::format("{}{{\"partition\":{},\"low\":{},\"high\":{}}}", i == 0 ? "" : ",", i, p.log_start(),
                         p.high_watermark());
    }
    out += fmt::format("],\"size_bytes\":{}}}", size);
  }
  return http_response::json(200, out + "]");
}

void append_assignment(std::string& out, const std::string& bytes) {
  kafka::reader in(bytes);
  const auto version = std::clamp<std::int16_t>(in.int16(), 0, kafka::consumer_protocol_assignment::version_max);
  kafka::consumer_protocol_assignment assignment;
  bool first = true;
  if (!bytes.empty() && decode(in, version, assignment))
    for (const auto& t : assignment.assigned_partitions)
      for (const std::int32_t p : t.partitions) {
        out += first ? "{" : ",{";
        member_text(out, "topic", t.topic, true);
        out += fmt::format(",\"partition\":{}}}", p);
        first = false;
      }
}

void append_assignment(std::string& out, const bus::groups::assignment& assigned,
                       const bus::groups::topic_view& topics) {
  bool first = true;
  for (const auto& [id, partitions] : assigned) {
    const auto topic = topics.find(id);
    if (!topic) continue;
    for (const std::int32_t p : partitions) {
      out += first ? "{" : ",{";
      member_text(out, "topic", topic->name, true);
      out += fmt::format(",\"partition\":{}}}", p);
      first = false;
    }
  }
}

template <class Member>
void append_member(std::string& out, const Member& m, bool first) {
  out += first ? "{" : ",{";
  member_text(out, "id", m.id, true);
  member_text(out, "client_id", m.client_id);
  member_text(out, "host", m.client_host);
}

void append_members(std::string& out, const bus::groups::group& g, const bus::groups::topic_view& topics) {
  bool first = true;
  for (const auto& [id, m] : g.members) {
    append_member(out, m, std::exchange(first, false));
    out += ",\"assignment\":[";
    append_assignment(out, m.assignment);
    out += "]}";
  }
  if (!g.modern) return;
  for (const auto& [id, m] : g.modern->members) {
    append_member(out, *m, std::exchange(first, false));
    out += fmt::format(",\"epoch\":{},\"assignment\":[", m->epoch);
    append_assignment(out, m->assigned, topics);
    out += "]}";
  }
}

http_response groups(broker& b) {
  std::string out = "[";
  for (const auto& [name, g] : b.groups().all()) {
    if (out.size() > 1) out += ',';
    out += '{';
    member_text(out, "name", name, true);
    member_text(out, "type", g->modern ? "consumer" : "classic");
    member_text(out, "state", bus::groups::state_name(*g));
    member_text(out, "protocol", g->modern ? g->modern->assignor_name() : std::string_view(g->protocol));
    out += fmt::format(",\"generation\":{},\"members\":[", g->modern ? g->modern->epoch : g->generation);
    append_members(out, *g, b.groups().topics());
    out += "],\"lag\":[";
    bool first = true;
    for (const auto& [where, offset] : g->offsets) {
      const auto t = b.store().find(where.first);
      if (!t || static_cast<std::size_t>(where.second) >= t->partitions.size()) continue;
      const std::int64_t high = t->partitions[static_cast<std::size_t>(where.second)]->high_watermark();
      out += first ? "{" : ",{";
      first = false;
      member_text(out, "topic", where.first, true);
      out += fmt::format(",\"partition\":{},\"committed\":{},\"high\":{},\"lag\":{}}}", where.second, offset.offset,
                         high, std::max<std::int64_t>(0, high - offset.offset));
    }
    out += "]}";
  }
  return http_response::json(200, out + "]");
}

void append_text_or_null(std::string& out, std::string_view name, const std::optional<std::string_view>& value) {
  out += fmt::format(",\"{}\":", name);
  if (value)
    text(out, value->substr(0, value_bytes_shown));
  else
    out += "null";
}

void append_record(std::string& out, const kafka::record_view& r) {
  out += fmt::format("{{\"offset\":{}", r.offset);
  member_text(out, "timestamp", instant::from_ms(r.timestamp_ms).to_string());
  append_text_or_null(out, "key", r.key);
  append_text_or_null(out, "value", r.value);
  out += fmt::format(",\"value_bytes\":{},\"headers\":[", r.value ? r.value->size() : 0);
  for (std::size_t i = 0; i < r.headers.size(); ++i) {
    out += i == 0 ? "{" : ",{";
    member_text(out, "name", r.headers[i].first, true);
    append_text_or_null(out, "value", r.headers[i].second);
    out += '}';
  }
  out += "]}";
}

std::size_t bytes_of(const kafka::record_view& r) {
  constexpr std::size_t itself = 16;
  std::size_t size = itself + r.key.value_or("").size() + r.value.value_or("").size();
  for (const auto& [name, value] : r.headers) size += name.size() + value.value_or("").size();
  return size;
}

std::string left_out_batch(const kafka::batch_header& batch, kafka::batch_fault why) {
  std::string out = fmt::format("{{\"from\":{},\"to\":{}", batch.base_offset, batch.last_offset());
  member_text(out, "why",
              why == kafka::batch_fault::too_large ? "its records are too large to be shown" : "it cannot be unpacked");
  return out + '}';
}

// `next` is where to go on: there may be fewer than `limit` before the end. `left_out`: batches that are not shown.
http_response records(broker& b, const http_request& request, std::string_view name) {
  const auto t = b.store().find(name);
  if (!t) return problem(404, "Not Found", fmt::format("There is no topic {}", name));
  const auto index = whole(request.query_value("partition"), 0);
  if (!index || *index < 0 || static_cast<std::size_t>(*index) >= t->partitions.size())
    return problem(400, "Bad Request", fmt::format("partition: a number from 0 to {}", t->partitions.size() - 1));
  const log::partition& p = *t->partitions[static_cast<std::size_t>(*index)];
  const auto limit = whole(request.query_value("limit"), 50);
  if (!limit || *limit < 1 || *limit > records_max)
    return problem(400, "Bad Request", fmt::format("limit: a number from 1 to {}", records_max));
  auto from = whole(request.query_value("from"), -*limit);  // negative: that many before the end
  if (!from) return problem(400, "Bad Request", "from: an offset; negative counts from the end");
  if (*from < 0) from = p.high_watermark() + *from;
  from = std::clamp(*from, p.log_start(), p.high_watermark());
  std::string out = fmt::format("{{\"low\":{},\"high\":{},\"records\":[", p.log_start(), p.high_watermark());
  std::vector<kafka::external_bytes> parts;
  const auto found = b.store().reading(p, [&] {
    parts.clear();
    return p.read(*from, uncompressed_max, true, parts);
  });
  if (found.bytes == 0 && *from < p.high_watermark())
    return problem(500, "Internal Server Error", "A batch could not be read");
  std::string left_out;
  std::int64_t count = 0, next = *from;
  std::size_t looked_at = 0;
  const auto is_enough = [&] {
    const bool has_moved = count > 0 || !left_out.empty();
    return count >= *limit || (has_moved && (looked_at >= looked_at_max || out.size() >= answer_max));
  };
  for (const auto& part : parts) {
    if (is_enough()) break;
    std::string batch(part.size, '\0');
    const auto& segment = *static_cast<const log::segment*>(part.source.get());
    const auto got = segment.file->pread(part.position, batch);
    const auto head = kafka::peek_batch(batch);
    const bool is_end = head && head->control();  // of a transaction
    if (!got || *got != batch.size() || !head)
      return problem(500, "Internal Server Error", "A batch could not be read");
    if (!is_end) {
      const auto read = kafka::for_each_record(batch, uncompressed_max, [&](const kafka::record_view& r) {
        looked_at += bytes_of(r);
        if (r.offset < *from) return true;
        if (count++ > 0) out += ',';
        append_record(out, r);
        next = r.offset + 1;
        return !is_enough();
      });
      if (!read) {
        looked_at += uncompressed_max;  // it may have cost as much
        left_out += fmt::format("{}{}", left_out.empty() ? "" : ",", left_out_batch(*head, read.error()));
        next = head->last_offset() + 1;
        continue;
      }
    }
    if (!is_enough()) next = head->last_offset() + 1;
  }
  return http_response::json(200, fmt::format("{}],\"left_out\":[{}],\"next\":{}}}", out, left_out, next));
}

http_response answer(broker& b, const http_request& request) {
  constexpr std::string_view prefix = "/topics/", suffix = "/records";
  const std::string_view path = request.path;
  if (path == "/topics") return topics(b);
  if (path == "/groups") return groups(b);
  if (path.starts_with(prefix) && path.ends_with(suffix) && path.size() > prefix.size() + suffix.size())
    return records(b, request, path.substr(prefix.size(), path.size() - prefix.size() - suffix.size()));
  return problem(404, "Not Found", "Here are /topics, /topics/{name}/records, /groups, /metrics and /health");
}

}  // namespace

runtime::http_server::handler make_http_admin(broker& b, runtime::process& process) {
  const bool everybody = !runtime::is_loopback(process.settings().text("bind"));
  std::vector<std::string> hosts = runtime::names_in(process.settings().text("admin_hosts"));
  hosts.push_back(runtime::host_name());
  return [&b, &process, everybody, hosts](http_request request, runtime::http_responder responder) {
    if (request.path == "/health/live") return responder.send(http_response::json(200, R"({"status":"up"})"));
    if (request.path == "/health/ready")
      return responder.send(process.is_ready() ? http_response::json(200, R"({"status":"up"})")
                                               : http_response::json(503, R"({"status":"starting"})"));
    if (!everybody && request.path != "/metrics" && !runtime::is_own_name(request.headers.get("Host"), hosts))
      return responder.send(problem(403, "Forbidden",
                                    "This interface is asked as localhost, by an address of loopback, by the host's "
                                    "name, or by one in the setting admin_hosts"));
    if (request.method != "GET" && request.method != "HEAD")
      return responder.send(problem(405, "Method Not Allowed", "This interface only reads"));
    auto held = std::make_shared<runtime::http_responder>(std::move(responder));
    b.post([&b, &process, held, asked = std::move(request)] {
      if (asked.path != "/metrics") return held->send(answer(b, asked));
      auto response = http_response::text(200, process.metrics().expose() + metrics_text(b));
      response.headers.set("Content-Type", "text/plain; version=0.0.4");
      held->send(std::move(response));
    });
  };
}

}  // namespace mes::bus
