#include "gateway/router/index.h"

#include <re2/set.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "base/text_map.h"
#include "gateway/router/demands.h"
#include "gateway/router/field_values.h"
#include "gateway/router/patterns.h"

namespace mes::gateway {
namespace {

constexpr std::size_t leaf_max = 8;       // so few are simply compared
constexpr std::size_t headers_split = 4;  // header names that one branch of the tree tells matchers apart by
constexpr std::int64_t set_memory_bytes = 256 << 20;

using ranks = std::vector<std::uint32_t>;  // positions in the list of matchers, ascending

}  // namespace

struct route_index::node {
  std::uint32_t best = none;         // the smallest rank inside
  ranks here;                        // of a leaf
  key_kind by;                       // of a branch
  std::vector<std::size_t> lengths;  // of the keys, if they are beginnings of paths
  text_map<std::unique_ptr<node>> children;
  std::unique_ptr<node> rest;          // matchers that demand nothing of the kind
  std::unique_ptr<RE2::Set> patterns;  // of a branch by all patterns at once
  std::vector<ranks> by_pattern;
};

namespace {

using node = route_index::node;

class tree_builder {
 public:
  tree_builder(const std::vector<route_matcher>& matchers, bool https) : _matchers(matchers), _https(https) {}

  std::unique_ptr<node> whole() {
    ranks all;
    for (std::uint32_t i = 0; i < _matchers.size(); ++i) {
      auto keys = demanded_keys(_matchers[i].test, {.field = match_field::path, .name = {}}, _https);
      if (!keys || !keys->empty()) all.push_back(i);  // else it never holds with this protocol
    }
    return build(std::move(all), 0);
  }

 private:
  // The kinds of keys in the order in which they are tried; what follows the last is the set of patterns.
  enum step : int {
    by_path,
    by_host,
    by_header,
    by_sni = by_header + static_cast<int>(headers_split),
    by_method,
    last
  };

  std::unique_ptr<node> build(ranks list, int step) {
    auto n = std::make_unique<node>();
    n->best = list.empty() ? route_index::none : list.front();
    for (; list.size() > leaf_max && step < last; ++step) {
      auto kind = kind_of(step, list);
      if (kind && split(*n, list, *kind, step + 1)) return n;
    }
    if (list.size() > leaf_max && split_by_patterns(*n, list)) return n;
    n->here = std::move(list);
    return n;
  }

  std::optional<key_kind> kind_of(int step, const ranks& list) const {
    switch (step) {
      case by_path:
        return key_kind{.field = match_field::path, .name = {}};
      case by_host:
        return key_kind{.field = match_field::host, .name = {}};
      case by_sni:
        return key_kind{.field = match_field::sni, .name = {}};
      case by_method:
        return key_kind{.field = match_field::method, .name = {}};
      default:
        break;
    }
    // The n-th most demanded header.
    std::map<std::string, std::size_t> counts;
    for (std::uint32_t rank : list)
      for (std::string& name : demanded_headers(_matchers[rank].test, _https)) ++counts[std::move(name)];
    std::vector<std::pair<std::size_t, std::string>> by_count;
    for (auto& [name, count] : counts) by_count.emplace_back(count, name);
    std::ranges::sort(by_count, std::greater<>());
    auto which = static_cast<std::size_t>(step - by_header);
    if (which >= by_count.size()) return std::nullopt;
    return key_kind{.field = match_field::header, .name = by_count[which].second};
  }

  // False if that would tell nothing apart.
  bool split(node& n, const ranks& list, const key_kind& kind, int next_step) {
    std::map<std::string, ranks> by_key;
    ranks rest;
    for (std::uint32_t rank : list) {
      auto keys = demanded_keys(_matchers[rank].test, kind, _https);
      if (!keys) rest.push_back(rank);
      for (const std::string& key : keys.value_or(std::vector<std::string>())) by_key[key].push_back(rank);
    }
    if (by_key.empty() || (by_key.size() == 1 && rest.empty())) return false;
    n.by = kind;
    for (auto& [key, ranks_of_key] : by_key) {
      if (kind.field == match_field::path) n.lengths.push_back(key.size());
      n.children.emplace(key, build(std::move(ranks_of_key), next_step));
    }
    std::ranges::sort(n.lengths, std::greater<>());
    auto [first, end] = std::ranges::unique(n.lengths);
    n.lengths.erase(first, end);
    if (!rest.empty()) n.rest = build(std::move(rest), next_step);
    return true;
  }

  bool split_by_patterns(node& n, const ranks& list) {
    std::map<std::string, ranks> by_pattern;
    ranks rest;
    for (std::uint32_t rank : list) {
      auto patterns = demanded_patterns(_matchers[rank].test, _https);
      if (!patterns) rest.push_back(rank);
      for (const std::string& p : patterns.value_or(std::vector<std::string>())) by_pattern[p].push_back(rank);
    }
    if (by_pattern.size() < 2) return false;
    RE2::Options options = pattern_options();
    options.set_max_mem(set_memory_bytes);
    auto set = std::make_unique<RE2::Set>(options, RE2::UNANCHORED);
    for (auto& [pattern, ranks_of_pattern] : by_pattern) {
      if (set->Add(pattern, nullptr) < 0) return false;
      n.by_pattern.push_back(std::move(ranks_of_pattern));
    }
    if (!set->Compile()) return false;
    n.patterns = std::move(set);
    // Where the set runs out of memory all are compared.
    n.here = list;
    if (!rest.empty()) {
      n.rest = std::make_unique<node>();
      n.rest->best = rest.front();
      n.rest->here = std::move(rest);
    }
    return true;
  }

  const std::vector<route_matcher>& _matchers;
  bool _https;
};

// Looks for the first matcher that fits; branches that can only be worse than what is found are passed over.
class search {
 public:
  search(const std::vector<route_matcher>& matchers, const route_subject& subject, route_match& m)
      : _matchers(matchers), _subject(subject), _match(m) {}

  std::uint32_t found() const { return _found; }
  std::size_t compared() const { return _compared; }

  void visit(const node* n) {
    if (!n || n->best >= _found) return;
    if (n->patterns) return visit_patterns(*n);
    if (n->children.empty()) return compare(n->here);
    each_key(*n, [&](std::string_view key) {
      if (auto child = n->children.find(key); child != n->children.end()) visit(child->second.get());
    });
    visit(n->rest.get());
  }

 private:
  void compare(const ranks& list) {
    for (std::uint32_t rank : list) {
      if (rank >= _found) return;
      route_match m;
      ++_compared;
      if (!matches(_matchers[rank].test, _subject, m)) continue;
      _found = rank;
      _match = m;
      return;
    }
  }

  void visit_patterns(const node& n) {
    std::vector<int> which;
    RE2::Set::ErrorInfo trouble{};
    const std::string_view path = _subject.query.path;
    bool some = n.patterns->Match({path.data(), path.size()}, &which, &trouble);
    if (!some && trouble.kind != RE2::Set::kNoError) return compare(n.here);
    for (int i : which) compare(n.by_pattern[static_cast<std::size_t>(i)]);
    visit(n.rest.get());
  }

  template <class Use>
  void each_key(const node& n, Use use) {
    switch (n.by.field) {
      case match_field::path:
        for (std::size_t bytes : n.lengths)
          if (bytes <= _subject.query.path.size()) use(_subject.query.path.substr(0, bytes));
        return;
      case match_field::host:
        return each_host_key(_subject.address.host, use);
      default:
        each_value({.field = n.by.field, .name = n.by.name}, _subject, use);
    }
  }

  // "=a.b.c", ">.b.c", ">.c", "<a.b.", "<a."
  template <class Use>
  void each_host_key(std::string_view host, Use use) {
    std::string key = "=";
    key += host;
    use(std::string_view(key));
    for (std::size_t dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
      key.assign(1, '>').append(host.substr(dot));
      use(std::string_view(key));
      key.assign(1, '<').append(host.substr(0, dot + 1));
      use(std::string_view(key));
    }
  }

  const std::vector<route_matcher>& _matchers;
  const route_subject& _subject;
  route_match& _match;
  std::uint32_t _found = route_index::none;
  std::size_t _compared = 0;
};

}  // namespace

route_index::route_index(const std::vector<route_matcher>& matchers)
    : _matchers(matchers), _http(tree_builder(matchers, false).whole()), _https(tree_builder(matchers, true).whole()) {}

route_index::~route_index() = default;

std::uint32_t route_index::find(const route_subject& subject, route_match& m, std::size_t* compared) const {
  search s(_matchers, subject, m);
  s.visit(subject.query.https ? _https.get() : _http.get());
  if (compared) *compared = s.compared();
  return s.found();
}

}  // namespace mes::gateway
