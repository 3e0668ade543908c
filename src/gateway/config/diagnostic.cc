#include "gateway/config/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

namespace mes::gateway {
namespace {

constexpr std::size_t told_max = 1000;
constexpr std::size_t found_max = 20'000;  // repeats too: more than the services that may share a list by aliases

std::size_t fingerprint(const diagnostic& d) {
  return std::hash<std::string>{}(
      fmt::format("{}:{}:{}:{}", std::to_underlying(d.kind), d.mark.line, d.mark.column, d.message));
}

}  // namespace

void reporter::tell(diagnostic finding) {
  if (!_told.insert(fingerprint(finding)).second) return;
  if (++_counts[std::to_underlying(finding.kind)] <= told_max) _findings.push_back(std::move(finding));
}

bool reporter::full() const { return _errors >= found_max; }

std::string reporter::count() const {
  const std::size_t errors = _counts[std::to_underlying(severity::error)];
  return fmt::format("{} {}", errors, errors == 1 ? "error" : "errors");
}

std::vector<diagnostic> reporter::sorted() const {
  std::vector<diagnostic> findings = _findings;
  std::ranges::sort(findings, {},
                    [](const diagnostic& d) { return std::tuple(d.mark.line, d.mark.column, d.message); });
  for (severity kind : {severity::error, severity::warning})
    if (const std::size_t all = _counts[std::to_underlying(kind)]; all > told_max)
      findings.push_back({.kind = kind, .mark = {}, .message = fmt::format("and {} more", all - told_max)});
  if (full())
    findings.push_back({.kind = severity::error, .mark = {}, .message = "too many errors; the rest was not looked at"});
  return findings;
}

std::string reporter::text_of(const diagnostic& finding) const {
  return fmt::format("{}: {}: {}", place_of(finding.mark), finding.kind == severity::error ? "error" : "warning",
                     finding.message);
}

std::string reporter::place_of(wire::yaml_mark mark) const {
  if (mark.line == 0) return _file;
  return entity_at ? entity_at(mark.line) : fmt::format("{}:{}:{}", _file, mark.line, mark.column);
}

std::string reporter::line_of(wire::yaml_mark mark) const {
  return entity_at ? entity_at(mark.line) : fmt::format("line {}", mark.line);
}

}  // namespace mes::gateway
