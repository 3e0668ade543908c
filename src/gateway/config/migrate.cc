#include "gateway/config/migrate.h"

#include <fmt/format.h>

#include "base/percent.h"
#include "gateway/router/path.h"

namespace mes::gateway {
namespace {

using wire::yaml_node;
using kind = yaml_node::kind;

bool is_plain(std::string_view path) {
  return path.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~/%") ==
         std::string_view::npos;
}

// What was decoded before matching until 3.0: reserved characters stay encoded, others that mean something in a regular
// expression are escaped.
std::string decode_regex(std::string_view regex) {
  static constexpr std::string_view reserved = "!#$%&'()*+,/:;=?@[]", meta = ".^-{}\\|";
  std::string out;
  for (std::size_t i = 0; i < regex.size(); ++i) {
    const auto c = percent_decoded(regex, i);
    if (!c) {
      out += regex[i];
      continue;
    }
    if (reserved.find(*c) != std::string_view::npos) {
      append_percent(out, *c);
    } else {
      if (meta.find(*c) != std::string_view::npos) out += '\\';
      out += *c;
    }
    i += 2;
  }
  return out;
}

void migrate_routes(yaml_node* routes, reporter& report) {
  if (!routes) return;
  for (yaml_node& route : routes->items) {
    yaml_node* paths = route.find("paths");
    if (!paths) continue;
    for (yaml_node& path : paths->items) {
      if (path.type != kind::scalar) continue;
      std::string migrated = migrate_path(path.scalar);
      if (migrated.starts_with('~') && !path.scalar.starts_with('~'))
        report.warning(path.mark,
                       fmt::format("in this format '{}' is a regular expression; in format 3.0 it is written "
                                   "'{}'",
                                   path.scalar, migrated));
      path.scalar = std::move(migrated);
    }
  }
}

}  // namespace

std::string migrate_path(std::string_view path) {
  return is_plain(path) ? normalize_path(path, true) : "~" + decode_regex(path);
}

void migrate_paths(yaml_node& root, reporter& report) {
  const yaml_node* version = root.find("_format_version");
  if (!version || (version->scalar != "1.1" && version->scalar != "2.1")) return;
  migrate_routes(root.find("routes"), report);
  if (yaml_node* services = root.find("services"))
    for (yaml_node& service : services->items) migrate_routes(service.find("routes"), report);
}

}  // namespace mes::gateway
