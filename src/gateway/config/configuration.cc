#include "gateway/config/configuration.h"

#include "gateway/config/build.h"
#include "gateway/config/loader.h"

namespace mes::gateway {

std::unique_ptr<const configuration> load_configuration(std::string text, reporter& report) {
  raw_entities raw;
  if (!read_entities(text, raw, report)) return nullptr;
  entity_index index = resolve_entities(raw, report);
  auto all = build_configuration(raw, index, report);
  if (report.failed()) return nullptr;
  all->file = report.file();
  all->text = std::move(text);
  return all;
}

}  // namespace mes::gateway
