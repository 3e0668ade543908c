#include "gateway/plugins/tracing/propagation.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <vector>

#include "base/hex.h"
#include "base/split.h"
#include "base/trimmed.h"
#include "runtime/http.h"

namespace mes::gateway {
namespace {

bool is_hex(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

bool is_zero(std::string_view hex) {
  return std::ranges::all_of(hex, [](char c) { return c == '0'; });
}

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(hex_value(hex[i]) * 16 + hex_value(hex[i + 1]));
  return out;
}

std::string padded(std::string_view hex, std::size_t digits) {
  return hex.size() < digits ? std::string(digits - hex.size(), '0') + std::string(hex) : std::string(hex);
}

std::optional<std::string_view> value_of(const header_table& headers, std::string_view name) {
  const header_view* h = headers.find(name);
  return h ? std::optional(h->value) : std::nullopt;
}

std::optional<bool> flag_of(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  if (*text == "1" || *text == "true") return true;
  if (*text == "0" || *text == "false") return false;
  return std::nullopt;
}

// "<trace>-<span>-<sampled>-<parent>", the last two may be missing.
bool parse_b3_single(std::string_view text, found_trace& out) {
  if (text == "1" || text == "d") {
    out.sampled = true;
    return true;
  }
  if (text == "0") {
    if (!out.sampled) out.sampled = false;
    return true;
  }
  std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || (dash != 16 && dash != 32) || !is_hex(text.substr(0, dash))) return false;
  std::string_view rest = text.substr(dash + 1);
  if (rest.size() < 16 || !is_hex(rest.substr(0, 16))) return false;
  std::string_view trace = text.substr(0, dash), span = rest.substr(0, 16);
  rest.remove_prefix(16);
  if (rest.starts_with('-')) rest.remove_prefix(1);
  char sampled = 0;
  if (!rest.empty() && (rest[0] == '0' || rest[0] == '1' || rest[0] == 'd') && rest.size() != 16) {
    sampled = rest[0];
    rest.remove_prefix(1);
  }
  if (rest.starts_with('-')) rest.remove_prefix(1);
  if (!rest.empty() && (rest.size() != 16 || !is_hex(rest))) return false;
  if (out.sampled == true || sampled == '1' || sampled == 'd')
    out.sampled = true;
  else if (sampled == '0')
    out.sampled = false;
  out.trace = from_hex(trace);
  out.span = from_hex(span);
  out.parent = from_hex(rest);
  return true;
}

void parse_b3(const header_table& headers, std::optional<std::string_view> single, found_trace& out) {
  out.sampled = flag_of(value_of(headers, "x-b3-sampled"));
  if (value_of(headers, "x-b3-flags") == "1") out.sampled = true;
  bool fine = !single || parse_b3_single(*single, out);
  struct part {
    std::string_view name;
    std::string& to;
    bool long_too;
  };
  for (const part& p : {part{"x-b3-traceid", out.trace, true}, part{"x-b3-spanid", out.span, false},
                        part{"x-b3-parentspanid", out.parent, false}}) {
    auto value = value_of(headers, p.name);
    if (!value) continue;
    bool length = value->size() == 16 || (p.long_too && value->size() == 32);
    if (!length || !is_hex(*value))
      fine = false;
    else if (p.to.empty())
      p.to = from_hex(*value);
  }
  if (!fine || out.trace.empty()) out.trace = out.span = out.parent = {};
}

void parse_w3c(std::string_view text, found_trace& out) {
  auto parts = split(text, '-');
  if (parts.size() != 4 || !std::ranges::all_of(parts, is_hex) || parts[0] != "00" || parts[1].size() != 32 ||
      is_zero(parts[1]) || parts[2].size() != 16 || is_zero(parts[2]) || parts[3].size() != 2)
    return;
  out.trace = from_hex(parts[1]);
  out.parent = from_hex(parts[2]);
  out.sampled = hex_value(parts[3][1]) % 2 == 1;
}

void parse_jaeger(std::string_view text, found_trace& out) {
  auto parts = split(text, ':');
  if (parts.size() != 4 || !std::ranges::all_of(parts, is_hex) || parts[0].size() > 32 || is_zero(parts[0]) ||
      parts[1].size() > 16 || is_zero(parts[1]) || parts[3].size() > 2)
    return;
  out.trace = from_hex(padded(parts[0], 32));
  out.span = from_hex(padded(parts[1], 16));
  out.parent = from_hex(parts[2]);
  out.sampled = hex_value(parts[3].back()) % 2 == 1;
}

void parse_ot(const header_table& headers, found_trace& out) {
  out.sampled = flag_of(value_of(headers, "ot-tracer-sampled"));
  auto trace = value_of(headers, "ot-tracer-traceid"), span = value_of(headers, "ot-tracer-spanid");
  bool trace_fine = trace && (trace->size() == 16 || trace->size() == 32) && is_hex(*trace);
  bool span_fine = !span || (span->size() == 16 && is_hex(*span));
  if (!trace_fine || !span_fine) return;
  out.trace = from_hex(*trace);
  if (span) out.parent = from_hex(*span);  // Kong's parser hands the span on as the parent
}

void parse_aws(std::string_view text, found_trace& out) {
  found_trace read;
  for (std::string_view pair : split(text, ';')) {
    std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    std::string_view key = trimmed(pair.substr(0, equals)), value = trimmed(pair.substr(equals + 1));
    if (key == "Root") {
      auto parts = split(value, '-');
      if (value.size() != 35 || parts.size() != 3 || parts[0] != "1" || parts[1].size() != 8 || parts[2].size() != 24 ||
          !std::ranges::all_of(parts, is_hex))
        return;
      read.trace = from_hex(std::string(parts[1]) + std::string(parts[2]));
    } else if (key == "Parent") {
      if (value.size() != 16 || !is_hex(value)) return;
      read.span = from_hex(value);
    } else if (key == "Sampled") {
      if (value != "0" && value != "1") return;
      read.sampled = value == "1";
    }
  }
  out.trace = read.trace;
  out.span = read.span;
  out.sampled = read.sampled;
}

// By a name's beginning: "uberctx-user" is the baggage "user".
void find_baggage(const header_table& headers, std::string_view prefix, found_trace& out) {
  for (const header_view& h : headers)
    if (h.name.size() > prefix.size() && equals_ignoring_case(h.name.substr(0, prefix.size()), prefix)) {
      std::string key(h.name.substr(prefix.size()));
      std::ranges::transform(key, key.begin(),
                             [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      out.baggage.insert_or_assign(key, runtime::percent_decode(h.value, true));
    }
}

}  // namespace

found_trace find_trace(const header_table& headers, std::string_view header_type) {
  found_trace out;
  if (header_type == "ignore") return out;
  auto single = value_of(headers, "b3");
  if (!single)
    if (auto state = value_of(headers, "tracestate"); state && state->starts_with("b3=")) single = state->substr(3);
  bool b3 = false;
  for (std::string_view name : {"x-b3-sampled", "x-b3-flags", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid"})
    b3 |= headers.find(name) != nullptr;
  if (single || b3) {
    out.type = single ? "b3-single" : "b3";
    parse_b3(headers, single, out);
  } else if (auto w3c = value_of(headers, "traceparent")) {
    out.type = "w3c";
    parse_w3c(*w3c, out);
  } else if (auto jaeger = value_of(headers, "uber-trace-id")) {
    out.type = "jaeger";
    parse_jaeger(*jaeger, out);
  } else if (headers.find("ot-tracer-traceid")) {
    out.type = "ot";
    parse_ot(headers, out);
  } else if (auto aws = value_of(headers, "x-amzn-trace-id")) {
    out.type = "aws";
    parse_aws(*aws, out);
  }
  if (out.trace.empty()) return out;
  find_baggage(headers, "ot-baggage-", out);
  find_baggage(headers, "uberctx-", out);
  return out;
}

void passed_trace::fill_baggage_fields(bool ot) {
  for (const auto& [key, value] : baggage) {
    baggage_fields["uberctx-" + key] = runtime::percent_encode(value);
    if (ot) baggage_fields["ot-baggage-" + key] = runtime::percent_encode(value);
  }
}

void set_trace(plugin_context& c, passed_trace& t, std::string_view header_type, std::string_view found_type,
               std::string_view default_type) {
  if (found_type.empty()) found_type = default_type.empty() ? "b3" : default_type;
  auto wanted = [&](std::string_view type) { return header_type == type || found_type == type; };
  header_edits& to = c.upstream_headers;
  std::string trace = to_hex(t.trace), span = to_hex(t.span), parent = to_hex(t.parent);
  std::string trace16 = trace.size() > 32 ? trace.substr(trace.size() - 32) : padded(trace, 32);
  std::string sampled = t.sampled ? "1" : "0";
  if (wanted("b3")) {
    to.set("x-b3-traceid", trace);
    to.set("x-b3-spanid", span);
    if (!parent.empty()) to.set("x-b3-parentspanid", parent);
    if (!c.request->headers.find("x-b3-flags")) to.set("x-b3-sampled", sampled);
  }
  if (wanted("b3-single"))
    to.set("b3", fmt::format("{}-{}-{}{}{}", trace, span, sampled, parent.empty() ? "" : "-", parent));
  if (wanted("w3c")) to.set("traceparent", fmt::format("00-{}-{}-0{}", trace16, span, sampled));
  if (wanted("jaeger"))
    to.set("uber-trace-id", fmt::format("{}:{}:{}:0{}", trace, span, parent.empty() ? "0" : parent, sampled));
  if (wanted("ot")) {
    to.set("ot-tracer-traceid", trace16);
    to.set("ot-tracer-spanid", span);
    to.set("ot-tracer-sampled", sampled);
  }
  t.fill_baggage_fields(wanted("ot"));
  for (const auto& [name, value] : t.baggage_fields) to.set(name, value);
  if (wanted("aws"))
    to.set("x-amzn-trace-id", fmt::format("Root=1-{}-{};Parent={};Sampled={}", trace.substr(0, 8),
                                          trace.substr(std::min<std::size_t>(8, trace.size())), span, sampled));
}

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count));
  return out;
}

}  // namespace mes::gateway
