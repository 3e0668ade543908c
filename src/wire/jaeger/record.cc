#include "wire/jaeger/record.h"

#include <utility>

namespace mes::wire::jaeger {
namespace {

void take_kind(otlp::span_record& s) {
  for (auto it = s.attributes.begin(); it != s.attributes.end(); ++it) {
    const auto* text = std::get_if<std::string>(&it->second);
    if (it->first != "span.kind" || !text || otlp::kind_of(*text) == 0) continue;
    s.kind = otlp::kind_of(*text);
    s.attributes.erase(it);
    return;
  }
}

}  // namespace

void settle(otlp::span_record& s, std::vector<reference> references, std::string_view format) {
  for (reference& r : references) {
    const bool parent = r.child_of && r.trace_id == s.trace_id;
    if (parent && (s.parent_id.empty() || s.parent_id == r.span_id))
      s.parent_id = std::move(r.span_id);
    else
      s.links.push_back({std::move(r.trace_id), std::move(r.span_id)});
  }
  take_kind(s);
  s.attributes.emplace_back("internal.span.format", std::string(format));
}

}  // namespace mes::wire::jaeger
