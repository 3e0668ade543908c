#include "gateway/config/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "gateway/config/migrate.h"
#include "gateway/config/scalars.h"
#include "gateway/plugins/plugin.h"

namespace mes::gateway {
namespace {

using wire::yaml_node;
using kind = yaml_node::kind;

// The place in "file:line:column: …", {1, 1} if there is none; the text behind it.
std::pair<wire::yaml_mark, std::string> split_place(const std::string& file, const std::string& message) {
  wire::yaml_mark mark{1, 1};
  if (!message.starts_with(file + ":")) return {mark, message};
  const char* end = message.data() + message.size();
  int line = 0, column = 0;
  auto [stop, failure] = std::from_chars(message.data() + file.size() + 1, end, line);
  if (failure != std::errc{} || stop == end || *stop != ':') return {mark, message};
  auto [last, failed] = std::from_chars(stop + 1, end, column);
  if (failed != std::errc{} || end - last < 2) return {mark, message};
  return {{line, column}, std::string(last + 2, end)};
}

class document_reader {
 public:
  document_reader(raw_entities& out, reporter& report) : _out(out), _report(report) {}

  void read(const yaml_node& root) {
    read_head(root);
    refuse_absent(root);
    // Vaults first: what follows may refer to them.
    for (const entity_kind& k : entity_kinds()) read_list(root, k, nullptr);
  }

 private:
  void read_head(const yaml_node& root) {
    std::vector<std::string_view> lists, absent;
    for (const entity_kind& k : entity_kinds()) lists.push_back(k.name);
    for (const absent_entity& a : absent_entities()) absent.push_back(a.name);
    record top = read_record(root, top_level_fields(), "the configuration", _report, lists, absent);
    _out.transform = top.flag("_transform");
    read_version(root);
    if (const yaml_node* info = root.find("_info"); info && !info->is_null()) read_info(*info);
    if (top.given("_workspace") && top.text("_workspace") != "default")
      _report.error(top.mark_of("_workspace"), "_workspace: workspaces are Kong Enterprise's; there is one, default");
  }

  void read_version(const yaml_node& root) {
    static constexpr auto known = std::to_array<std::string_view>({"1.1", "2.1", "3.0"});
    const yaml_node* version = root.find("_format_version");
    if (!version || version->is_null()) {
      _report.error(root.mark, "the configuration: field '_format_version' is missing; write _format_version: \"3.0\"");
      return;
    }
    _out.format_version = version->scalar;
    if (version->type != kind::scalar || std::ranges::find(known, version->scalar) == known.end())
      _report.error(version->mark, fmt::format("the configuration, _format_version: '{}' is none of {}",
                                               version->scalar, fmt::join(known, ", ")));
    else if (!version->quoted)
      _report.warning(version->mark,
                      fmt::format("_format_version: Kong wants quotes here, \"{}\": without them it is a "
                                  "number, which Kong refuses",
                                  version->scalar));
  }

  // decK's own: select_tags are put on all entities, as decK does.
  void read_info(const yaml_node& info) {
    static const schema fields = {
        {.name = "select_tags", .type = field_type::strings},
        {.name = "defaults",
         .type = field_type::anything,
         .absent = "decK's defaults cannot be followed here; write the values into the entities"},
    };
    record read = read_record(info, fields, "_info", _report);
    _select_tags = read.strings("select_tags");
  }

  void refuse_absent(const yaml_node& node) {
    if (node.type != kind::mapping) return;
    for (const auto& [key, value] : node.members)
      for (const absent_entity& a : absent_entities())
        if (key.scalar == a.name && !value.is_null()) _report.error(key.mark, fmt::format("{}: {}", a.name, a.why));
  }

  void read_list(const yaml_node& node, const entity_kind& k, const raw_entity* parent) {
    const yaml_node* list = node.find(k.name);
    if (!list || list->is_null()) return;
    if (list->type != kind::sequence && !is_bare(*list)) {
      _report.error(list->mark, fmt::format("{}: expected a list", k.name));
      return;
    }
    if (!k.unused.empty() && !list->items.empty()) _report.warning(list->mark, fmt::format("{}: {}", k.name, k.unused));
    for (const yaml_node& item : list->items) {
      if (_report.full()) return;
      read_one(item, k, parent);
    }
  }

  void read_one(const yaml_node& node, const entity_kind& k, const raw_entity* parent) {
    raw_entity& e = _out.of(k.name).emplace_back();
    e.kind = &k;
    e.parent = parent;
    e.node = &node;
    e.what = name_entity(k, node);
    e.source = read_entity(k, node, _report);
    if (node.type != kind::mapping) return;
    add_tags(e.source);
    if (k.name == "plugins" && !read_plugin(node, e)) {
      _out.of(k.name).pop_back();
      return;
    }
    if (k.name == "vaults" && !e.source.text("prefix").empty())
      _report.vaults[e.source.text("prefix")] = e.source.text("config.prefix");
    refuse_absent(node);
    for (const entity_kind* child : nested_kinds(k)) read_list(node, *child, &e);
  }

  void add_tags(record& source) {
    if (_select_tags.empty()) return;
    boost::json::array tags;
    if (const auto* given = source.at("tags").if_array()) tags = *given;
    for (const std::string& tag : _select_tags)
      if (std::ranges::find(tags, boost::json::value(tag)) == tags.end()) tags.emplace_back(tag);
    source.values["tags"] = std::move(tags);
  }

  void check_protocols(const raw_entity& p, const plugin_kind& plugin) {
    if (plugin.protocols.empty() || p.source.is_empty("protocols")) return;
    const std::string choices = fmt::format("{}", fmt::join(plugin.protocols, ", "));
    std::size_t place = 0;
    for (const std::string& one : p.source.strings("protocols")) {
      const wire::yaml_mark mark = p.source.mark_of(fmt::format("protocols[{}]", place++));
      if (std::ranges::find(plugin.protocols, one) == plugin.protocols.end())
        _report.error(mark, fmt::format("{}, protocols: '{}' is none of {}", p.what, one, choices),
                      "expected one of: " + choices);
    }
  }

  // False if there is no such plugin.
  bool read_plugin(const yaml_node& node, raw_entity& p) {
    std::string name = p.source.text("name");
    const plugin_kind* plugin = find_plugin_kind(name);
    if (!plugin) {
      if (!name.empty())
        _report.error(p.source.mark_of("name"), why_plugin_is_absent(name), why_plugin_is_absent(name));
      return false;
    }
    const yaml_node* config = node.find("config");
    std::size_t errors = _report.errors();
    p.config = config ? read_record(*config, plugin->config_fields(), p.what + ", config", _report)
                      : default_record(plugin->config_fields());
    if (!config || config->is_null()) p.config.mark = node.mark;
    if (plugin->check && errors == _report.errors()) plugin->check(p.config, p.what, _report);
    check_protocols(p, *plugin);
    bool nested = p.parent && p.parent->kind->name == "consumers";
    if (!plugin->per_consumer && (nested || p.source.given("consumer")))
      _report.error(node.mark, fmt::format("{} cannot be bound to a consumer", p.what), "value must be null",
                    "consumer");
    return true;
  }

  raw_entities& _out;
  reporter& _report;
  std::vector<std::string> _select_tags;
};

}  // namespace

bool read_entities(const std::string& text, raw_entities& out, reporter& report) {
  std::vector<wire::yaml_repeat> repeats;
  auto root = wire::parse_yaml(text, report.file(), &repeats);
  if (!root) {
    auto [mark, what] = split_place(report.file(), root.error().message);
    report.error(mark, what);
    return false;
  }
  for (const wire::yaml_repeat& r : repeats)
    report.warning(r.mark, fmt::format("the key '{}' is here twice; as with Kong, this one counts", r.key));
  return read_entities(std::move(*root), out, report);
}

bool read_entities(wire::yaml_node root, raw_entities& out, reporter& report) {
  out.root = std::move(root);
  if (out.root.type != kind::mapping) {
    report.error(out.root.mark, "the configuration: expected a mapping of lists (services, routes, …)");
    return false;
  }
  migrate_paths(out.root, report);
  document_reader(out, report).read(out.root);
  return !report.full();
}

}  // namespace mes::gateway
