#include "gateway/plugins/request_transformer/value_template.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/plugins/form_arguments.h"

namespace mes::gateway {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The text of "…" or '…', if that is all there is.
std::optional<std::string_view> quoted(std::string_view text) {
  if (text.size() < 2 || (text.front() != '"' && text.front() != '\'') || text.back() != text.front())
    return std::nullopt;
  std::string_view inner = text.substr(1, text.size() - 2);
  if (inner.find(text.front()) != std::string_view::npos || inner.find('\\') != std::string_view::npos)
    return std::nullopt;
  return inner;
}

// Where the expression that starts behind "$(" ends; parentheses nest, quotes hide them.
std::size_t end_of_expression(std::string_view text) {
  int depth = 1;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

// The alternatives between " or ", outside of quotes.
std::vector<std::string_view> alternatives_of(std::string_view text) {
  std::vector<std::string_view> out;
  char quote = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote != 0) {
      if (text[i] == quote) quote = 0;
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (text.substr(i).starts_with(" or ")) {
      out.push_back(trimmed(text.substr(begin, i - begin)));
      begin = i + 4;
    }
  }
  out.push_back(trimmed(text.substr(begin)));
  return out;
}

}  // namespace

result<value_template::part> value_template::parse_expression(std::string_view expression) {
  struct table {
    std::string_view name;
    source from;
  };
  static constexpr table tables[] = {
      {"headers", source::header}, {"query_params", source::query}, {"uri_captures", source::capture}};
  part out;
  for (std::string_view one : alternatives_of(expression)) {
    if (auto text = quoted(one)) {
      out.push_back({source::text, std::string(*text)});
      continue;
    }
    const table* found = nullptr;
    for (const table& t : tables)
      if (one.starts_with(t.name)) found = &t;
    std::string_view member = found ? one.substr(found->name.size()) : std::string_view{};
    if (found && member.starts_with('.') && is_word(member.substr(1))) {
      out.push_back({found->from, std::string(member.substr(1))});
    } else if (found && member.starts_with('[') && member.ends_with(']')) {
      std::string_view key = trimmed(member.substr(1, member.size() - 2));
      auto text = quoted(key);
      if (!text && !(found->from == source::capture && is_number(key)))
        return fail(error_code::invalid_argument, fmt::format("'{}' is no name in quotes", key));
      out.push_back({found->from, std::string(text ? *text : key)});
    } else {
      return fail(error_code::invalid_argument,
                  fmt::format("the expression '{}' is Lua, which is not available; there are headers.NAME, "
                              "query_params.NAME, uri_captures.NAME or [NUMBER], texts in quotes, and `or`",
                              one));
    }
  }
  return out;
}

result<value_template> value_template::parse(std::string_view text) {
  value_template out;
  while (!text.empty()) {
    std::size_t start = text.find("$(");
    if (start != 0) out._parts.push_back({{source::text, std::string(text.substr(0, start))}});
    if (start == std::string_view::npos) break;
    text.remove_prefix(start + 2);
    std::size_t end = end_of_expression(text);
    if (end == std::string_view::npos)
      return fail(error_code::invalid_argument, "the expression behind '$(' has no end");
    auto parsed = parse_expression(text.substr(0, end));
    if (!parsed) return fail(parsed.error());
    out._parts.push_back(std::move(*parsed));
    text.remove_prefix(end + 1);
  }
  return out;
}

bool value_template::needs_captures() const {
  return std::ranges::any_of(_parts, [](const part& p) {
    return std::ranges::any_of(p, [](const alternative& a) { return a.from == source::capture; });
  });
}

std::optional<std::string> value_template::value_of(const alternative& a, const plugin_context& c,
                                                    const uri_captures& captures) {
  switch (a.from) {
    case source::text:
      return a.name;
    case source::header: {
      // Lua's headers.x_y stands for x-y: nginx' table of headers looks names up so.
      auto value = c.upstream_header(a.name);
      if (!value) {
        std::string dashed = a.name;
        std::ranges::replace(dashed, '_', '-');
        value = c.upstream_header(dashed);
      }
      return value ? std::optional(std::string(*value)) : std::nullopt;
    }
    case source::query: {
      form_arguments query = form_arguments::parse(c.current_query());
      const auto* found = query.find(a.name);
      return found ? std::optional(found->value.value_or("true")) : std::nullopt;
    }
    case source::capture: {
      auto caught = captures.of(c);
      auto found = caught.find(a.name);
      return found == caught.end() ? std::nullopt : std::optional(found->second);
    }
  }
  return std::nullopt;
}

std::string value_template::render(const plugin_context& c, const uri_captures& captures) const {
  std::string out;
  for (const part& p : _parts) {
    std::optional<std::string> value;
    for (const alternative& a : p)
      if ((value = value_of(a, c, captures))) break;
    if (value) out += *value;
  }
  return out;
}

std::string check_template(std::string_view text) {
  auto parsed = value_template::parse(text);
  return parsed ? "" : parsed.error().message;
}

}  // namespace mes::gateway
