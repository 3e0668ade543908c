// The grammar of atc-router 1.2.0 (src/atc_grammar.pest), by recursive descent, and its check of types
// (src/semantics.rs).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "gateway/router/expression.h"
#include "gateway/router/patterns.h"

namespace mes::gateway {
namespace {

constexpr int depth_max = 64;
constexpr std::size_t bytes_max = 64 << 10;

struct known_field {
  std::string_view name;
  match_field field;
};
constexpr auto known_fields = std::to_array<known_field>({
    {"net.protocol", match_field::protocol},
    {"tls.sni", match_field::sni},
    {"http.method", match_field::method},
    {"http.host", match_field::host},
    {"http.path", match_field::path},
    {"net.port", match_field::port},
});
constexpr std::string_view headers = "http.headers.", arguments = "http.queries.";

struct word_operator {
  std::string_view word;
  match_operator how;
};
// Longer ones before those that they begin with.
constexpr auto operators = std::to_array<word_operator>({
    {"==", match_operator::equals},
    {"!=", match_operator::not_equals},
    {"~", match_operator::pattern},
    {"^=", match_operator::prefix},
    {"=^", match_operator::postfix},
    {">=", match_operator::greater_or_equal},
    {">", match_operator::greater},
    {"<=", match_operator::less_or_equal},
    {"<", match_operator::less},
    {"contains", match_operator::contains},
});

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class parser {
 public:
  explicit parser(std::string_view text) : _text(text) {}

  result<expression> whole() {
    if (_text.size() > bytes_max) return wrong("it is longer than 64 KiB");
    auto e = conjunction(1);
    if (!e) return e;
    skip_blanks();
    if (_at != _text.size()) return wrong("&&, || or the end is expected here");
    return e;
  }

 private:
  std::unexpected<error> wrong(std::string_view what) const { return wrong_at(_at, what); }
  static std::unexpected<error> wrong_at(std::size_t at, std::string_view what) {
    return fail(error_code::invalid_argument, fmt::format("column {}: {}", at + 1, what));
  }

  void skip_blanks() {
    while (_at < _text.size() && std::string_view(" \t\r\n").find(_text[_at]) != std::string_view::npos) ++_at;
  }
  bool take(std::string_view word) {
    skip_blanks();
    if (!_text.substr(_at).starts_with(word)) return false;
    _at += word.size();
    return true;
  }

  // The grammar's precedence climber gives || the higher one.
  result<expression> conjunction(int depth) { return chain(depth, "&&", expression::kind::all); }
  result<expression> disjunction(int depth) { return chain(depth, "||", expression::kind::any); }

  result<expression> chain(int depth, std::string_view word, expression::kind what) {
    expression out{.what = what, .test = {}, .parts = {}};
    do {
      auto part = what == expression::kind::all ? disjunction(depth) : term(depth);
      if (!part) return part;
      out.parts.push_back(std::move(*part));
    } while (take(word));
    if (out.parts.size() > 1) return out;
    expression only = std::move(out.parts.front());
    return only;
  }

  result<expression> term(int depth) {
    if (depth > depth_max) return wrong(fmt::format("nested deeper than {} levels", depth_max));
    if (!take("(")) return test();
    auto inside = conjunction(depth + 1);
    if (inside && !take(")")) return wrong("')' is missing");
    return inside;
  }

  result<expression> test() {
    predicate p;
    if (auto read = left_side(p, 0); !read) return fail(read.error());
    auto how = operation();
    if (!how) return fail(how.error());
    p.how = *how;
    if (auto read = right_side(p); !read) return fail(read.error());
    if (p.field == match_field::header) std::ranges::replace(p.name, '_', '-');
    return expression{.what = expression::kind::test, .test = std::move(p), .parts = {}};
  }

  std::string_view identifier() {
    skip_blanks();
    std::size_t begin = _at;
    if (_at < _text.size() && is_letter(_text[_at]))
      while (_at < _text.size() &&
             (is_letter(_text[_at]) || is_digit(_text[_at]) || _text[_at] == '_' || _text[_at] == '.'))
        ++_at;
    return _text.substr(begin, _at - begin);
  }

  // http.path, or any(…) and lower(…) around a field
  result<void> left_side(predicate& p, int depth) {
    skip_blanks();
    std::size_t begin = _at;
    std::string_view name = identifier();
    if (name.empty()) return wrong("a field is expected here, like http.path");
    if (!take("(")) {
      if (known(name, p)) return {};
      return wrong_at(begin, why_unknown(name));
    }
    if (name != "any" && name != "lower")
      return wrong_at(begin, fmt::format("unknown transformation function: {}; there are any and lower", name));
    if (depth > depth_max) return wrong("too many transformations");
    (name == "any" ? p.any : p.lower) = true;
    if (auto inside = left_side(p, depth + 1); !inside) return inside;
    if (!take(")")) return wrong("')' is missing");
    if (p.lower && p.field == match_field::port) return wrong("lower() is for texts, net.port is a number");
    return {};
  }

  static bool known(std::string_view name, predicate& p) {
    auto found = std::ranges::find(known_fields, name, &known_field::name);
    if (found != known_fields.end()) {
      p.field = found->field;
      return true;
    }
    for (auto [prefix, field] : {std::pair(headers, match_field::header), {arguments, match_field::argument}}) {
      std::string_view rest = name.starts_with(prefix) ? name.substr(prefix.size()) : std::string_view();
      if (rest.empty() || rest.find('.') != std::string_view::npos) continue;
      p.field = field;
      p.name = rest;
      return true;
    }
    return false;
  }

  static std::string why_unknown(std::string_view name) {
    if (name.starts_with("net.src.") || name.starts_with("net.dst."))
      return fmt::format("{} is for streams (tcp, tls, udp), which this gateway does not serve", name);
    return fmt::format(
        "unknown field {}; there are net.protocol, net.port, tls.sni, http.method, http.host, http.path, "
        "http.headers.NAME, http.queries.NAME",
        name);
  }

  result<match_operator> operation() {
    for (const word_operator& o : operators)
      if (take(o.word)) return o.how;
    std::size_t begin = _at;
    if (take("in") || (take("not") && take("in"))) {
      return wrong_at(begin, "in and not in are for the addresses of streams, which this gateway does not serve");
    }
    return wrong("an operator is expected here: ==, !=, ~, ^=, =^, >, >=, <, <=, contains");
  }

  result<void> right_side(predicate& p) {
    skip_blanks();
    std::size_t begin = _at;
    auto text = take("r#\"") ? raw_text() : take("\"") ? quoted_text() : std::nullopt;
    bool number_field = p.field == match_field::port;
    bool number_only = p.how >= match_operator::greater && p.how <= match_operator::less_or_equal;
    if (text) {
      if (number_field || number_only) return wrong_at(begin, "a number is expected here");
      p.text = std::move(*text);
      return p.how == match_operator::pattern ? compile(p, begin) : result<void>{};
    }
    if (_text.substr(begin).starts_with('"') || _text.substr(begin).starts_with("r#\""))
      return wrong("the text has no end");
    auto number = integer();
    if (!number) return wrong_at(begin, number_field ? "a number is expected here" : "a text in \"\" is expected here");
    if (!number_field) return wrong_at(begin, "Type mismatch between the LHS and RHS values of predicate");
    if (!number_only && p.how != match_operator::equals && p.how != match_operator::not_equals)
      return wrong_at(begin, "this operator only supports string operands");
    p.number = *number;
    return {};
  }

  result<void> compile(predicate& p, std::size_t begin) {
    if (std::string wrong = check_classes(p.text); !wrong.empty())
      return wrong_at(begin, fmt::format("invalid regex: '{}' ({})", p.text, wrong));
    p.re2 = std::make_shared<const RE2>(pattern_of(p.text), pattern_options());
    if (p.re2->ok()) return {};
    return wrong_at(begin, fmt::format("invalid regex: '{}' ({})", p.text, p.re2->error()));
  }

  std::optional<std::string> quoted_text() {
    std::string out;
    while (_at < _text.size()) {
      char c = _text[_at++];
      if (c == '"') return out;
      if (c == '\\') {
        static constexpr std::string_view from = "\"\\nrt", to = "\"\\\n\r\t";
        std::size_t which = _at < _text.size() ? from.find(_text[_at++]) : std::string_view::npos;
        if (which == std::string_view::npos) return std::nullopt;
        c = to[which];
      }
      out += c;
    }
    return std::nullopt;
  }

  std::optional<std::string> raw_text() {
    std::size_t end = _text.find("\"#", _at);
    if (end == std::string_view::npos) return std::nullopt;
    std::string out(_text.substr(_at, end - _at));
    _at = end + 2;
    return out;
  }

  std::optional<std::int64_t> integer() {
    bool negative = take("-");
    std::size_t begin = _at;
    int base = 10;
    if (_text.substr(_at).starts_with("0x")) {
      base = 16;
      begin += 2;
    } else if (_at + 1 < _text.size() && _text[_at] == '0' && _text[_at + 1] >= '0' && _text[_at + 1] <= '7') {
      base = 8;
    }
    std::int64_t value = 0;
    const char* end = _text.data() + _text.size();
    if (begin > _text.size()) return std::nullopt;
    auto [stop, failure] = std::from_chars(_text.data() + begin, end, value, base);
    if (failure != std::errc{}) return std::nullopt;
    _at = static_cast<std::size_t>(stop - _text.data());
    return negative ? -value : value;
  }

  std::string_view _text;
  std::size_t _at = 0;
};

}  // namespace

result<expression> parse_expression(std::string_view text) { return parser(text).whole(); }

}  // namespace mes::gateway
