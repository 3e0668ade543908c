// Kong's own tables, taken over as facts: tests/golden/kong/. Each file says where its facts come from and what of them
// was left out.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "gateway/config/plugin_scope.h"
#include "gateway/router/path.h"
#include "gateway/router/router.h"

namespace mes::gateway {
namespace {

std::ifstream open_table(const std::string& name) {
  std::ifstream file("tests/golden/kong/" + name);
  EXPECT_TRUE(file) << name << ": run the test in the repository's root";
  return file;
}

// Lines that are neither empty nor comments.
std::vector<std::string> lines_of(const std::string& name) {
  std::ifstream file = open_table(name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && !line.starts_with('#')) lines.push_back(line);
  return lines;
}

TEST(kong_tables, paths_for_the_service) {
  int cases = 0;
  for (const std::string& line : lines_of("path_handling.txt")) {
    std::istringstream in(line);
    std::string service_path, route_path, strip, request, expected;
    in >> service_path >> route_path >> strip >> request >> expected;
    configuration all;
    route r{.id = "00000000-0000-4000-8000-000000000001", .methods = {"GET"}, .strip_path = strip == "true"};
    if (route_path != "-") r.paths = {route_path};
    all.routes.push_back(r);
    router router(all);
    std::string path = normalize_path(request, true);
    route_match m = router.find({.method = "GET", .path = path, .host = "a"});
    ASSERT_TRUE(m.to) << line;
    EXPECT_EQ(upstream_path(service_path, path, std::string_view(path).substr(0, m.matched_bytes), m.to->strip_path),
              expected)
        << line;
    ++cases;
  }
  EXPECT_EQ(cases, 106);
}

// "\x99" stands for a byte.
std::string unescape(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "\\x") == 0 && i + 3 < text.size()) {
      out += static_cast<char>(strtol(text.substr(i + 2, 2).c_str(), nullptr, 16));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

TEST(kong_tables, paths_normalised_and_escaped) {
  int cases = 0;
  for (const std::string& line : lines_of("uri.txt")) {
    std::size_t first = line.find('\t'), second = line.find('\t', first + 1);
    std::string what = line.substr(0, first);
    std::string path = line.substr(first + 1, second - first - 1), expected = unescape(line.substr(second + 1));
    std::string got = what == "escape" ? escape_path(path) : normalize_path(path, what == "normalize+merge");
    EXPECT_EQ(got, expected) << line;
    ++cases;
  }
  EXPECT_EQ(cases, 30);
}

TEST(kong_tables, plugins_by_scope) {
  service s;
  route r;
  consumer c;
  auto has = [](const std::string& text, char what) { return text.find(what) != std::string::npos; };
  int cases = 0;
  for (const std::string& line : lines_of("plugin_lookup.txt")) {
    std::istringstream in(line);
    std::string request, configured, expected, chosen;
    in >> request >> configured >> expected;
    int best = 0;
    std::istringstream scopes(configured);
    for (std::string scope; std::getline(scopes, scope, ',');) {
      plugin_entry p;
      p.on_service = has(scope, 's') ? &s : nullptr;
      p.on_route = has(scope, 'r') ? &r : nullptr;
      p.on_consumer = has(scope, 'c') ? &c : nullptr;
      int fit = scope_fit(p, has(request, 's') ? &s : nullptr, has(request, 'r') ? &r : nullptr,
                          has(request, 'c') ? &c : nullptr);
      if (fit <= best) continue;
      best = fit;
      chosen = scope;
    }
    EXPECT_EQ(chosen, expected) << line;
    ++cases;
  }
  EXPECT_EQ(cases, 15);
}

namespace json = boost::json;

std::string text_of(const json::value& v) { return {v.get_string().c_str(), v.get_string().size()}; }

std::vector<std::string> texts_of(const json::object& o, std::string_view name) {
  std::vector<std::string> out;
  if (const json::value* list = o.if_contains(name))
    for (const json::value& v : list->as_array()) out.push_back(text_of(v));
  return out;
}

// A set's routes as values, without the schema's checks: the tables are about the router alone.
void add_routes(const json::array& routes, configuration& all) {
  all.services.reserve(routes.size());
  for (const json::value& item : routes) {
    const json::object& o = item.as_object();
    route r{.id = text_of(o.at("id"))};
    r.name = r.id;
    r.methods = texts_of(o, "methods");
    r.hosts = texts_of(o, "hosts");
    r.paths = texts_of(o, "paths");
    r.snis = texts_of(o, "snis");
    if (const json::value* headers = o.if_contains("headers"))
      for (const auto& [name, values] : headers->as_object()) {
        std::string lower(name);
        for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        for (const json::value& v : values.as_array()) r.headers[lower].push_back(text_of(v));
      }
    if (const json::value* e = o.if_contains("expression")) r.expression = text_of(*e);
    if (const json::value* p = o.if_contains("priority")) r.priority = static_cast<std::uint64_t>(p->as_int64());
    if (const json::value* p = o.if_contains("regex_priority"))
      r.regex_priority = static_cast<std::uint32_t>(p->as_int64());
    for (std::string protocol : texts_of(o, "protocols")) {
      if (protocol == "https") r.http = std::ranges::count(texts_of(o, "protocols"), "http") > 0;
      if (protocol == "http") r.https = std::ranges::count(texts_of(o, "protocols"), "https") > 0;
    }
    const json::value* strip = o.if_contains("strip_path");
    r.strip_path = strip && strip->as_bool();  // the tables' own default is none
    if (const json::value* path = o.if_contains("service_path")) {
      service& s = all.services.emplace_back();
      s.path = text_of(*path);
      r.to = &s;
    }
    all.routes.push_back(std::move(r));
  }
}

// The strings that the views of a query look at.
struct asked {
  std::string method, path, host, sni, query;
  std::vector<std::pair<std::string, std::string>> headers;
  bool https = false;
};

asked read_request(const json::object& o) {
  asked a;
  a.method = text_of(o.at("method"));
  a.path = text_of(o.at("path"));
  if (o.contains("raw")) a.path = normalize_path(a.path, true);
  if (const json::value* v = o.if_contains("host")) a.host = text_of(*v);
  if (const json::value* v = o.if_contains("sni")) a.sni = text_of(*v);
  if (const json::value* v = o.if_contains("query")) a.query = text_of(*v);
  if (const json::value* v = o.if_contains("scheme")) a.https = text_of(*v) == "https";
  if (const json::value* v = o.if_contains("headers"))
    for (const auto& [name, values] : v->as_object())
      for (const json::value& value : values.as_array()) a.headers.emplace_back(std::string(name), text_of(value));
  return a;
}

void check_case(const router& r, const json::object& c, const std::string& where) {
  asked a = read_request(c);
  header_table headers;
  headers.clear();
  for (const auto& [name, value] : a.headers) headers.add({.name = name, .value = value});
  route_query q{.method = a.method,
                .path = a.path,
                .host = a.host,
                .https = a.https,
                .sni = a.sni,
                .headers = &headers,
                .query = a.query};
  route_match m = r.find(q), by_list = r.find_by_list(q);
  EXPECT_EQ(m.to, by_list.to) << where << ": the index and the list differ";
  const json::value& expected = c.at("route");
  ASSERT_EQ(m.to ? m.to->id : std::string("none"), expected.is_null() ? std::string("none") : text_of(expected))
      << where;
  if (const json::value* v = c.if_contains("prefix")) {
    bool stripped = m.to && m.to->strip_path && m.path_matched;
    EXPECT_EQ(stripped ? a.path.substr(0, m.matched_bytes) : "", v->is_null() ? "" : text_of(*v)) << where;
  }
  if (const json::value* v = c.if_contains("upstream_path")) {
    EXPECT_EQ(upstream_path(m.to->to ? m.to->to->path : "", a.path, std::string_view(a.path).substr(0, m.matched_bytes),
                            m.to->strip_path),
              text_of(*v))
        << where;
  }
  for (std::string_view member : {"captures", "some_captures"}) {
    const json::value* v = c.if_contains(member);
    if (!v) continue;
    caught_texts got = captures_of(m, q);
    if (v->is_null()) EXPECT_TRUE(got.empty()) << where;
    if (v->is_object())
      for (const auto& [name, value] : v->get_object()) EXPECT_EQ(got[std::string(name)], text_of(value)) << where;
  }
}

TEST(kong_tables, routes_for_requests) {
  std::ifstream file = open_table("router.json");
  std::stringstream text;
  text << file.rdbuf();
  json::value whole = json::parse(text.str());
  int cases = 0;
  for (const json::value& set : whole.at("sets").as_array()) {
    configuration all;
    add_routes(set.at("routes").as_array(), all);
    router r(all);
    for (const json::value& c : set.at("requests").as_array()) {
      check_case(r, c.as_object(), "08-router_spec.lua:" + std::to_string(c.at("line").as_int64()));
      ++cases;
    }
  }
  EXPECT_EQ(cases, whole.at("cases").as_int64());
}

}  // namespace
}  // namespace mes::gateway
