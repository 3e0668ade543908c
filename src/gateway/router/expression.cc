#include "gateway/router/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "gateway/router/field_values.h"

namespace mes::gateway {
namespace {

struct operator_word {
  match_operator how;
  std::string_view word;
};
constexpr auto operator_words = std::to_array<operator_word>({
    {match_operator::equals, "=="},
    {match_operator::not_equals, "!="},
    {match_operator::pattern, "~"},
    {match_operator::prefix, "^="},
    {match_operator::postfix, "=^"},
    {match_operator::greater_or_equal, ">="},
    {match_operator::greater, ">"},
    {match_operator::less_or_equal, "<="},
    {match_operator::less, "<"},
    {match_operator::contains, "contains"},
});

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string name_of(const predicate& p) {
  static constexpr std::string_view names[] = {"net.protocol", "tls.sni",  "http.method",   "http.host",
                                               "http.path",    "net.port", "http.headers.", "http.queries."};
  std::string name(names[static_cast<std::size_t>(p.field)]);
  name += p.name;
  if (p.field == match_field::header) std::ranges::replace(name, '-', '_');
  if (p.lower) name = fmt::format("lower({})", name);
  if (p.any) name = fmt::format("any({})", name);
  return name;
}

// Notes what of the path has matched: that is what strip_path takes away.
bool note(const predicate& p, std::size_t at, std::size_t bytes, route_match& m) {
  if (p.field == match_field::path) {
    m.matched_at = at;
    m.matched_bytes = bytes;
    m.path_matched = true;
  }
  return true;
}

void note_groups(const RE2& pattern, const std::vector<re2::StringPiece>& groups, caught_texts& caught) {
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (groups[i].data()) caught[std::to_string(i)] = groups[i].as_string();
  for (const auto& [name, i] : pattern.NamedCapturingGroups())
    if (const re2::StringPiece& text = groups[static_cast<std::size_t>(i)]; text.data())
      caught[name] = text.as_string();
}

bool holds_pattern(const predicate& p, std::string_view value, route_match& m, caught_texts* caught) {
  const re2::StringPiece text(value.data(), value.size());
  re2::StringPiece whole;
  if (!p.re2->Match(text, 0, value.size(), RE2::UNANCHORED, &whole, 1)) return false;
  if (caught) {
    std::vector<re2::StringPiece> groups(static_cast<std::size_t>(p.re2->NumberOfCapturingGroups()) + 1);
    p.re2->Match(text, 0, value.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()));
    note_groups(*p.re2, groups, *caught);
  }
  return note(p, static_cast<std::size_t>(whole.data() - value.data()), whole.size(), m);
}

bool holds(const predicate& p, std::string_view value, route_match& m, caught_texts* caught) {
  switch (p.how) {
    case match_operator::equals:
      return value == p.text && note(p, 0, value.size(), m);
    case match_operator::not_equals:
      return value != p.text;
    case match_operator::prefix:
      return value.starts_with(p.text) && note(p, 0, p.text.size(), m);
    case match_operator::postfix:
      return value.ends_with(p.text) && note(p, value.size() - p.text.size(), p.text.size(), m);
    case match_operator::contains:
      return value.find(p.text) != std::string_view::npos;
    case match_operator::pattern:
      return holds_pattern(p, value, m, caught);
    default:
      return false;  // numbers
  }
}

bool holds_number(const predicate& p, std::int64_t value) {
  switch (p.how) {
    case match_operator::equals:
      return value == p.number;
    case match_operator::not_equals:
      return value != p.number;
    case match_operator::greater:
      return value > p.number;
    case match_operator::greater_or_equal:
      return value >= p.number;
    case match_operator::less:
      return value < p.number;
    case match_operator::less_or_equal:
      return value <= p.number;
    default:
      return false;  // texts
  }
}

bool matches(const predicate& p, const route_subject& s, route_match& m, caught_texts* caught) {
  if (p.field == match_field::port) return s.address.port >= 0 && holds_number(p, s.address.port);
  // Without any(), all values must match; none at all never do.
  bool some = false, one = false, all = true;
  each_value(p, s, [&](std::string_view value) {
    some = true;
    if ((p.any && one) || (!p.any && !all)) return;
    bool held = holds(p, p.lower ? std::string_view(lower_case(value)) : value, m, caught);
    one |= held;
    all &= held;
  });
  return some && (p.any ? one : all);
}

}  // namespace

bool matches(const expression& e, const route_subject& s, route_match& m, caught_texts* caught) {
  switch (e.what) {
    case expression::kind::test:
      return matches(e.test, s, m, caught);
    case expression::kind::all:
      return std::ranges::all_of(e.parts, [&](const expression& part) { return matches(part, s, m, caught); });
    case expression::kind::any:
      return std::ranges::any_of(e.parts, [&](const expression& part) { return matches(part, s, m, caught); });
  }
  return false;
}

caught_texts captures_of(const route_match& match, const route_query& query) {
  caught_texts caught;
  route_match again;
  if (match.test) matches(*match.test, route_subject(query), again, &caught);
  return caught.contains("1") ? caught : caught_texts();
}

std::string to_text(const expression& e) {
  if (e.what == expression::kind::test) {
    auto word = std::ranges::find(operator_words, e.test.how, &operator_word::how);
    return fmt::format("{} {} {}", name_of(e.test), word->word,
                       e.test.field == match_field::port ? std::to_string(e.test.number) : quoted(e.test.text));
  }
  std::string out;
  for (const expression& part : e.parts) {
    if (!out.empty()) out += e.what == expression::kind::all ? " && " : " || ";
    bool nested = part.what != expression::kind::test && part.parts.size() > 1;
    out += nested ? fmt::format("({})", to_text(part)) : to_text(part);
  }
  return out;
}

}  // namespace mes::gateway
