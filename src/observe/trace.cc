#include "observe/trace.h"

#include <algorithm>
#include <cstring>

#include "base/hex.h"

namespace mes::observe {
namespace {

// Lower case only, as the recommendation demands.
template <std::size_t N>
bool from_hex(std::string_view text, std::array<std::uint8_t, N>& out) {
  auto value = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  if (text.size() != 2 * N) return false;
  for (std::size_t i = 0; i < N; ++i) {
    int high = value(text[2 * i]), low = value(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

template <std::size_t N>
bool is_zero(const std::array<std::uint8_t, N>& bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t b) { return b == 0; });
}

span_id make_span_id() {
  span_id id;
  uuid random = uuid::make_v4();
  std::memcpy(id.data(), random.bytes.data() + 8, id.size());
  id[0] |= 1;  // never zero
  return id;
}

}  // namespace

trace_context trace_context::make_root() { return make_root(uuid::make_v7()); }

trace_context trace_context::make_root(const uuid& request_id) {
  return {.trace = request_id.bytes, .span = make_span_id(), .sampled = true};
}

// W3C Trace Context, section 3.2: a version above 00 may carry more fields behind the fourth.
std::optional<trace_context> trace_context::parse(std::string_view text) {
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  std::array<std::uint8_t, 1> version, flags;
  trace_context context;
  if (!from_hex(text.substr(0, 2), version) || version[0] == 0xff) return std::nullopt;
  if (version[0] == 0 ? text.size() != 55 : text.size() > 55 && text[55] != '-') return std::nullopt;
  if (!from_hex(text.substr(3, 32), context.trace) || !from_hex(text.substr(36, 16), context.span) ||
      !from_hex(text.substr(53, 2), flags))
    return std::nullopt;
  if (is_zero(context.trace) || is_zero(context.span)) return std::nullopt;
  context.sampled = (flags[0] & 1) != 0;
  return context;
}

trace_context trace_context::child() const { return {.trace = trace, .span = make_span_id(), .sampled = sampled}; }

std::array<char, 55> trace_context::traceparent() const {
  std::array<char, 55> text;
  char* to = text.data();
  to = std::ranges::copy(std::string_view("00-"), to).out;
  to = write_hex(to, trace);
  *to++ = '-';
  to = write_hex(to, span);
  std::ranges::copy(std::string_view(sampled ? "-01" : "-00"), to);
  return text;
}

std::string trace_context::to_traceparent() const {
  auto text = traceparent();
  return {text.data(), text.size()};
}

std::string trace_context::trace_hex() const { return to_hex(trace); }
std::string trace_context::span_hex() const { return to_hex(span); }

}  // namespace mes::observe
