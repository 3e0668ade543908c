#include "gateway/admin/certificate_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <memory>

#include "base/uuid.h"
#include "gateway/admin/entity_edit.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

const entity_kind& snis() { return *find_entity_kind("snis"); }

refusal wrong_names(const std::string& why) {
  json::object fields;
  add_reason(fields, "snis", why);
  return schema_violation(fields);
}

std::expected<std::vector<std::string>, refusal> names_in(const json::value& wanted) {
  std::vector<std::string> names;
  json::array list;
  if (const json::array* given = wanted.if_array())
    list = *given;
  else if (!wanted.is_null())
    list.push_back(wanted);
  for (const json::value& one : list) {
    if (!one.is_string()) return std::unexpected(wrong_names("expected an array"));
    std::string name(one.get_string().data(), one.get_string().size());
    if (std::ranges::find(names, name) != names.end()) return std::unexpected(wrong_names(name + " is duplicated"));
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

void show_names(const document& all, json::object& certificate) {
  std::vector<std::string> names;
  for (const auto& [id, sni] : all.of(snis()))
    if (reference_of(*sni, "certificate") == text_of(certificate, "id")) names.push_back(text_of(*sni, "name"));
  std::ranges::sort(names);
  certificate["snis"] = json::array(names.begin(), names.end());
}

std::expected<std::vector<entity_change>, refusal> take_names(const document& all, const std::string& certificate_id,
                                                              json::object& wanted, instant now) {
  std::vector<entity_change> changes;
  const json::value* given = wanted.if_contains("snis");
  if (!given) return changes;
  auto names = names_in(*given);
  if (!names) return std::unexpected(std::move(names.error()));
  wanted.erase("snis");
  for (const auto& [id, sni] : all.of(snis()))
    if (reference_of(*sni, "certificate") == certificate_id &&
        std::ranges::find(*names, text_of(*sni, "name")) == names->end())
      changes.push_back({.kind = &snis(), .id = id, .entity = nullptr});
  for (const std::string& name : *names) {
    if (entity_ptr there = all.find_by(snis(), "name", name)) {
      std::string owner = reference_of(*there, "certificate");
      if (owner == certificate_id) continue;
      return std::unexpected(
          wrong_names(fmt::format("{} already associated with existing certificate '{}'", name, owner)));
    }
    std::string id = uuid::make_v4().to_string();
    auto sni = read_edit({.all = all,
                          .kind = snis(),
                          .wanted = {{"name", name}, {"certificate", {{"id", certificate_id}}}},
                          .id = id,
                          .before = nullptr,
                          .now = now});
    if (!sni) return std::unexpected(std::move(sni.error()));
    changes.push_back({.kind = &snis(), .id = id, .entity = std::make_shared<json::object>(std::move(*sni))});
  }
  return changes;
}

}  // namespace mes::gateway
