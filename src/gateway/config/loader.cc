// kong.yml: text to configuration. Nested entities are flattened, references resolved, ids made as Kong makes them.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>

#include "base/uuid.h"
#include "gateway/config/build.h"
#include "gateway/config/configuration.h"
#include "gateway/config/entities.h"
#include "gateway/plugins/plugin.h"

namespace mes::gateway {
namespace {

using wire::yaml_node;
using kind = yaml_node::kind;

std::string named(std::string_view what, const yaml_node& node, std::string_view key) {
  const yaml_node* name = node.find(key);
  return name && name->type == kind::scalar ? fmt::format("{} '{}'", what, name->scalar) : std::string(what);
}

class loader {
 public:
  loader(raw_entities& out, reporter& report) : _out(out), _report(report) {}

  void read_document(const yaml_node& root) {
    std::vector<std::string_view> lists = {"services",  "routes",  "consumers",  "plugins",
                                           "upstreams", "targets", "jwt_secrets"};
    for (const absent_entity& a : absent_entities()) lists.push_back(a.name);
    record top = read_record(root, top_level_fields(), "the configuration", _report, lists);
    _out.format_version = top.text("_format_version");
    _out.transform = top.flag("_transform");
    refuse_absent(root, absent_entities());
    each(root, "services", [&](const yaml_node& n) { read_service(n); });
    each(root, "routes", [&](const yaml_node& n) { read_route(n, {}); });
    each(root, "consumers", [&](const yaml_node& n) { read_consumer(n); });
    each(root, "upstreams", [&](const yaml_node& n) { read_upstream(n); });
    each(root, "targets", [&](const yaml_node& n) { _out.targets.push_back(read_target(n, {})); });
    each(root, "jwt_secrets", [&](const yaml_node& n) { read_jwt_secret(n, {}); });
    each(root, "plugins", [&](const yaml_node& n) { read_plugin(n, {}); });
  }

 private:
  template <class Read>
  void each(const yaml_node& parent, std::string_view name, Read read) {
    const yaml_node* list = parent.find(name);
    if (!list || list->is_null()) return;
    if (list->type != kind::sequence) {
      _report.error(list->mark, fmt::format("{}: expected a list", name));
      return;
    }
    for (const yaml_node& item : list->items) read(item);
  }

  void refuse_absent(const yaml_node& node, const std::vector<absent_entity>& table) {
    if (node.type != kind::mapping) return;
    for (const auto& [key, value] : node.members)
      for (const absent_entity& a : table)
        if (key.scalar == a.name && !value.is_null()) _report.error(key.mark, fmt::format("{}: {}", a.name, a.why));
  }

  // Credentials nested in a consumer.
  std::vector<std::string_view> absent_names() const {
    std::vector<std::string_view> names;
    for (const absent_entity& a : absent_entities()) names.push_back(a.name);
    return names;
  }

  void read_service(const yaml_node& node) {
    auto index = static_cast<int>(_out.services.size());
    _out.services.push_back(
        read_record(node, service_fields(), named("service", node, "name"), _report, {"routes", "plugins"}));
    each(node, "routes", [&](const yaml_node& n) { read_route(n, {.service = index}); });
    each(node, "plugins", [&](const yaml_node& n) { read_plugin(n, {.service = index}); });
  }

  void read_route(const yaml_node& node, parents of) {
    auto index = static_cast<int>(_out.routes.size());
    _out.routes.push_back({read_record(node, route_fields(), named("route", node, "name"), _report, {"plugins"}), of});
    each(node, "plugins", [&](const yaml_node& n) { read_plugin(n, {.route = index}); });
  }

  void read_consumer(const yaml_node& node) {
    auto index = static_cast<int>(_out.consumers.size());
    std::vector<std::string_view> nested = absent_names();
    nested.insert(nested.end(), {"plugins", "jwt_secrets"});
    _out.consumers.push_back(
        read_record(node, consumer_fields(), named("consumer", node, "username"), _report, nested));
    refuse_absent(node, absent_entities());
    each(node, "jwt_secrets", [&](const yaml_node& n) { read_jwt_secret(n, {.consumer = index}); });
    each(node, "plugins", [&](const yaml_node& n) { read_plugin(n, {.consumer = index}); });
  }

  void read_upstream(const yaml_node& node) {
    auto index = static_cast<int>(_out.upstreams.size());
    _out.upstreams.push_back(
        read_record(node, upstream_fields(), named("upstream", node, "name"), _report, {"targets"}));
    each(node, "targets", [&](const yaml_node& n) { _out.targets.push_back(read_target(n, {.upstream = index})); });
  }

  raw_entity read_target(const yaml_node& node, parents of) {
    return {read_record(node, target_fields(), named("target", node, "target"), _report), of};
  }

  void read_jwt_secret(const yaml_node& node, parents of) {
    _out.jwt_secrets.push_back({read_record(node, jwt_secret_fields(), named("jwt_secret", node, "key"), _report), of});
  }

  void read_plugin(const yaml_node& node, parents of) {
    std::string what = named("plugin", node, "name");
    raw_plugin p{{read_record(node, plugin_fields(), what, _report, {"config"}), of}, {}};
    std::string name = p.source.text("name");
    const plugin_kind* plugin = find_plugin_kind(name);
    if (!plugin) {
      if (!name.empty()) _report.error(p.source.mark_of("name"), why_plugin_is_absent(name));
      return;
    }
    const yaml_node* config = node.find("config");
    std::size_t errors = _report.errors();
    p.config = config ? read_record(*config, plugin->config_fields(), what + ", config", _report)
                      : default_record(plugin->config_fields());
    if (!config) p.config.mark = node.mark;
    // Rules across fields make no sense on fields that are wrong already.
    if (plugin->check && errors == _report.errors()) plugin->check(p.config, what, _report);
    if (!plugin->per_consumer && (of.consumer >= 0 || p.source.given("consumer")))
      _report.error(node.mark, fmt::format("{} cannot be bound to a consumer", what));
    _out.plugins.push_back(std::move(p));
  }

  raw_entities& _out;
  reporter& _report;
};

}  // namespace

std::unique_ptr<const configuration> load_configuration(std::string text, reporter& report) {
  auto root = wire::parse_yaml(text, report.file());
  if (!root) {
    report.error(mark_in(root.error().message), root.error().message);
    return nullptr;
  }
  raw_entities raw;
  loader(raw, report).read_document(*root);
  auto all = build_configuration(raw, report);
  if (report.failed()) return nullptr;
  all->text = std::move(text);
  return all;
}

}  // namespace mes::gateway
