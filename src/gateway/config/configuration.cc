#include "gateway/config/configuration.h"

#include "gateway/config/build.h"
#include "gateway/config/document.h"
#include "gateway/config/loader.h"

namespace mes::gateway {

namespace {

std::unique_ptr<configuration> finish(raw_entities& raw, reporter& report, document* entities) {
  entity_index index = resolve_entities(raw, report);
  if (entities && !report.failed()) *entities = make_document(raw);
  auto all = build_configuration(raw, index, report);
  if (report.failed()) return nullptr;
  all->file = report.file();
  return all;
}

}  // namespace

std::unique_ptr<const configuration> load_configuration(std::string text, reporter& report, document* entities) {
  raw_entities raw;
  if (!read_entities(text, raw, report)) return nullptr;
  auto all = finish(raw, report, entities);
  if (all) all->text = std::move(text);
  return all;
}

std::unique_ptr<const configuration> load_configuration(const document& entities, reporter& report) {
  raw_entities raw;
  if (!read_entities(tree_of(entities), raw, report)) return nullptr;
  return finish(raw, report, nullptr);
}

}  // namespace mes::gateway
