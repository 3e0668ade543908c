#include "bus/security/principal_rules.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/utf8.h"
#include "runtime/config.h"

namespace mes::bus::security {
namespace {

std::unexpected<error> wrong(std::string_view what) {
  return fail(runtime::wrong_setting("ssl_principal_mapping_rules", what));
}

std::unexpected<error> wrong_form(std::string_view text) {
  return wrong(fmt::format("{}: write DEFAULT or RULE:pattern/replacement/[LU]", text));
}

// Up to the next '/' that no backslash stands before; takes it off `text`.
bool take_part(std::string_view& text, std::string& part) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      if (text[i + 1] != '/') part += '\\';
      part += text[++i];
    } else if (text[i] == '/') {
      text.remove_prefix(i + 1);
      return true;
    } else {
      part += text[i];
    }
  }
  return false;
}

// As Java reads it: \x is x, $ and digits are a group. More digits belong to it as long as there is such a group, and a
// $ before a number that is none's is itself, as Kafka has it.
result<principal_rules::replacement> parse_replacement(std::string_view text, int groups) {
  const auto digit = [&](std::size_t at) {
    return at < text.size() && text[at] >= '0' && text[at] <= '9' ? text[at] - '0' : -1;
  };
  principal_rules::replacement out(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    int group = text[i] == '$' ? digit(i + 1) : -1;
    if (text[i] == '$' && (group < 0 || (groups == 0 && group > 0)))
      return fail(error_code::invalid_argument,
                  fmt::format("{}: the number of a group follows a $; write \\$ for itself", text));
    if (group >= 0 && group <= groups) {
      ++i;
      for (int more; (more = digit(i + 1)) >= 0 && group * 10 + more <= groups; ++i) group = group * 10 + more;
      out.push_back({.text = {}, .group = group});
      out.emplace_back();
      continue;
    }
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out.back().text += text[i];
  }
  return out;
}

// Each match is replaced, as by Java's replaceAll: an empty one behind the last too.
std::string replaced(std::string_view subject, const re2::RE2& pattern, const principal_rules::replacement& with) {
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(pattern.NumberOfCapturingGroups()) + 1);
  std::string out;
  std::size_t copied = 0, at = 0;
  while (at <= subject.size() && pattern.Match(subject, at, subject.size(), re2::RE2::UNANCHORED, groups.data(),
                                               static_cast<int>(groups.size()))) {
    const auto begin = static_cast<std::size_t>(groups[0].data() - subject.data()), end = begin + groups[0].size();
    out += subject.substr(copied, begin - copied);
    for (const principal_rules::piece& p : with) {
      out += p.text;
      if (p.group >= 0) out += std::string_view(groups[static_cast<std::size_t>(p.group)]);
    }
    copied = at = end;
    if (begin == end) at += end < subject.size() ? std::max<std::size_t>(utf8_length(subject.substr(end)), 1) : 1;
  }
  return out += subject.substr(copied);
}

}  // namespace

result<principal_rules> principal_rules::parse(std::string_view text) {
  principal_rules rules;
  const std::string_view all = text;
  while (!text.empty()) {
    while (text.starts_with(' ') || text.starts_with(',')) text.remove_prefix(1);
    if (text.empty()) break;
    rule r;
    if (text.starts_with("DEFAULT")) {
      text.remove_prefix(7);
      rules._rules.push_back(std::move(r));
      continue;
    }
    if (!text.starts_with("RULE:")) return wrong_form(all);
    text.remove_prefix(5);
    std::string pattern, replacement;
    if (!take_part(text, pattern) || !take_part(text, replacement)) return wrong_form(all);
    if (text.starts_with('L') || text.starts_with('U')) {
      r.letters = text.front() == 'L' ? letter_case::lower : letter_case::upper;
      text.remove_prefix(1);
    }
    if (!text.empty() && text.front() != ',' && text.front() != ' ') return wrong_form(all);
    r.pattern = std::make_shared<const re2::RE2>(pattern, re2::RE2::Quiet);
    if (!r.pattern->ok()) return wrong(fmt::format("{}: {}", pattern, r.pattern->error()));
    auto with = parse_replacement(replacement, r.pattern->NumberOfCapturingGroups());
    if (!with) return wrong(with.error().message);
    r.with = std::move(*with);
    rules._rules.push_back(std::move(r));
  }
  return rules;
}

result<std::string> principal_rules::apply(std::string_view subject) const {
  if (_rules.empty()) return std::string(subject);
  for (const rule& r : _rules) {
    if (!r.pattern) return std::string(subject);
    if (!re2::RE2::FullMatch(subject, *r.pattern)) continue;
    std::string name = replaced(subject, *r.pattern, r.with);
    return r.letters ? in_case(*r.letters, name) : name;
  }
  return fail(error_code::unauthenticated, fmt::format("no rule of ssl_principal_mapping_rules matches {}", subject));
}

}  // namespace mes::bus::security
