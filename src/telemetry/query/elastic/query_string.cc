// The query language of query_string: level:error AND (message:"timed out" OR service:order*) -user_id:u1 n:[1 TO 5}
#include <fmt/format.h>

#include <algorithm>

#include "telemetry/query/elastic/query.h"

namespace mes::telemetry::elastic {
namespace {

constexpr int nesting_max = 20;

struct token {
  enum class kind { word, phrase, open, close, colon, plus, minus, both, either, negation, range, end } what;
  std::string text;
  bool wild = false;
  range_ends ends;
};

std::unexpected<es_error> cannot_parse(std::string_view text) {
  return std::unexpected(es_error{400, "query_shard_exception", fmt::format("Failed to parse query [{}]", text), ""});
}

class reader {
 public:
  reader(std::string_view text, std::string_view field, bool all, parse_context context)
      : _whole(text), _rest(text), _field(field), _all(all), _context(context) {}

  es_result<query_ptr> read() {
    if (!advance()) return cannot_parse(_whole);
    if (_next.what == token::kind::end) return match_all();
    auto made = clauses(_field, 0);
    if (!made) return made;
    if (_next.what != token::kind::end) return cannot_parse(_whole);
    return made;
  }

 private:
  using kind = token::kind;

  // clause ((AND | OR)? clause)*: what AND joins is required, as in Lucene's classic parser.
  es_result<query_ptr> clauses(std::string_view field, int depth) {
    if (depth > nesting_max) return cannot_parse(_whole);
    std::vector<query_ptr> must, should, must_not;
    bool joined_before = false;
    while (_next.what != kind::end && _next.what != kind::close) {
      bool required = _all || joined_before, excluded = false;
      if (_next.what == kind::plus || _next.what == kind::minus || _next.what == kind::negation) {
        excluded = _next.what != kind::plus;
        required = !excluded;
        if (!advance()) return cannot_parse(_whole);
      }
      auto one = clause(field, depth);
      if (!one) return one;
      joined_before = _next.what == kind::both;
      if (_next.what == kind::either) required = false;
      if (_next.what == kind::both || _next.what == kind::either) {
        if (!advance() || _next.what == kind::end || _next.what == kind::close) return cannot_parse(_whole);
      }
      (excluded ? must_not : required || joined_before ? must : should).push_back(std::move(*one));
    }
    std::size_t least = must.empty() && !should.empty() ? 1 : 0;
    if (must.empty() && should.empty() && must_not.empty()) return cannot_parse(_whole);
    return make_bool(std::move(must), std::move(should), std::move(must_not), least);
  }

  es_result<query_ptr> clause(std::string_view field, int depth) {
    if (_next.what == kind::open) {
      if (!advance()) return cannot_parse(_whole);
      auto inner = clauses(field, depth + 1);
      if (!inner) return inner;
      if (_next.what != kind::close || !advance()) return cannot_parse(_whole);
      return inner;
    }
    token at = _next;
    if (!advance()) return cannot_parse(_whole);
    if (at.what == kind::word && _next.what == kind::colon) {
      if (!advance() || depth > nesting_max) return cannot_parse(_whole);
      if (at.text == "_exists_") {
        std::string name = _next.text;
        if (_next.what != kind::word || !advance()) return cannot_parse(_whole);
        return make_exists(name);
      }
      return clause(at.text, depth + 1);
    }
    if (at.what == kind::phrase) return make_phrase(field, at.text);
    if (at.what == kind::range) return make_range(field, at.ends, _context.now);
    if (at.what != kind::word) return cannot_parse(_whole);
    if (at.text == "*") return field == "*" ? match_all() : make_exists(field);
    if (at.wild) return make_wildcard(field, at.text, true);
    return comparison(field, at.text);
  }

  es_result<query_ptr> comparison(std::string_view field, std::string_view text) {
    if (!text.starts_with('>') && !text.starts_with('<')) return make_match(field, text, true);
    bool below = text.front() == '>', closed = text.size() > 1 && text[1] == '=';
    std::string value(text.substr(closed ? 2 : 1));
    range_ends ends;
    (below ? ends.lower : ends.upper) = value;
    (below ? ends.lower_open : ends.upper_open) = !closed;
    return make_range(field, std::move(ends), _context.now);
  }

  bool advance() {
    while (!_rest.empty() && (_rest[0] == ' ' || _rest[0] == '\t' || _rest[0] == '\n')) _rest.remove_prefix(1);
    _next = {};
    if (_rest.empty()) {
      _next.what = kind::end;
      return true;
    }
    char c = _rest[0];
    if (c == '[' || c == '{') return read_range();
    if (c == '"') return read_phrase();
    if (_rest.starts_with("&&") || _rest.starts_with("||")) {
      _next.what = c == '&' ? kind::both : kind::either;
      _rest.remove_prefix(2);
      return true;
    }
    constexpr std::string_view signs = "():+-!";
    constexpr kind kinds[] = {kind::open, kind::close, kind::colon, kind::plus, kind::minus, kind::negation};
    if (std::size_t at = signs.find(c); at != std::string_view::npos) {
      _next.what = kinds[at];
      _rest.remove_prefix(1);
      return true;
    }
    return read_word();
  }

  bool read_word() {
    _next.what = kind::word;
    while (!_rest.empty() && !std::string_view(" \t\n()\"[]{}:").contains(_rest[0])) {
      char c = _rest[0];
      _rest.remove_prefix(1);
      if (c == '\\') {
        if (_rest.empty()) return false;
        c = _rest[0];
        _rest.remove_prefix(1);
      } else if (c == '*' || c == '?') {
        _next.wild = true;
      }
      _next.text += c;
    }
    if (_next.text.empty()) return false;  // a lone closing bracket
    if (_next.text == "AND") _next.what = kind::both;
    if (_next.text == "OR") _next.what = kind::either;
    if (_next.text == "NOT") _next.what = kind::negation;
    // Boosts and fuzziness change only the score.
    if (std::size_t hat = _next.text.find('^'); hat != std::string::npos && hat > 0) _next.text.resize(hat);
    return true;
  }

  bool read_phrase() {
    _next.what = kind::phrase;
    _rest.remove_prefix(1);
    while (!_rest.empty() && _rest[0] != '"') {
      if (_rest[0] == '\\' && _rest.size() > 1) _rest.remove_prefix(1);
      _next.text += _rest[0];
      _rest.remove_prefix(1);
    }
    if (_rest.empty()) return false;
    _rest.remove_prefix(1);
    return true;
  }

  bool read_range() {
    _next.what = kind::range;
    std::size_t end = _rest.find_first_of("]}");
    if (end == std::string_view::npos) return false;
    std::string_view inner = _rest.substr(1, end - 1);
    std::size_t to = inner.find(" TO ");
    if (to == std::string_view::npos) return false;
    auto bare = [](std::string_view text) {
      while (!text.empty() && (text.front() == ' ' || text.front() == '"')) text.remove_prefix(1);
      while (!text.empty() && (text.back() == ' ' || text.back() == '"')) text.remove_suffix(1);
      return std::string(text);
    };
    _next.ends = {bare(inner.substr(0, to)), bare(inner.substr(to + 4)), _rest[0] == '{', _rest[end] == '}'};
    if (_next.ends.lower == "*") _next.ends.lower.reset();
    if (_next.ends.upper == "*") _next.ends.upper.reset();
    _rest.remove_prefix(end + 1);
    return true;
  }

  std::string_view _whole, _rest, _field;
  bool _all;
  parse_context _context;
  token _next;
};

}  // namespace

es_result<query_ptr> parse_query_string(std::string_view text, std::string_view default_field, bool default_and,
                                        parse_context context) {
  return reader(text, default_field, default_and, context).read();
}

}  // namespace mes::telemetry::elastic
