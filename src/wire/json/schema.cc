#include "wire/json/schema.h"

#include <boost/json/parse_options.hpp>
#include <boost/json/stream_parser.hpp>
#include <cmath>

namespace mes::wire {
namespace {

constexpr std::size_t errors_max = 20;

std::string kind_name(const json::value& v) {
  switch (v.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return "a number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
  }
  return "something else";
}

void add_kind_error(const json::value& in, std::string_view expected, const std::string& path, decode_errors& errors) {
  errors.add(path, "must be " + std::string(expected) + ", not " + kind_name(in));
}

json::object with_range(json::object s, const field_rules& rules) {
  if (rules.min) s["minimum"] = *rules.min;
  if (rules.max) s["maximum"] = *rules.max;
  return s;
}

// Decimals travel as JSON numbers. A double holds every decimal of 15 digits, so rounding to millionths is exact
// up to 10^9; beyond that only whole numbers are taken.
std::optional<quantity> quantity_of(const json::value& in) {
  constexpr std::int64_t whole_max = 9'000'000'000'000;
  constexpr double fraction_max = 1e9;
  if (in.is_int64() || in.is_uint64()) {
    if (in.is_uint64() && in.get_uint64() > whole_max) return std::nullopt;
    std::int64_t whole = in.is_int64() ? in.get_int64() : static_cast<std::int64_t>(in.get_uint64());
    if (whole > whole_max || whole < -whole_max) return std::nullopt;
    return quantity::of(whole);
  }
  double d = in.get_double();
  if (!std::isfinite(d) || std::abs(d) > static_cast<double>(whole_max)) return std::nullopt;
  if (d == std::floor(d)) return quantity::of(static_cast<std::int64_t>(d));
  if (std::abs(d) > fraction_max) return std::nullopt;
  return quantity{std::llround(d * static_cast<double>(quantity::scale))};
}

// Members as written: one colon each, outside of strings. The text is known to be valid JSON.
std::size_t members_written(std::string_view text) {
  std::size_t colons = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string && text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      in_string = !in_string;
    else if (text[i] == ':' && !in_string)
      ++colons;
  }
  return colons;
}

std::size_t members_kept(const json::value& v) {
  std::size_t count = 0;
  if (const json::object* members = v.if_object()) {
    count = members->size();
    for (const auto& member : *members) count += members_kept(member.value());
  } else if (const json::array* items = v.if_array()) {
    for (const json::value& item : *items) count += members_kept(item);
  }
  return count;
}

}  // namespace

void decode_errors::add(const std::string& path, std::string message) {
  if (_fields.size() < errors_max) _fields.push_back({path, std::move(message)});
}

std::string escape_pointer(std::string_view member) {
  std::string out;
  for (char c : member) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

const json::array* expect_array(const json::value& in, const field_rules& rules, const std::string& path,
                                decode_errors& errors) {
  const json::array* items = in.if_array();
  if (!items)
    add_kind_error(in, "an array", path, errors);
  else if (items->size() < rules.min_length)
    errors.add(path, "must have at least " + std::to_string(rules.min_length) + " items");
  else if (items->size() > rules.max_length)
    errors.add(path, "must have at most " + std::to_string(rules.max_length) + " items");
  else
    return items;
  return nullptr;
}

const json::object* expect_object(const json::value& in, const std::string& path, decode_errors& errors) {
  const json::object* members = in.if_object();
  if (!members) add_kind_error(in, "an object", path, errors);
  return members;
}

void codec<std::string>::decode(const json::value& in, std::string& out, const field_rules& rules,
                                const std::string& path, decode_errors& errors) {
  const json::string* text = in.if_string();
  if (!text) return add_kind_error(in, "a string", path, errors);
  if (text->size() < rules.min_length)
    return errors.add(path, rules.min_length == 1
                                ? "must not be empty"
                                : "must have at least " + std::to_string(rules.min_length) + " bytes");
  if (text->size() > rules.max_length)
    return errors.add(path, "must have at most " + std::to_string(rules.max_length) + " bytes");
  if (text->find('\0') != json::string::npos) return errors.add(path, "must not contain NUL");
  out.assign(text->data(), text->size());
}

json::object codec<std::string>::json_schema(const field_rules& rules, schema_components&) {
  json::object s{{"type", "string"}, {"maxLength", rules.max_length}};
  if (rules.min_length > 0) s["minLength"] = rules.min_length;
  return s;
}

void codec<bool>::decode(const json::value& in, bool& out, const field_rules&, const std::string& path,
                         decode_errors& errors) {
  if (const bool* flag = in.if_bool())
    out = *flag;
  else
    add_kind_error(in, "true or false", path, errors);
}

json::object codec<bool>::json_schema(const field_rules&, schema_components&) { return {{"type", "boolean"}}; }

void codec<std::int64_t>::decode(const json::value& in, std::int64_t& out, const field_rules& rules,
                                 const std::string& path, decode_errors& errors) {
  constexpr double exact_max = 9007199254740992.0;  // 2^53: above it a double skips integers
  std::int64_t number = 0;
  if (in.is_int64())
    number = in.get_int64();
  else if (in.is_double() && in.get_double() == std::floor(in.get_double()) && std::abs(in.get_double()) <= exact_max)
    number = static_cast<std::int64_t>(in.get_double());
  else
    return add_kind_error(in, "an integer in 64 bits", path, errors);
  if (rules.min && number < *rules.min) return errors.add(path, "must be at least " + std::to_string(*rules.min));
  if (rules.max && number > *rules.max) return errors.add(path, "must be at most " + std::to_string(*rules.max));
  out = number;
}

json::object codec<std::int64_t>::json_schema(const field_rules& rules, schema_components&) {
  return with_range({{"type", "integer"}, {"format", "int64"}}, rules);
}

json::value codec<quantity>::encode(quantity v) {
  if (v.is_whole()) return v.whole();
  return static_cast<double>(v.millionths) / static_cast<double>(quantity::scale);
}

void codec<quantity>::decode(const json::value& in, quantity& out, const field_rules& rules, const std::string& path,
                             decode_errors& errors) {
  if (!in.is_number()) return add_kind_error(in, "a number", path, errors);
  std::optional<quantity> q = quantity_of(in);
  if (!q) return errors.add(path, "is beyond the range of quantities (9 * 10^12, six decimals)");
  if (rules.min && *q < quantity::of(*rules.min))
    return errors.add(path, "must be at least " + std::to_string(*rules.min));
  if (rules.max && *q > quantity::of(*rules.max))
    return errors.add(path, "must be at most " + std::to_string(*rules.max));
  out = *q;
}

json::object codec<quantity>::json_schema(const field_rules& rules, schema_components&) {
  return with_range({{"type", "number"}}, rules);
}

void codec<instant>::decode(const json::value& in, instant& out, const field_rules&, const std::string& path,
                            decode_errors& errors) {
  const json::string* text = in.if_string();
  std::optional<instant> at = text ? instant::parse(*text) : std::nullopt;
  if (!at) return errors.add(path, "must be a time as in RFC 3339, such as 2012-01-29T23:24:00Z");
  out = *at;
}

json::object codec<instant>::json_schema(const field_rules&, schema_components&) {
  return {{"type", "string"}, {"format", "date-time"}};
}

void codec<json::object>::decode(const json::value& in, json::object& out, const field_rules&, const std::string& path,
                                 decode_errors& errors) {
  if (const json::object* members = expect_object(in, path, errors)) out = *members;
}

json::object codec<json::object>::json_schema(const field_rules&, schema_components&) { return {{"type", "object"}}; }
json::object codec<json::value>::json_schema(const field_rules&, schema_components&) { return {}; }

std::optional<std::size_t> decode_enum_name(const json::value& in, std::span<const std::string_view> names,
                                            const std::string& path, decode_errors& errors) {
  if (const json::string* text = in.if_string())
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == std::string_view(*text)) return i;
  std::string expected;
  for (std::string_view name : names) expected += (expected.empty() ? "" : ", ") + std::string(name);
  errors.add(path, "must be one of " + expected);
  return std::nullopt;
}

json::object enum_schema(const field_rules&, std::span<const std::string_view> names) {
  json::array values;
  for (std::string_view name : names) values.push_back(json::string(name));
  return {{"type", "string"}, {"enum", std::move(values)}};
}

result<json::value> parse_json(std::string_view text, std::size_t depth_max) {
  json::parse_options options;
  options.max_depth = depth_max;
  boost::system::error_code ec;
  json::stream_parser parser({}, options);
  std::size_t read = parser.write_some(text.data(), text.size(), ec);
  if (!ec && read < text.size()) {
    // write_some stops behind the value; only white space may follow it.
    std::size_t extra = text.find_first_not_of(" \t\r\n", read);
    if (extra != std::string_view::npos)
      return fail(error_code::invalid_argument, "Text after the JSON value, at byte " + std::to_string(extra));
  }
  if (!ec) parser.finish(ec);
  if (ec)
    return fail(error_code::invalid_argument, "Not valid JSON at byte " + std::to_string(read) + ": " + ec.message());
  json::value value = parser.release();
  // I-JSON (RFC 7493, section 2.3): which of two members would count is nobody's guess to make.
  if (members_written(text) != members_kept(value))
    return fail(error_code::invalid_argument, "An object of the JSON has a member twice");
  return value;
}

}  // namespace mes::wire
