#include "service/operation.h"

#include <algorithm>

namespace mes::service {
namespace {

bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }

bool fits(const operation& op, const std::vector<std::string>& segments) {
  if (op.segments.size() != segments.size()) return false;
  for (std::size_t i = 0; i < segments.size(); ++i)
    if (is_parameter(op.segments[i]) ? segments[i].empty() : op.segments[i] != segments[i]) return false;
  return true;
}

// Literal segments win over parameters, the leftmost first.
bool more_literal(const operation& a, const operation& b) {
  for (std::size_t i = 0; i < a.segments.size(); ++i)
    if (is_parameter(a.segments[i]) != is_parameter(b.segments[i])) return is_parameter(b.segments[i]);
  return false;
}

}  // namespace

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> segments;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0 || end < path.size()) segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

match find_operation(const std::vector<operation>& operations, std::string_view method, std::string_view path) {
  std::vector<std::string> segments = split_path(path);
  if (method == "HEAD") method = "GET";
  std::vector<const operation*> fitting;
  for (const operation& op : operations)
    if (fits(op, segments)) fitting.push_back(&op);
  match m;
  if (fitting.empty()) return m;
  const operation* shape = *std::ranges::min_element(fitting, [](auto* a, auto* b) { return more_literal(*a, *b); });
  for (const operation* op : fitting) {
    if (op->segments != shape->segments) continue;
    if (op->method == method) m.found = op;
    m.allowed.push_back(op->method);
  }
  if (m.found)
    for (std::size_t i = 0; i < segments.size(); ++i)
      if (const std::string& s = m.found->segments[i]; is_parameter(s))
        m.values.emplace(s.substr(1, s.size() - 2), segments[i]);
  return m;
}

void write_events(store::session& db, std::vector<event> events, const std::string& source) {
  for (event& e : events) {
    e.source = source;
    store::outbox_append(db, to_record(e));
  }
}

}  // namespace mes::service
