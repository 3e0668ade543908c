#include "gateway/router/demands.h"

#include <algorithm>
#include <functional>

namespace mes::gateway {
namespace {

using keys = std::optional<std::vector<std::string>>;
using key_of = std::function<keys(const predicate&)>;

// Texts that begin with the pattern's literal part, as long as it is sure to be there.
bool is_quantifier(char c) { return c == '*' || c == '?' || c == '{'; }

bool has_outer_alternative(std::string_view pattern) {
  int depth = 0;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '\\')
      ++i;
    else if (in_class)
      in_class = c != ']';
    else if (c == '[')
      in_class = true;
    else if (c == '(')
      ++depth;
    else if (c == ')')
      --depth;
    else if (c == '|' && depth == 0)
      return true;
  }
  return false;
}

keys path_key(const predicate& p) {
  switch (p.how) {
    case match_operator::equals:
    case match_operator::prefix:
      return std::vector{p.text};
    case match_operator::pattern: {
      std::string begin = literal_beginning(p.text);
      return begin.empty() ? keys() : std::vector{std::move(begin)};
    }
    default:
      return std::nullopt;
  }
}

keys host_key(const predicate& p) {
  if (p.lower) return std::nullopt;
  if (p.how == match_operator::equals) return std::vector{'=' + p.text};
  if (p.how == match_operator::postfix && p.text.starts_with('.')) return std::vector{'>' + p.text};
  if (p.how == match_operator::prefix && p.text.ends_with('.')) return std::vector{'<' + p.text};
  return std::nullopt;
}

keys value_key(const predicate& p) {
  return p.how == match_operator::equals && !p.lower ? keys(std::vector{p.text}) : std::nullopt;
}

// Tests of the protocol are decided: a tree is for one of the two.
std::optional<bool> decided(const predicate& p, bool https) {
  if (p.field != match_field::protocol || p.lower) return std::nullopt;
  std::string_view protocol = https ? "https" : "http";
  if (p.how == match_operator::equals) return protocol == p.text;
  if (p.how == match_operator::not_equals) return protocol != p.text;
  return std::nullopt;
}

std::size_t shortest(const std::vector<std::string>& list) {
  std::size_t bytes = std::string::npos;
  for (const std::string& text : list) bytes = std::min(bytes, text.size());
  return bytes;
}

// Of two demands of which both must be met, the one that tells more.
bool tells_more(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return a.size() != b.size() ? a.size() < b.size() : shortest(a) > shortest(b);
}

keys demanded(const expression& e, bool https, const key_of& key) {
  if (e.what == expression::kind::test) {
    if (auto known = decided(e.test, https)) return *known ? keys() : keys(std::in_place);
    return key(e.test);
  }
  keys out;
  if (e.what == expression::kind::any) {
    out.emplace();
    for (const expression& part : e.parts) {
      keys one = demanded(part, https, key);
      if (!one) return std::nullopt;
      out->insert(out->end(), one->begin(), one->end());
    }
  } else {
    for (const expression& part : e.parts)
      if (keys one = demanded(part, https, key); one && (!out || tells_more(*one, *out))) out = std::move(one);
  }
  if (out) {
    std::ranges::sort(*out);
    auto [first, last] = std::ranges::unique(*out);
    out->erase(first, last);
  }
  return out;
}

void collect_headers(const expression& e, std::vector<std::string>& out) {
  if (e.what == expression::kind::test && e.test.field == match_field::header &&
      std::ranges::find(out, e.test.name) == out.end())
    out.push_back(e.test.name);
  for (const expression& part : e.parts) collect_headers(part, out);
}

}  // namespace

std::string literal_beginning(std::string_view pattern) {
  if (!pattern.starts_with('^') || has_outer_alternative(pattern)) return "";
  std::string out;
  for (std::size_t i = 1; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '\\') {
      // An escaped letter or digit is a class of characters, or an assertion.
      if (i + 1 >= pattern.size()) return out;
      char escaped = pattern[i + 1];
      if ((escaped | 0x20) >= 'a' && (escaped | 0x20) <= 'z') return out;
      if ((escaped >= '0' && escaped <= '9') || static_cast<unsigned char>(escaped) >= 128) return out;
      c = escaped;
      ++i;
    } else if (std::string_view(".[]()|*+?{}^$").find(c) != std::string_view::npos ||
               static_cast<unsigned char>(c) >= 128) {
      return out;
    }
    if (i + 1 < pattern.size() && is_quantifier(pattern[i + 1])) return out;
    out += c;
  }
  return out;
}

keys demanded_keys(const expression& e, const key_kind& kind, bool https) {
  return demanded(e, https, [&](const predicate& p) -> keys {
    if (p.field != kind.field || p.name != kind.name) return std::nullopt;
    if (p.field == match_field::path) return p.lower ? std::nullopt : path_key(p);
    return p.field == match_field::host ? host_key(p) : value_key(p);
  });
}

std::vector<std::string> demanded_headers(const expression& e, bool https) {
  std::vector<std::string> names, out;
  collect_headers(e, names);
  for (std::string& name : names)
    if (demanded_keys(e, {.field = match_field::header, .name = name}, https)) out.push_back(std::move(name));
  return out;
}

keys demanded_patterns(const expression& e, bool https) {
  return demanded(e, https, [](const predicate& p) -> keys {
    bool is = p.field == match_field::path && p.how == match_operator::pattern && !p.lower;
    return is ? keys(std::vector{p.re2->pattern()}) : std::nullopt;
  });
}

}  // namespace mes::gateway
