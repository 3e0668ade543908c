#include "runtime/http.h"

#include <algorithm>

#include "base/percent.h"
#include "observe/log.h"

namespace mes::runtime {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return x == y || lower(x) == lower(y); });
}

std::string_view http_headers::get(std::string_view name) const {
  for (const auto& [field, value] : _fields)
    if (equal_ignoring_case(field, name)) return value;
  return {};
}

bool http_headers::has(std::string_view name) const {
  return std::ranges::any_of(_fields, [&](const auto& f) { return equal_ignoring_case(f.first, name); });
}

void http_headers::set(std::string_view name, std::string_view value) {
  auto first = std::ranges::find_if(_fields, [&](const auto& f) { return equal_ignoring_case(f.first, name); });
  if (first == _fields.end()) return add(name, value);
  first->second = value;
  _fields.erase(
      std::remove_if(first + 1, _fields.end(), [&](const auto& f) { return equal_ignoring_case(f.first, name); }),
      _fields.end());
}

void http_headers::add(std::string_view name, std::string_view value) { _fields.emplace_back(name, value); }

void http_headers::remove(std::string_view name) {
  std::erase_if(_fields, [&](const auto& f) { return equal_ignoring_case(f.first, name); });
}

std::string_view http_request::query_value(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return {};
}

http_response http_response::text(int status, std::string body) {
  http_response r{.status = status, .headers = {}, .body = std::move(body)};
  r.headers.add("Content-Type", "text/plain; charset=utf-8");
  return r;
}

http_response http_response::json(int status, std::string body) {
  http_response r{.status = status, .headers = {}, .body = std::move(body)};
  r.headers.add("Content-Type", "application/json");
  return r;
}

http_response http_response::problem(int status, std::string_view detail) {
  http_response r{.status = status, .headers = {}, .body = R"({"type":"about:blank","title":)"};
  observe::append_json_string(r.body, reason_phrase(status));
  r.body += R"(,"status":)" + std::to_string(status) + R"(,"detail":)";
  observe::append_json_string(r.body, detail);
  r.body += '}';
  r.headers.add("Content-Type", "application/problem+json");
  return r;
}

std::string percent_decode(std::string_view text, bool plus_as_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const auto c = percent_decoded(text, i)) {
      out += *c;
      i += 2;
    } else {
      out += plus_as_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (is_unreserved(c))
      out += c;
    else
      append_percent(out, c);
  }
  return out;
}

query_parameters parse_query(std::string_view query) {
  query_parameters out;
  while (!query.empty()) {
    std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    std::size_t equals = pair.find('=');
    std::string_view value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    out.emplace_back(percent_decode(pair.substr(0, equals), true), percent_decode(value, true));
  }
  return out;
}

}  // namespace mes::runtime
