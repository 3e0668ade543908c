#include "gateway/admin/arguments.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "gateway/plugins/form_arguments.h"
#include "gateway/plugins/multipart.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t arguments_max = 1000, index_max = 1000, depth_max = 32;

// A member's name, an index from 1, or the end of a list.
struct step {
  std::string_view name;
  std::optional<std::size_t> index;
};

// "a.b[2][]": a, b, 2, the end.
std::vector<step> steps_of(std::string_view name) {
  std::vector<step> steps;
  while (!name.empty() && steps.size() < depth_max) {
    std::size_t dot = name.find('.');
    std::string_view part = name.substr(0, dot);
    name = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
    std::vector<step> indices;
    while (part.size() > 2 && part.ends_with(']')) {
      std::size_t open = part.rfind('[');
      if (open == std::string_view::npos || open == 0) break;
      std::string_view digits = part.substr(open + 1, part.size() - open - 2);
      if (digits.find_first_not_of("0123456789") != std::string_view::npos) break;
      step s;
      std::size_t number = 0;
      if (!digits.empty()) {
        auto [stop, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        s.index = failure == std::errc{} ? std::clamp<std::size_t>(number, 1, index_max) : index_max;
      }
      indices.push_back(s);
      part = part.substr(0, open);
    }
    if (part.empty()) continue;
    steps.push_back({.name = part, .index = {}});
    steps.insert(steps.end(), indices.rbegin(), indices.rend());
  }
  return steps;
}

json::value& step_into(json::value& at, const step& s) {
  if (!s.name.empty()) {
    if (!at.is_object()) at = json::object();
    return at.get_object()[s.name];
  }
  if (!at.is_array()) at = json::array();
  json::array& list = at.get_array();
  std::size_t index = s.index ? *s.index - 1 : list.size();
  if (list.size() <= index) list.resize(index + 1);
  return list[index];
}

std::optional<json::value> number_of(std::string_view text) {
  double value = 0;
  auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || stop != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  if (std::floor(value) == value && std::abs(value) < 9e15) return json::value(static_cast<std::int64_t>(value));
  return json::value(value);
}

void infer(json::value& value, const field& f, const schema* config);

void infer_list(json::value& value, const field& element) {
  if (!value.is_array()) value = json::array{value};
  for (json::value& item : value.get_array()) infer(item, element, nullptr);
}

void infer(json::value& value, const field& f, const schema* config) {
  if (value.is_string() && value.get_string().empty()) value = nullptr;
  if (value.is_null()) return;
  const schema* inner = f.name == "config" && config ? config : f.type == field_type::mapping ? f.fields : nullptr;
  if (inner) {
    if (json::object* members = value.if_object()) infer_types(*members, *inner);
    return;
  }
  switch (f.type) {
    case field_type::integer:
    case field_type::number:
      if (value.is_string())
        if (auto number = number_of({value.get_string().data(), value.get_string().size()})) value = *number;
      break;
    case field_type::boolean:
      if (value == "true" || value == "false") value = value == "true";
      break;
    case field_type::strings:
      infer_list(value, {.type = field_type::string});
      break;
    case field_type::integers:
      infer_list(value, {.type = field_type::integer});
      break;
    case field_type::records:
      infer_list(value, {.type = field_type::mapping, .fields = f.fields});
      break;
    case field_type::string_map:
      if (json::object* members = value.if_object())
        for (auto& member : *members) infer_list(member.value(), {.type = field_type::string});
      break;
    case field_type::string:
    case field_type::text_map:
    case field_type::mapping:
    case field_type::reference:
    case field_type::anything:
      break;
  }
}

using form_values = std::vector<std::pair<std::string, json::value>>;

// As Kong: a part of type JSON is read as such.
std::optional<form_values> parts_of(const runtime::http_request& request) {
  if (request.body.empty()) return form_values();
  auto form = multipart_form::parse(request.body, request.headers.get("Content-Type"));
  if (!form) return std::nullopt;
  form_values out;
  for (const multipart_form::part& p : form->parts()) {
    boost::system::error_code failure;
    json::value value = is_json(p.head) ? json::parse(p.value, failure) : json::value(p.value);
    if (failure) value = p.value;
    out.emplace_back(p.name, std::move(value));
  }
  return out;
}

std::expected<body_arguments, refusal> read_form(form_values values) {
  if (values.size() > arguments_max) return std::unexpected(plain(400, "Too many arguments"));
  body_arguments out{.values = {}, .from_form = true};
  for (auto& [name, value] : values) put_argument(out.values, name, std::move(value));
  return out;
}

}  // namespace

void put_argument(json::object& into, std::string_view name, json::value value) {
  std::vector<step> steps = steps_of(name);
  if (steps.empty()) return;
  json::value* slot = &into[steps.front().name];
  for (std::size_t i = 1; i < steps.size(); ++i) slot = &step_into(*slot, steps[i]);
  if (slot->is_null())
    *slot = std::move(value);
  else if (slot->is_array())
    slot->get_array().push_back(std::move(value));
  else
    *slot = json::array{*slot, std::move(value)};
}

void infer_types(json::object& values, const schema& fields, const schema* config) {
  for (const field& f : fields)
    if (json::value* value = values.if_contains(f.name)) infer(*value, f, config);
}

std::expected<body_arguments, refusal> read_arguments(const runtime::http_request& request) {
  std::string_view type = request.headers.get("Content-Type");
  if (type.empty()) {
    if (request.body.empty()) return body_arguments{};
    return std::unexpected(refusal{415, {}});
  }
  if (is_json(type)) {
    boost::system::error_code failure;
    json::value value = json::parse(request.body, failure);
    if (failure || !value.is_object()) return std::unexpected(plain(400, "Cannot parse JSON body"));
    return body_arguments{.values = std::move(value.get_object()), .from_form = false};
  }
  if (is_urlencoded(type)) {
    form_values values;
    for (const form_arguments::argument& a : form_arguments::parse(request.body))
      values.emplace_back(a.name, a.value ? json::value(*a.value) : json::value(true));
    return read_form(std::move(values));
  }
  if (is_multipart(type)) {
    auto values = parts_of(request);
    if (!values) return std::unexpected(plain(400, "Cannot parse multipart body"));
    return read_form(std::move(*values));
  }
  return std::unexpected(refusal{415, {}});
}

}  // namespace mes::gateway
