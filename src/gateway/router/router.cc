#include "gateway/router/router.h"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

#include "base/uuid.h"
#include "gateway/router/patterns.h"

namespace mes::gateway {
namespace {

struct host_pattern {
  enum class kind : std::uint8_t { equal, ends, starts };
  kind how = kind::equal;
  std::string text;
  std::optional<int> port;
};

std::pair<std::string_view, std::optional<int>> split_port(std::string_view host) {
  std::size_t colon = host.find(':');
  if (colon == std::string_view::npos || colon + 1 == host.size()) return {host, std::nullopt};
  int port = 0;
  for (char c : host.substr(colon + 1)) {
    if (c < '0' || c > '9' || port > 65535) return {host, std::nullopt};
    port = port * 10 + (c - '0');
  }
  return {host.substr(0, colon), port};
}

host_pattern compile_host(std::string_view text) {
  auto [host, port] = split_port(text);
  if (host.starts_with('*')) return {host_pattern::kind::ends, std::string(host.substr(1)), port};
  if (host.ends_with('*')) return {host_pattern::kind::starts, std::string(host.substr(0, host.size() - 1)), port};
  return {host_pattern::kind::equal, std::string(host), port};
}

bool matches(const host_pattern& p, std::string_view host, std::optional<int> port) {
  if (p.port && p.port != port) return false;
  switch (p.how) {
    case host_pattern::kind::equal:
      return host == p.text;
    case host_pattern::kind::ends:
      return host.ends_with(p.text);
    case host_pattern::kind::starts:
      return host.starts_with(p.text);
  }
  return false;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

struct header_pattern {
  std::string name;
  std::vector<std::string> values;  // lower case
  std::vector<std::unique_ptr<RE2>> expressions;

  bool matches(const header_table& headers) const {
    for (const header_view& h : headers) {
      if (!equals_ignoring_case(h.name, name)) continue;
      std::string value = lower(h.value);
      if (std::ranges::find(values, value) != values.end()) return true;
      for (const auto& e : expressions)
        if (RE2::PartialMatch(value, *e)) return true;
    }
    return false;
  }
};

}  // namespace

struct router::part {
  const route* of = nullptr;
  std::size_t route_index = 0;
  std::uint64_t priority = 0;
  std::string id;
  std::vector<std::string> prefixes;
  std::vector<std::unique_ptr<RE2>> expressions;
  std::vector<host_pattern> hosts;
  std::vector<header_pattern> headers;
  std::vector<std::string> snis;

  // Everything but a prefix, which the index has compared.
  bool fits(const route_query& q, std::string_view host, std::optional<int> port) const {
    if (!of->methods.empty() && std::ranges::find(of->methods, q.method) == of->methods.end()) return false;
    if (!hosts.empty() && std::ranges::none_of(hosts, [&](const host_pattern& p) { return matches(p, host, port); }))
      return false;
    if (q.https && !snis.empty() && std::ranges::find(snis, q.sni) == snis.end()) return false;
    return std::ranges::all_of(headers, [&](const header_pattern& h) { return q.headers && h.matches(*q.headers); });
  }

  // Bytes that one of the expressions matches at the path's start.
  std::optional<std::size_t> match_expression(std::string_view path) const {
    re2::StringPiece text(path.data(), path.size()), whole;
    for (const auto& e : expressions)
      if (e->Match(text, 0, path.size(), RE2::ANCHOR_START, &whole, 1)) return whole.size();
    return std::nullopt;
  }
};

// Ranks (positions in _parts) of the parts to look at.
struct router::index {
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using ranks = std::vector<std::uint32_t>;
  using by_host = std::unordered_map<std::string, ranks, text_hash, std::equal_to<>>;
  struct prefix_entry {
    ranks any_host;    // no host, wildcards, ports
    by_host one_host;  // plain hosts only
  };

  std::vector<std::size_t> lengths;  // of the prefixes, longest first
  std::unordered_map<std::string, prefix_entry, text_hash, std::equal_to<>> by_prefix;
  ranks expressions, without_path;
};

std::uint64_t route_priority(const route& r, bool regex, std::size_t prefix_bytes) {
  std::uint64_t kinds = 0;
  for (bool has : {!r.methods.empty(), !r.hosts.empty(), !r.headers.empty(), !r.snis.empty(), !r.paths.empty()})
    kinds += has ? 1 : 0;
  bool wildcard = std::ranges::any_of(r.hosts, [](const std::string& h) { return h.find('*') != std::string::npos; });
  std::uint64_t header_count = std::min<std::size_t>(r.headers.size(), 255);
  return kinds << 61 | (!r.hosts.empty() && !wildcard ? 1ULL << 60 : 0) | header_count << 52 |
         (regex ? 1ULL << 51 : 0) | (regex ? static_cast<std::uint64_t>(r.regex_priority) << 19 : 0) |
         (prefix_bytes & 0x7ffff);
}

router::router(const configuration& all) : _index(std::make_unique<index>()) {
  static const uuid split_space = *uuid::parse("7f145bf9-0dce-4f91-98eb-debbce4b9f6b");
  auto make = [&](std::size_t route_index, bool regex, const std::vector<std::string>& paths, bool split) {
    const route& r = all.routes[route_index];
    auto p = std::make_unique<part>();
    std::size_t bytes = regex || paths.empty() ? 0 : paths[0].size();
    p->of = &r;
    p->route_index = route_index;
    p->priority = route_priority(r, regex, bytes);
    p->id =
        split ? uuid::make_v5(split_space, r.id + '#' + (regex ? "true" : std::to_string(bytes))).to_string() : r.id;
    for (const std::string& path : paths) {
      if (regex)
        p->expressions.push_back(std::make_unique<RE2>(regex_of_path(path), pattern_options()));
      else
        p->prefixes.push_back(path);
    }
    for (const std::string& h : r.hosts) p->hosts.push_back(compile_host(h));
    for (const std::string& s : r.snis)
      p->snis.push_back(s.ends_with('.') && s.size() > 1 ? s.substr(0, s.size() - 1) : s);
    for (const auto& [name, values] : r.headers) {
      header_pattern h{.name = name};
      for (const std::string& v : values) {
        if (v.starts_with("~*"))
          h.expressions.push_back(std::make_unique<RE2>(header_pattern_of(v), pattern_options()));
        else
          h.values.push_back(lower(v));
      }
      p->headers.push_back(std::move(h));
    }
    _parts.push_back(std::move(p));
  };
  for (std::size_t i = 0; i < all.routes.size(); ++i) {
    std::map<std::size_t, std::vector<std::string>> by_length;  // 0: regular expressions
    for (const std::string& path : all.routes[i].paths)
      by_length[path.starts_with('~') ? 0 : path.size()].push_back(path);
    bool split = all.routes[i].paths.size() > 1;
    if (by_length.empty()) make(i, false, {}, false);
    for (const auto& [bytes, paths] : by_length) make(i, bytes == 0, paths, split);
  }
  std::ranges::sort(
      _parts, [](const auto& a, const auto& b) { return std::tie(a->priority, a->id) > std::tie(b->priority, b->id); });

  for (std::uint32_t rank = 0; rank < _parts.size(); ++rank) {
    const part& p = *_parts[rank];
    bool plain_hosts = !p.hosts.empty() && std::ranges::all_of(p.hosts, [](const host_pattern& h) {
      return h.how == host_pattern::kind::equal && !h.port;
    });
    if (!p.expressions.empty()) _index->expressions.push_back(rank);
    if (p.expressions.empty() && p.prefixes.empty()) _index->without_path.push_back(rank);
    for (const std::string& prefix : p.prefixes) {
      _index->lengths.push_back(prefix.size());
      auto& entry = _index->by_prefix[prefix];
      if (!plain_hosts) entry.any_host.push_back(rank);
      if (plain_hosts)
        for (const host_pattern& h : p.hosts) entry.one_host[h.text].push_back(rank);
    }
  }
  std::ranges::sort(_index->lengths, std::greater<>());
  auto [first, last] = std::ranges::unique(_index->lengths);
  _index->lengths.erase(first, last);
}

router::~router() = default;

route_match router::find(const route_query& q) const {
  auto [host, port] = split_port(q.host);
  std::uint32_t best = static_cast<std::uint32_t>(_parts.size());
  std::size_t matched = 0;
  // Ranks ascend: the first that fits is the best of its list.
  auto look = [&](const index::ranks& ranks, std::size_t bytes) {
    for (std::uint32_t rank : ranks) {
      if (rank >= best) return;
      if (!_parts[rank]->fits(q, host, port)) continue;
      best = rank;
      matched = bytes;
      return;
    }
  };
  for (std::size_t bytes : _index->lengths) {
    if (bytes > q.path.size()) continue;
    auto found = _index->by_prefix.find(q.path.substr(0, bytes));
    if (found == _index->by_prefix.end()) continue;
    look(found->second.any_host, bytes);
    if (auto own = found->second.one_host.find(host); own != found->second.one_host.end()) look(own->second, bytes);
  }
  for (std::uint32_t rank : _index->expressions) {
    if (rank >= best) break;
    if (!_parts[rank]->fits(q, host, port)) continue;
    if (auto bytes = _parts[rank]->match_expression(q.path)) {
      best = rank;
      matched = *bytes;
      break;
    }
  }
  look(_index->without_path, 0);
  if (best == _parts.size()) return {};
  return {.to = _parts[best]->of, .index = _parts[best]->route_index, .matched_bytes = matched};
}

}  // namespace mes::gateway
