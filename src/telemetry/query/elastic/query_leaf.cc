// Queries on one field.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "telemetry/parts/index_name.h"
#include "telemetry/query/elastic/date_math.h"
#include "telemetry/query/elastic/query.h"
#include "telemetry/query/elastic/text.h"

namespace mes::telemetry::elastic {
namespace {

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A scalar that is no string against a term given as text.
bool scalar_equals(element e, std::string_view text) {
  bool flag = false;
  if (!e.get(flag)) return text == (flag ? "true" : "false");
  double number = 0;
  if (e.is_number() && !e.get(number)) {
    auto wanted = number_in(text);
    return wanted && *wanted == number;
  }
  return false;
}

bool has_word(std::string_view text, const std::string& word) {
  auto words = words_of(text);
  return std::find(words.begin(), words.end(), word) != words.end();
}

class leaf : public query {
 public:
  explicit leaf(std::string_view field) : _field(field) {}
  bool matches(document& d) const override {
    if (_field.name == "_index") return keyword_matches(d.index());
    if (_field.name == "_id") return keyword_matches(d.id());
    if (_field.name == timestamp_field) return time_matches(d.source().time_us);
    bool text = _field.is_text(d.index());
    return d.any(_field.name, [&](element e) {
      std::string_view value;
      if (e.get(value)) return scalar_matches(e);
      return text ? text_matches(value) : keyword_matches(value);
    });
  }

 protected:
  virtual bool keyword_matches(std::string_view value) const = 0;
  virtual bool text_matches(std::string_view value) const = 0;
  virtual bool scalar_matches(element e) const = 0;
  virtual bool time_matches(std::int64_t time_us) const {
    return keyword_matches(instant{time_us / 1'000 * 1'000}.to_string());
  }
  field_path _field;
};

class term_query final : public leaf {
 public:
  term_query(std::string_view field, std::vector<std::string> values, bool any_case)
      : leaf(field), _values(std::move(values)), _any_case(any_case) {
    if (_any_case)
      for (std::string& v : _values) v = lower(v);
  }
  std::optional<std::uint64_t> trace_key() const override {
    if (_values.size() != 1 || _any_case || (_field.name != "trace_id" && _field.name != "trace.id")) return {};
    std::uint64_t key = trace_key_of_hex(_values[0]);
    return key == 0 ? std::nullopt : std::optional(key);
  }

 private:
  bool keyword_matches(std::string_view value) const override {
    return std::find(_values.begin(), _values.end(), _any_case ? lower(value) : std::string(value)) != _values.end();
  }
  bool text_matches(std::string_view value) const override {
    return std::any_of(_values.begin(), _values.end(), [&](const std::string& v) { return has_word(value, v); });
  }
  bool scalar_matches(element e) const override {
    return std::any_of(_values.begin(), _values.end(), [&](const std::string& v) { return scalar_equals(e, v); });
  }
  bool time_matches(std::int64_t time_us) const override {
    return std::any_of(_values.begin(), _values.end(), [&](const std::string& v) {
      auto at = parse_date_us(v, {}, false);
      return at && *at / 1'000 == time_us / 1'000;
    });
  }
  std::vector<std::string> _values;
  bool _any_case;
};

class match_query final : public leaf {
 public:
  match_query(std::string_view field, std::string_view text, bool all_words)
      : leaf(field), _text(text), _words(words_of(text)), _all(all_words) {}

 private:
  bool keyword_matches(std::string_view value) const override { return value == _text; }
  bool text_matches(std::string_view value) const override {
    auto words = words_of(value);
    std::set<std::string_view> present(words.begin(), words.end());
    auto is_in = [&](const std::string& w) { return present.contains(w); };
    if (_words.empty()) return false;
    return _all ? std::all_of(_words.begin(), _words.end(), is_in) : std::any_of(_words.begin(), _words.end(), is_in);
  }
  bool scalar_matches(element e) const override { return scalar_equals(e, _text); }
  std::string _text;
  std::vector<std::string> _words;
  bool _all;
};

class phrase_query final : public leaf {
 public:
  phrase_query(std::string_view field, std::string_view text, bool last_is_prefix)
      : leaf(field), _text(text), _words(words_of(text)), _prefix(last_is_prefix) {}

 private:
  bool keyword_matches(std::string_view value) const override {
    return _prefix ? value.starts_with(_text) : value == _text;
  }
  bool text_matches(std::string_view value) const override {
    auto words = words_of(value);
    if (_words.empty()) return false;
    auto same = [&](const std::string& here, const std::string& wanted) {
      return here == wanted || (_prefix && &wanted == &_words.back() && here.starts_with(wanted));
    };
    return std::search(words.begin(), words.end(), _words.begin(), _words.end(), same) != words.end();
  }
  bool scalar_matches(element e) const override { return scalar_equals(e, _text); }
  std::string _text;
  std::vector<std::string> _words;
  bool _prefix;
};

class wildcard_query final : public leaf {
 public:
  wildcard_query(std::string_view field, std::string_view pattern, bool any_case)
      : leaf(field), _pattern(any_case ? lower(pattern) : std::string(pattern)), _any_case(any_case) {}

 private:
  bool keyword_matches(std::string_view value) const override {
    return wildcard_matches(_pattern, _any_case ? lower(value) : std::string(value));
  }
  bool text_matches(std::string_view value) const override {
    auto words = words_of(value);
    return std::any_of(words.begin(), words.end(), [&](const std::string& w) { return wildcard_matches(_pattern, w); });
  }
  bool scalar_matches(element e) const override { return wildcard_matches(_pattern, text_of(e)); }
  std::string _pattern;
  bool _any_case;
};

class exists_query final : public query {
 public:
  explicit exists_query(std::string_view field) : _field(field) {}
  bool matches(document& d) const override {
    if (_field.name == timestamp_field || _field.name == "_id" || _field.name == "_index") return true;
    return d.any(_field.name, [](element e) { return !e.is_null(); }) || below(d);
  }
  bool matches_all_in(time_bounds) const override { return _field.name == timestamp_field; }

 private:
  // An object exists where one of its fields does.
  bool below(document& d) const {
    simdjson::dom::object object;
    if (!d.root(object)) return false;
    std::string prefix = _field.name + ".";
    for (auto [key, value] : object)
      if (key.starts_with(prefix) && !value.is_null()) return true;
    return false;
  }
  field_path _field;
};

class ids_query final : public query {
 public:
  explicit ids_query(std::vector<std::string> ids) : _ids(ids.begin(), ids.end()) {}
  bool matches(document& d) const override { return _ids.contains(d.id()); }

 private:
  std::set<std::string, std::less<>> _ids;
};

class time_range_query final : public query {
 public:
  explicit time_range_query(time_bounds b) : _bounds(b) {}
  bool matches(document& d) const override {
    return d.source().time_us >= _bounds.from_us && d.source().time_us <= _bounds.to_us;
  }
  time_bounds bounds() const override { return _bounds; }
  bool matches_all_in(time_bounds b) const override { return b.from_us >= _bounds.from_us && b.to_us <= _bounds.to_us; }

 private:
  time_bounds _bounds;
};

class range_query final : public leaf {
 public:
  range_query(std::string_view field, range_ends ends, std::optional<time_bounds> dates)
      : leaf(field), _ends(std::move(ends)), _dates(dates) {
    if (_ends.lower) _lower = number_in(*_ends.lower);
    if (_ends.upper) _upper = number_in(*_ends.upper);
  }

 private:
  template <class T>
  bool within(const T& value, const std::optional<T>& lower, const std::optional<T>& upper) const {
    if (lower && (_ends.lower_open ? !(*lower < value) : value < *lower)) return false;
    return !upper || !(_ends.upper_open ? !(value < *upper) : *upper < value);
  }
  bool keyword_matches(std::string_view value) const override {
    if (_dates)
      if (auto time = instant::parse(value))
        return time->microseconds >= _dates->from_us && time->microseconds <= _dates->to_us;
    return within(std::string(value), _ends.lower, _ends.upper);
  }
  bool text_matches(std::string_view value) const override {
    if (_dates && instant::parse(value)) return keyword_matches(value);
    auto words = words_of(value);
    return std::any_of(words.begin(), words.end(),
                       [&](const std::string& w) { return within(w, _ends.lower, _ends.upper); });
  }
  bool scalar_matches(element e) const override {
    double number = 0;
    if (!e.is_number() || e.get(number)) return false;
    if ((_ends.lower && !_lower) || (_ends.upper && !_upper)) return false;  // a bound that is no number
    return within(number, _lower, _upper);
  }
  range_ends _ends;
  std::optional<time_bounds> _dates;
  std::optional<double> _lower, _upper;
};

}  // namespace

query_ptr make_term(std::string_view field, std::vector<std::string> values, bool any_case) {
  return std::make_unique<term_query>(field, std::move(values), any_case);
}
query_ptr make_match(std::string_view field, std::string_view text, bool all_words) {
  // On the trace's id a match is a term: it may use the index of traces.
  if ((field == "trace_id" || field == "trace.id") && !text.contains(' ')) return make_term(field, {std::string(text)});
  return std::make_unique<match_query>(field, text, all_words);
}
query_ptr make_phrase(std::string_view field, std::string_view text, bool last_is_prefix) {
  return std::make_unique<phrase_query>(field, text, last_is_prefix);
}
query_ptr make_exists(std::string_view field) { return std::make_unique<exists_query>(field); }
query_ptr make_wildcard(std::string_view field, std::string_view pattern, bool any_case) {
  return std::make_unique<wildcard_query>(field, pattern, any_case);
}
query_ptr make_ids(std::vector<std::string> ids) { return std::make_unique<ids_query>(std::move(ids)); }

es_result<query_ptr> make_range(std::string_view field, range_ends ends, instant now) {
  // Of microseconds: gte and lt begin where the text's moment begins, gt and lte end where it ends.
  constexpr std::int64_t rest_of_ms = 999;
  bool dates = true;
  time_bounds b;
  if (ends.lower && *ends.lower != "*") {
    auto at = parse_date_us(*ends.lower, now, ends.lower_open);
    dates = dates && at;
    if (at) b.from_us = ends.lower_open ? *at / 1'000 * 1'000 + rest_of_ms + 1 : *at;
  }
  if (ends.upper && *ends.upper != "*") {
    auto at = parse_date_us(*ends.upper, now, !ends.upper_open);
    dates = dates && at;
    if (at) b.to_us = ends.upper_open ? *at - 1 : *at / 1'000 * 1'000 + rest_of_ms;
  }
  if (ends.lower == "*") ends.lower.reset();
  if (ends.upper == "*") ends.upper.reset();
  if (field == timestamp_field) {
    if (!dates)
      return std::unexpected(es_error{
          400, "parse_exception",
          fmt::format("failed to parse date field [{}] with format "
                      "[strict_date_optional_time||epoch_millis]",
                      ends.lower && !parse_date_us(*ends.lower, now, false) ? *ends.lower : ends.upper.value_or("")),
          ""});
    return std::make_unique<time_range_query>(b);
  }
  return std::make_unique<range_query>(field, std::move(ends), dates ? std::optional(b) : std::nullopt);
}

}  // namespace mes::telemetry::elastic
