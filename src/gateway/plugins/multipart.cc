#include "gateway/plugins/multipart.h"

#include <algorithm>

#include "gateway/http/field_id.h"

namespace mes::gateway {
namespace {

constexpr std::size_t parts_max = 1000;

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  for (std::size_t at = 0; at + part.size() <= text.size(); ++at)
    if (equals_ignoring_case(text.substr(at, part.size()), part)) return true;
  return false;
}

// The value of `name="…"` or `name=…` in a field's parameters.
std::string parameter_of(std::string_view field, std::string_view name) {
  for (std::size_t at = 0; (at = field.find(';', at)) != std::string_view::npos; ++at) {
    std::string_view rest = field.substr(at + 1);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    if (rest.size() <= name.size() || !equals_ignoring_case(rest.substr(0, name.size()), name) ||
        rest[name.size()] != '=')
      continue;
    rest.remove_prefix(name.size() + 1);
    if (rest.starts_with('"')) {
      rest.remove_prefix(1);
      return std::string(rest.substr(0, rest.find('"')));
    }
    return std::string(rest.substr(0, rest.find_first_of("; \r")));
  }
  return {};
}

std::unexpected<error> malformed() { return fail(error_code::invalid_argument, "The body is no multipart/form-data"); }

std::string name_in(std::string_view head) {
  while (!head.empty()) {
    std::size_t end = head.find("\r\n");
    std::string_view line = head.substr(0, end);
    head = end == std::string_view::npos ? std::string_view{} : head.substr(end + 2);
    std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && equals_ignoring_case(line.substr(0, colon), "content-disposition"))
      return parameter_of(line, "name");
  }
  return {};
}

}  // namespace

bool is_json(std::string_view type) { return contains_ignoring_case(type, "application/json"); }
bool is_multipart(std::string_view type) { return contains_ignoring_case(type, "multipart/form-data"); }
bool is_urlencoded(std::string_view type) { return contains_ignoring_case(type, "application/x-www-form-urlencoded"); }

result<multipart_form> multipart_form::parse(std::string_view text, std::string_view content_type) {
  multipart_form out;
  out._boundary = parameter_of(content_type, "boundary");
  if (out._boundary.empty()) return malformed();
  if (text.empty()) return out;
  std::string delimiter = "--" + out._boundary;
  if (!text.starts_with(delimiter)) return malformed();
  text.remove_prefix(delimiter.size());
  delimiter.insert(0, "\r\n");
  while (!text.starts_with("--")) {
    if (!text.starts_with("\r\n")) return malformed();
    if (out._parts.size() >= parts_max) return fail(error_code::too_large, "The body has more than 1000 parts");
    text.remove_prefix(2);
    std::size_t end = text.find(delimiter);
    if (end == std::string_view::npos) return malformed();
    std::string_view one = text.substr(0, end);
    text.remove_prefix(end + delimiter.size());
    std::size_t head_end = one.find("\r\n\r\n");
    if (head_end == std::string_view::npos) return malformed();
    part p{.head = std::string(one.substr(0, head_end + 2)), .value = std::string(one.substr(head_end + 4))};
    p.name = name_in(p.head);
    out._parts.push_back(std::move(p));
  }
  return out;
}

std::string multipart_form::encode() const {
  std::string out;
  for (const part& p : _parts)
    out.append("--").append(_boundary).append("\r\n").append(p.head).append("\r\n").append(p.value).append("\r\n");
  return out.append("--").append(_boundary).append("--\r\n");
}

const multipart_form::part* multipart_form::find(std::string_view name) const {
  auto found = std::ranges::find(_parts, name, &part::name);
  return found == _parts.end() ? nullptr : &*found;
}

void multipart_form::erase(std::string_view name) {
  std::erase_if(_parts, [&](const part& p) { return p.name == name; });
}

void multipart_form::set(std::string_view name, std::string value) {
  part made{.name = std::string(name),
            .head = "Content-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n",
            .value = std::move(value)};
  auto first = std::ranges::find(_parts, name, &part::name);
  if (first == _parts.end()) return _parts.push_back(std::move(made));
  *first = std::move(made);
  _parts.erase(std::remove_if(first + 1, _parts.end(), [&](const part& p) { return p.name == name; }), _parts.end());
}

}  // namespace mes::gateway
