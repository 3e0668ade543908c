#include "telemetry/query/elastic/mapping.h"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "observe/log.h"
#include "telemetry/ingest/document_facts.h"
#include "telemetry/parts/index_name.h"
#include "telemetry/query/elastic/document.h"

namespace mes::telemetry::elastic {
namespace {

using observe::append_json_string;

// One name for all the types that a field has had.
std::string name_of(const std::set<field_type>& types, const std::string& path, const std::string& index) {
  if (path == timestamp_field) return "date";
  if (types.contains(field_type::text)) return field_path(path).is_text(index) ? "text" : "keyword";
  if (types.size() == 1) {
    switch (*types.begin()) {
      case field_type::date:
        return "date";
      case field_type::whole:
        return "long";
      case field_type::real:
        return "float";
      case field_type::flag:
        return "boolean";
      case field_type::text:
        break;
    }
  }
  if (types.contains(field_type::date) || types.contains(field_type::flag)) return "keyword";
  return "float";
}

struct node {
  std::string type;
  std::map<std::string, node> below;
};

void append_properties(std::string& out, const std::map<std::string, node>& fields) {
  out += "{\"properties\":{";
  for (const auto& [name, n] : fields) {
    if (out.back() != '{') out += ',';
    append_json_string(out, name);
    out += ':';
    if (!n.below.empty())
      append_properties(out, n.below);
    else if (n.type == "text")
      out += R"({"type":"text","fields":{"keyword":{"type":"keyword","ignore_above":256}}})";
    else
      out += fmt::format(R"({{"type":"{}"}})", n.type);
  }
  out += "}}";
}

bool any_pattern_matches(std::string_view patterns, std::string_view field) {
  while (true) {
    std::size_t comma = patterns.find(',');
    if (wildcard_matches(patterns.substr(0, comma), field)) return true;
    if (comma == std::string_view::npos) return false;
    patterns = patterns.substr(comma + 1);
  }
}

}  // namespace

field_types types_of(const snapshot& seen) {
  std::map<std::string, label_set> labels;
  for (const auto& p : seen.parts)
    for (const std::string& label : p->labels()) labels[p->index()].add(label);
  for (const auto& c : seen.chunks)
    for (const row& r : c->rows) add_field_labels(r, labels[c->index]);
  field_types types;
  for (const auto& [index, set] : labels) {
    std::map<std::string, std::set<field_type>> found;
    for (const std::string& label : set)
      if (auto field = read_field_label(label)) found[std::string(field->path)].insert(field->type);
    for (const auto& [path, kinds] : found) types[index][path] = name_of(kinds, path, index);
  }
  return types;
}

std::string mapping_json(const field_types& types) {
  std::string out = "{";
  for (const auto& [index, fields] : types) {
    if (out.size() > 1) out += ',';
    std::map<std::string, node> root;
    for (const auto& [path, type] : fields) {
      std::map<std::string, node>* at = &root;
      std::string_view rest = path;
      for (std::size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
        at = &(*at)[std::string(rest.substr(0, dot))].below;
        rest = rest.substr(dot + 1);
      }
      (*at)[std::string(rest)].type = type;
    }
    append_json_string(out, index);
    out += ":{\"mappings\":";
    append_properties(out, root);
    out += '}';
  }
  return out + "}";
}

std::string field_caps_json(const field_types& types, std::string_view field_patterns) {
  std::string out = "{\"indices\":[";
  std::map<std::string, std::map<std::string, std::vector<std::string>>> by_field;  // field, type, indexes
  for (const auto& [index, fields] : types) {
    if (out.back() != '[') out += ',';
    append_json_string(out, index);
    for (const auto& [path, type] : fields) {
      by_field[path][type].push_back(index);
      if (type == "text") by_field[path + ".keyword"]["keyword"].push_back(index);
    }
    for (std::string_view own : {"_id", "_index", "_source"}) by_field[std::string(own)][std::string(own)];
  }
  out += "],\"fields\":{";
  for (const auto& [field, kinds] : by_field) {
    if (!any_pattern_matches(field_patterns, field)) continue;
    if (out.back() != '{') out += ',';
    append_json_string(out, field);
    out += ":{";
    for (const auto& [type, indices] : kinds) {
      if (out.back() != '{') out += ',';
      bool own = type.starts_with('_');
      out += fmt::format(R"("{}":{{"type":"{}","metadata_field":{},"searchable":{},"aggregatable":{})", type, type, own,
                         type != "_source", type != "_source" && type != "text" && type != "_id");
      if (kinds.size() > 1) {
        out += ",\"indices\":[";
        for (const std::string& index : indices) {
          if (out.back() != '[') out += ',';
          append_json_string(out, index);
        }
        out += ']';
      }
      out += '}';
    }
    out += '}';
  }
  return out + "}}";
}

}  // namespace mes::telemetry::elastic
