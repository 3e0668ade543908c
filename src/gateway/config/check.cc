#include "gateway/config/check.h"

#include <fmt/format.h>

#include "gateway/config/advice.h"
#include "gateway/config/configuration.h"
#include "gateway/config/read_text.h"

namespace mes::gateway {

check_report check_kong_file(const std::string& path) {
  check_report out;
  auto text = read_text(path);
  if (!text) {
    out.findings.push_back(fmt::format("{}:1:1: error: {}", path, text.error().message));
    out.summary = fmt::format("{}: not readable", path);
    return out;
  }
  reporter report(path);
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
