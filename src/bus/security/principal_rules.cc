#include "bus/security/principal_rules.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <cctype>

namespace mes::bus::security {
namespace {

std::unexpected<error> wrong(std::string_view text) {
  return fail(error_code::invalid_argument,
              fmt::format("ssl_principal_mapping_rules: {}: write DEFAULT or RULE:pattern/replacement/[LU]", text));
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

// $1 of Java to \1 of RE2.
std::string re2_replacement(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool group = text[i] == '$' && i + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[i + 1]));
    out += group ? '\\' : text[i];
    if (text[i] == '\\') out += '\\';
  }
  return out;
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
    if (!text.starts_with("RULE:")) return wrong(all);
    text.remove_prefix(5);
    std::string pattern, replacement;
    if (!take_part(text, pattern) || !take_part(text, replacement)) return wrong(all);
    if (text.starts_with('L') || text.starts_with('U')) {
      r.letters = text.front();
      text.remove_prefix(1);
    }
    if (!text.empty() && text.front() != ',' && text.front() != ' ') return wrong(all);
    r.pattern = std::make_shared<const re2::RE2>(pattern, re2::RE2::Quiet);
    r.replacement = re2_replacement(replacement);
    std::string fault = r.pattern->error();
    if (!r.pattern->ok() || !r.pattern->CheckRewriteString(r.replacement, &fault))
      return fail(error_code::invalid_argument, fmt::format("ssl_principal_mapping_rules: {}: {}", pattern, fault));
    rules._rules.push_back(std::move(r));
  }
  return rules;
}

result<std::string> principal_rules::apply(std::string_view subject) const {
  if (_rules.empty()) return std::string(subject);
  for (const rule& r : _rules) {
    if (!r.pattern) return std::string(subject);
    if (!re2::RE2::FullMatch(subject, *r.pattern)) continue;
    std::string name(subject);
    re2::RE2::Replace(&name, *r.pattern, r.replacement);
    if (r.letters != 0)
      std::ranges::transform(name, name.begin(), [&](char c) {
        const auto u = static_cast<unsigned char>(c);
        return static_cast<char>(r.letters == 'L' ? std::tolower(u) : std::toupper(u));
      });
    return name;
  }
  return fail(error_code::unauthenticated, fmt::format("no rule of ssl_principal_mapping_rules matches {}", subject));
}

}  // namespace mes::bus::security
