#include "gateway/config/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/stream_parser.hpp>
#include <string_view>

#include "gateway/config/advice.h"
#include "gateway/config/configuration.h"
#include "gateway/config/read_text.h"

namespace mes::gateway {
namespace {

// YAML takes more than JSON does: a comma behind the last element. Other tools that read the file do not.
void warn_of_what_is_no_json(std::string_view text, reporter& report) {
  if (!report.file().ends_with(".json")) return;
  boost::json::stream_parser strict;
  boost::system::error_code failure;
  const std::size_t end = strict.write(boost::json::string_view(text.data(), text.size()), failure);
  if (!failure) strict.finish(failure);
  if (!failure) return;
  const std::string_view before = text.substr(0, end);
  const auto line = static_cast<int>(std::ranges::count(before, '\n')) + 1;
  const auto column = static_cast<int>(end - (before.rfind('\n') + 1)) + 1;
  report.warning({line, column}, fmt::format("no JSON ({}): it is taken as YAML, as Kong does", failure.message()));
}

}  // namespace

check_report check_kong_file(const std::string& path) {
  check_report out;
  auto text = read_text(path);
  if (!text) {
    out.findings.push_back(fmt::format("{}:1:1: error: {}", path, text.error().message));
    out.summary = fmt::format("{}: not readable", path);
    return out;
  }
  reporter report(path);
  warn_of_what_is_no_json(*text, report);
  auto all = load_configuration(std::move(*text), report);
  if (all) advise(*all, report);
  for (const diagnostic& d : report.sorted()) out.findings.push_back(report.text_of(d));
  out.ok = all != nullptr;
  out.summary = all ? fmt::format("{}: {} services, {} routes, {} plugins, {} consumers", path, all->services.size(),
                                  all->routes.size(), all->plugins.size(), all->consumers.size())
                    : fmt::format("{}: {}", path, report.count());
  return out;
}

}  // namespace mes::gateway
