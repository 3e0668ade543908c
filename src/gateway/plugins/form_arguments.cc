#include "gateway/plugins/form_arguments.h"

#include <algorithm>

#include "runtime/http.h"

namespace mes::gateway {

form_arguments form_arguments::parse(std::string_view text) {
  form_arguments out;
  while (!text.empty()) {
    std::size_t end = text.find('&');
    std::string_view one = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (one.empty()) continue;
    std::size_t equals = one.find('=');
    std::string name = runtime::percent_decode(one.substr(0, equals), true);
    if (name.empty()) continue;
    argument a{.name = std::move(name)};
    if (equals != std::string_view::npos) a.value = runtime::percent_decode(one.substr(equals + 1), true);
    out._arguments.push_back(std::move(a));
  }
  return out;
}

result<form_arguments> form_arguments::parse_body(std::string_view text) {
  constexpr std::ptrdiff_t arguments_max = 1000;
  if (std::ranges::count(text, '&') >= arguments_max)
    return fail(error_code::too_large, "The body has more than 1000 arguments");
  return parse(text);
}

std::string form_arguments::encode() const {
  std::string out;
  for (const argument& a : _arguments) {
    if (!out.empty()) out += '&';
    out += runtime::percent_encode(a.name);
    if (a.value) out.append("=").append(runtime::percent_encode(*a.value));
  }
  return out;
}

const form_arguments::argument* form_arguments::find(std::string_view name) const {
  auto found = std::ranges::find(_arguments, name, &argument::name);
  return found == _arguments.end() ? nullptr : &*found;
}

std::size_t form_arguments::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count(_arguments, name, &argument::name));
}

void form_arguments::erase(std::string_view name) {
  std::erase_if(_arguments, [&](const argument& a) { return a.name == name; });
}

void form_arguments::set(std::string_view name, std::string value) {
  auto first = std::ranges::find(_arguments, name, &argument::name);
  if (first == _arguments.end()) return add(name, std::move(value));
  first->value = std::move(value);
  _arguments.erase(std::remove_if(first + 1, _arguments.end(), [&](const argument& a) { return a.name == name; }),
                   _arguments.end());
}

void form_arguments::add(std::string_view name, std::string value) {
  _arguments.push_back({std::string(name), std::move(value)});
}

void form_arguments::rename(std::string_view name, std::string_view new_name) {
  if (name == new_name) return;
  erase(new_name);
  for (argument& a : _arguments)
    if (a.name == name) a.name = new_name;
}

}  // namespace mes::gateway
