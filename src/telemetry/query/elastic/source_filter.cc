#include "telemetry/query/elastic/source_filter.h"

#include <algorithm>

#include "observe/log.h"
#include "telemetry/parts/index_name.h"

namespace mes::telemetry::elastic {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

es_result<void> add_texts(element e, std::vector<std::string>& into) {
  std::string_view text;
  array list;
  if (!e.get(text)) {
    into.emplace_back(text);
    return {};
  }
  if (e.get(list)) return parsing_error("Expected one of [VALUE_STRING] or [START_ARRAY] in [_source]");
  for (element item : list) {
    if (item.get(text)) return parsing_error("Unknown key for a VALUE in [_source]");
    into.emplace_back(text);
  }
  return {};
}

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> parts;
  while (true) {
    std::size_t dot = path.find('.');
    parts.push_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    path = path.substr(dot + 1);
  }
}

// Whether the pattern may match something below the path: segment by segment, "**" for any number.
bool leads_to(std::string_view pattern, std::string_view path) {
  auto wanted = segments(pattern), given = segments(path);
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (i >= wanted.size()) return false;
    if (wanted[i] == "**" || (wanted[i].contains('*') && i + 1 == wanted.size())) return true;
    if (!wildcard_matches(wanted[i], given[i])) return false;
  }
  return wanted.size() > given.size();
}

}  // namespace

es_result<source_filter> source_filter::parse(element e) {
  source_filter made;
  object o;
  if (!e.get(made._shown)) return made;
  made._shown = true;
  if (e.get(o)) {
    if (auto added = add_texts(e, made._includes); !added) return std::unexpected(added.error());
    return made;
  }
  for (auto [key, value] : o) {
    bool in = key == "includes" || key == "include";
    if (!in && key != "excludes" && key != "exclude")
      return parsing_error("Unknown key for a " + std::string(value.is_array() ? "START_ARRAY" : "VALUE_STRING") +
                           " in [" + std::string(key) + "].");
    if (auto added = add_texts(value, in ? made._includes : made._excludes); !added)
      return std::unexpected(added.error());
  }
  return made;
}

source_filter source_filter::of_paths(std::string_view comma_separated) {
  source_filter made;
  while (!comma_separated.empty()) {
    std::size_t comma = comma_separated.find(',');
    std::string_view one = comma_separated.substr(0, comma);
    comma_separated = comma == std::string_view::npos ? std::string_view{} : comma_separated.substr(comma + 1);
    if (one.starts_with('-'))
      made._excludes.emplace_back(one.substr(1));
    else if (!one.empty())
      made._includes.emplace_back(one);
  }
  return made;
}

bool source_filter::excluded(const std::string& path) const {
  return std::any_of(_excludes.begin(), _excludes.end(), [&](const std::string& p) {
    return wildcard_matches(p, path) || (path.starts_with(p) && path.size() > p.size() && path[p.size()] == '.');
  });
}

int source_filter::included(const std::string& path) const {
  if (_includes.empty()) return 2;
  int best = 0;
  for (const std::string& p : _includes) {
    if (wildcard_matches(p, path)) return 2;
    if (leads_to(p, path)) best = 1;
  }
  return best;
}

bool source_filter::append(std::string& out, element e, const std::string& path) const {
  object o;
  array list;
  if (!e.get(o)) {
    std::size_t before = out.size();
    out += '{';
    for (auto [key, value] : o) {
      std::string below = path.empty() ? std::string(key) : path + "." + std::string(key);
      int how = excluded(below) ? 0 : included(below);
      if (how == 0) continue;
      std::size_t begin = out.size();
      if (out.back() != '{') out += ',';
      observe::append_json_string(out, key);
      out += ':';
      bool written = how == 2 && _excludes.empty() ? (out += simdjson::minify(value), true) : append(out, value, below);
      if (!written) out.resize(begin);
    }
    bool any = out.size() > before + 1;
    out += '}';
    return any || included(path) == 2 || path.empty();
  }
  if (!e.get(list)) {
    out += '[';
    bool any = false;
    for (element item : list) {
      std::size_t begin = out.size();
      if (out.back() != '[') out += ',';
      bool written = append(out, item, path);
      any = any || written;
      if (!written) out.resize(begin);
    }
    out += ']';
    return any || included(path) == 2;
  }
  if (included(path) != 2) return false;
  out += simdjson::minify(e);
  return true;
}

std::string source_filter::apply(element document) const {
  if (shows_all()) return simdjson::minify(document);
  std::string out;
  append(out, document, "");
  return out;
}

}  // namespace mes::telemetry::elastic
