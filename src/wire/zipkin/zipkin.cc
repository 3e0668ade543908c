#include "wire/zipkin/zipkin.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <map>

namespace mes::wire::zipkin {
namespace {

// Version 1's core annotations: which side says it, and whether it begins or ends there.
struct core_annotation {
  std::string_view value;
  std::uint32_t kind;
  bool begins;
};
constexpr std::uint32_t server = 2, client = 3, producer = 4, consumer = 5;
constexpr std::array core_annotations = {
    core_annotation{"cs", client, true},  core_annotation{"cr", client, false},  core_annotation{"sr", server, true},
    core_annotation{"ss", server, false}, core_annotation{"ms", producer, true}, core_annotation{"mr", consumer, true},
};

const core_annotation* find_core(std::string_view value) {
  const auto it = std::ranges::find(core_annotations, value, &core_annotation::value);
  return it == core_annotations.end() ? nullptr : &*it;
}

// Version 1's binary annotations that are an address, and whose peer it is.
bool is_address(std::string_view key) { return key == "sa" || key == "ca" || key == "ma"; }

struct side {
  span made;
  std::int64_t ended_us = 0;
};

std::vector<side> sides_of(const span_v1& old) {
  std::vector<side> sides;
  for (const annotation_v1& a : old.annotations) {
    const core_annotation* core = find_core(a.what.value);
    if (!core) continue;
    auto it = std::ranges::find(sides, core->kind, [](const side& s) { return s.made.kind; });
    if (it == sides.end()) {
      it = sides.insert(sides.end(), side{});
      it->made.kind = core->kind;
    }
    if (a.host && !it->made.local) it->made.local = a.host;
    (core->begins ? it->made.timestamp_us : it->ended_us) = a.what.timestamp_us;
  }
  if (sides.empty()) sides.emplace_back();
  return sides;
}

// The side that a host speaks for: the one of that service, else the first.
side& side_of(std::vector<side>& sides, const std::optional<endpoint>& host) {
  for (side& s : sides)
    if (host && s.made.local && s.made.local->service == host->service) return s;
  side& first = sides.front();
  if (host && !first.made.local) first.made.local = host;
  return first;
}

void take_address(std::vector<side>& sides, const binary_annotation_v1& a) {
  for (side& s : sides) {
    const bool of_peer = (a.key == "sa" && s.made.kind != server) || (a.key == "ca" && s.made.kind == server) ||
                         (a.key == "ma" && (s.made.kind == producer || s.made.kind == consumer));
    if (of_peer) s.made.remote = a.host;
  }
}

void set_times(std::vector<side>& sides, const span_v1& old) {
  for (side& s : sides) {
    span& made = s.made;
    const bool owns_times = sides.size() == 1 || made.kind == client;  // the span's own times are its beginner's
    if (s.ended_us > made.timestamp_us && made.timestamp_us > 0) made.duration_us = s.ended_us - made.timestamp_us;
    if (owns_times && old.timestamp_us) made.timestamp_us = *old.timestamp_us;
    if (owns_times && old.duration_us) made.duration_us = *old.duration_us;
  }
}

void add_peer(otlp::attributes& tags, const endpoint& remote) {
  if (!remote.service.empty()) tags.emplace_back("peer.service", remote.service);
  if (!remote.ipv4.empty()) tags.emplace_back("peer.ipv4", remote.ipv4);
  if (!remote.ipv6.empty()) tags.emplace_back("peer.ipv6", remote.ipv6);
  if (remote.port != 0) tags.emplace_back("peer.port", std::int64_t{remote.port});
}

std::uint64_t nanoseconds(std::int64_t microseconds) {
  return microseconds <= 0 ? 0 : static_cast<std::uint64_t>(microseconds) * 1'000;
}

otlp::span_record record_of(span s) {
  otlp::span_record r;
  r.trace_id = std::move(s.trace_id);
  r.span_id = std::move(s.id);
  r.parent_id = std::move(s.parent_id);
  r.name = std::move(s.name);
  r.kind = s.kind;
  r.start_ns = nanoseconds(s.timestamp_us);
  r.end_ns = r.start_ns + nanoseconds(s.duration_us);
  r.attributes = std::move(s.tags);
  if (s.remote) add_peer(r.attributes, *s.remote);
  for (annotation& a : s.annotations) r.events.push_back({nanoseconds(a.timestamp_us), std::move(a.value), {}});
  r.attributes.emplace_back("internal.span.format", std::string("zipkin"));
  return r;
}

}  // namespace

std::vector<span> spans_of(span_v1 old) {
  std::vector<side> sides = sides_of(old);
  for (annotation_v1& a : old.annotations)
    if (!find_core(a.what.value)) side_of(sides, a.host).made.annotations.push_back(std::move(a.what));
  for (binary_annotation_v1& a : old.binary_annotations) {
    if (is_address(a.key)) {
      take_address(sides, a);
    } else if (a.key == "lc") {
      side& local = side_of(sides, a.host);
      const auto* text = std::get_if<std::string>(&a.value);
      if (text && !text->empty()) local.made.tags.emplace_back("lc", *text);
    } else {
      side_of(sides, a.host).made.tags.emplace_back(std::move(a.key), std::move(a.value));
    }
  }
  set_times(sides, old);
  std::vector<span> made;
  for (side& s : sides) {
    s.made.trace_id = old.trace_id;
    s.made.id = old.id;
    s.made.parent_id = old.parent_id;
    s.made.name = old.name;
    made.push_back(std::move(s.made));
  }
  return made;
}

std::vector<otlp::resource_record> records_of(std::vector<span> spans) {
  std::map<std::pair<std::string, std::string>, otlp::resource_record> by_process;  // service and address
  for (span& s : spans) {
    const endpoint local = s.local.value_or(endpoint{});
    const std::string address = local.ipv4.empty() ? local.ipv6 : local.ipv4;
    auto& process = by_process[{local.service, address}];
    if (process.spans.empty()) {
      process.service = local.service.empty() ? "unknown" : local.service;
      if (!address.empty()) process.attributes.emplace_back("ip", address);
    }
    process.spans.push_back(record_of(std::move(s)));
  }
  std::vector<otlp::resource_record> records;
  for (auto& [key, process] : by_process) records.push_back(std::move(process));
  return records;
}

std::string address_text(std::string_view bytes) {
  char text[INET6_ADDRSTRLEN] = {};
  if (bytes.size() == 4) return inet_ntop(AF_INET, bytes.data(), text, sizeof text) ? text : "";
  if (bytes.size() == 16) return inet_ntop(AF_INET6, bytes.data(), text, sizeof text) ? text : "";
  return "";
}

}  // namespace mes::wire::zipkin
