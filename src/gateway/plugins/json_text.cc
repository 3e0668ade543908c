#include "gateway/plugins/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cmath>
#include <cstdlib>
#include <iterator>

namespace mes::gateway {
namespace {

namespace json = boost::json;

void put(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    switch (c) {
      case '"':
      case '\\':
      case '/':
        out += '\\';
        out += c;
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
        else
          out += c;
    }
  }
  out += '"';
}

void put(std::string& out, double number) {
  if (std::isfinite(number))
    fmt::format_to(std::back_inserter(out), "{:.14g}", number);
  else
    out += std::isnan(number) ? "null" : number > 0 ? "1e999" : "-1e999";
}

// The text with all its numbers as JSON has them.
std::string with_plain_numbers(std::string_view text) {
  static constexpr std::string_view of_numbers = "+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string out;
  while (!text.empty()) {
    std::size_t end = 1;
    if (text[0] == '"') {
      while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
      ++end;
    } else if (std::size_t word = text.find_first_not_of(of_numbers); word != 0) {
      end = std::min(word, text.size());
      std::string token(text.substr(0, end));
      char* stop = nullptr;
      double number = std::strtod(token.c_str(), &stop);
      if (*stop == '\0') {
        put(out, number);
        text.remove_prefix(end);
        continue;
      }
    }
    out += text.substr(0, end);
    text.remove_prefix(std::min(end, text.size()));
  }
  return out;
}

// Each value but the first has a comma before it, or begins what it is the first of.
bool has_more_values_than(std::size_t limit, std::string_view text) {
  if (text.size() / 2 < limit) return false;  // none is shorter than "0,"
  bool in_text = false;
  std::size_t values = 1;
  for (std::size_t i = 0; i < text.size() && values <= limit; ++i) {
    const char c = text[i];
    if (c == '"')
      in_text = !in_text;
    else if (in_text)
      i += c == '\\' ? 1 : 0;
    else if (c == ',' || c == '[' || c == '{')
      ++values;
  }
  return values > limit;
}

void put(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      out += "null";
      break;
    case json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      break;
    case json::kind::int64:
      fmt::format_to(std::back_inserter(out), "{}", value.get_int64());
      break;
    case json::kind::uint64:
      fmt::format_to(std::back_inserter(out), "{}", value.get_uint64());
      break;
    case json::kind::double_:
      put(out, value.get_double());
      break;
    case json::kind::string:
      put(out, std::string_view(value.get_string()));
      break;
    case json::kind::array: {
      char before = '[';
      for (const json::value& item : value.get_array()) {
        out += before;
        put(out, item);
        before = ',';
      }
      out += value.get_array().empty() ? "[]" : "]";
      break;
    }
    case json::kind::object: {
      char before = '{';
      for (const auto& [name, item] : value.get_object()) {
        out += before;
        put(out, std::string_view(name));
        out += ':';
        put(out, item);
        before = ',';
      }
      out += value.get_object().empty() ? "{}" : "}";
      break;
    }
  }
}

}  // namespace

std::optional<json::value> cjson_decode(std::string_view text) {
  constexpr auto options = [] {
    json::parse_options all;
    all.max_depth = 1000;
    all.allow_invalid_utf8 = true;
    return all;
  }();
  boost::system::error_code failed;
  json::value value = json::parse(text, failed, {}, options);
  if (failed) value = json::parse(with_plain_numbers(text), failed, {}, options);
  if (failed) return std::nullopt;
  return value;
}

result<json::value> cjson_decode_body(std::string_view text) {
  if (has_more_values_than(1'000'000, text))
    return fail(error_code::too_large, "The body has more than 1000000 values");
  if (auto value = cjson_decode(text)) return std::move(*value);
  return fail(error_code::invalid_argument, "The body is no JSON");
}

std::string cjson_encode(const json::value& value) {
  std::string out;
  put(out, value);
  return out;
}

std::string cjson_encode(std::string_view text) {
  std::string out;
  put(out, text);
  return out;
}

}  // namespace mes::gateway
