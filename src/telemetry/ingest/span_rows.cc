#include "telemetry/ingest/span_rows.h"

#include "telemetry/parts/bytes.h"
#include "telemetry/parts/index_name.h"
#include "wire/otlp/otlp_reader.h"

namespace mes::telemetry {

namespace otlp = wire::otlp;

result<span_batch> rows_of_export(std::string_view request, instant now) {
  span_batch made;
  made.rows.index = day_index(span_index_prefix, now.microseconds);
  std::string body;
  result<void> heads;
  auto read = otlp::read_export(request, [&](const otlp::span_bytes& s) {
    auto head = otlp::read_head(s.span);
    if (!head) {
      heads = fail(std::move(head.error()));
      return;
    }
    if (head->trace_id.empty() || head->span_id.empty()) {
      ++made.rejected;
      return;
    }
    body.clear();
    put_text(body, s.resource);
    put_text(body, s.scope);
    body += s.span;
    row r;
    r.time_us = static_cast<std::int64_t>(head->start_ns / 1'000);
    r.trace_key = trace_key_of_bytes(head->trace_id);
    r.stream = s.service;
    r.body = body;
    append_row(made.rows.rows, r);
    ++made.accepted;
  });
  if (!read) return fail(std::move(read.error()));
  if (!heads) return fail(std::move(heads.error()));
  return made;
}

bool read_stored_span(std::string_view body, stored_span& into) {
  if (!take_text(body, into.resource) || !take_text(body, into.scope)) return false;
  into.span = body;
  return true;
}

void add_span_label(const row& r, label_set& into) {
  stored_span s;
  if (!read_stored_span(r.body, s)) return;
  auto head = otlp::read_head(s.span);
  if (!head) return;
  std::string label(r.stream);
  label += '\0';
  label += static_cast<char>('0' + (head->kind <= 5 ? head->kind : 0));
  label += head->name;
  into.add(label);
}

bool read_operation_label(std::string_view label, operation_label& into) {
  std::size_t end = label.find('\0');
  if (end == std::string_view::npos || end + 1 >= label.size()) return false;
  into.service = label.substr(0, end);
  into.kind = static_cast<std::uint32_t>(label[end + 1] - '0');
  into.name = label.substr(end + 2);
  return true;
}

}  // namespace mes::telemetry
