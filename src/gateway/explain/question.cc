#include "gateway/explain/question.h"

#include <fmt/format.h>

#include "base/trimmed.h"
#include "gateway/config/checks.h"
#include "gateway/router/path.h"

namespace mes::gateway {
namespace {

result<void> split_url(std::string_view url, parsed_question& out) {
  url = url.substr(0, url.find('#'));
  if (std::size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    std::string_view name = url.substr(0, scheme);
    if (name != "http" && name != "https")
      return fail(error_code::invalid_argument,
                  fmt::format("'{}' is no protocol that can be asked about; there are http and https", name));
    out.https = name == "https";
    url.remove_prefix(scheme + 3);
    std::size_t end = url.find_first_of("/?");
    out.host = url.substr(0, end);
    url = end == std::string_view::npos ? std::string_view() : url.substr(end);
  } else if (!url.starts_with('/')) {
    return fail(error_code::invalid_argument,
                fmt::format("'{}' is no URL: it begins with http://, https:// or /", url));
  }
  std::size_t question = url.find('?');
  if (question != std::string_view::npos) out.query_text = url.substr(question);
  std::string_view path = url.substr(0, question);
  if (!has_whole_escapes(path))
    return fail(error_code::invalid_argument,
                fmt::format("'{}' is refused with 400: a % stands without two hex digits, or for a NUL", path));
  out.path = normalize_path(path.empty() ? "/" : path, true);
  return {};
}

}  // namespace

result<void> parse_question(const explain_question& q, parsed_question& out) {
  out.method = q.method;
  if (std::string wrong = check_method(q.method); !wrong.empty()) return fail(error_code::invalid_argument, wrong);
  if (auto split = split_url(q.url, out); !split) return split;
  for (const std::string& header : q.headers) {
    std::size_t colon = header.find(':');
    std::string_view name = std::string_view(header).substr(0, colon);
    if (colon == std::string::npos || !is_token(name))
      return fail(error_code::invalid_argument, fmt::format("'{}' is no header: it is 'Name: value'", header));
    std::string_view value = trimmed(std::string_view(header).substr(colon + 1));
    if (equals_ignoring_case(name, "host"))
      out.host = value;
    else
      out.fields.emplace_back(name, value);
  }
  for (const auto& [name, value] : out.fields)
    if (!out.headers.add({.name = name, .value = value, .id = field_id_of(name)}))
      return fail(error_code::invalid_argument, fmt::format("there are more than {} headers", headers_max));
  if (out.https) out.sni = q.sni.empty() ? std::string(split_host_port(out.host).host) : q.sni;
  out.query = {.method = out.method,
               .path = out.path,
               .host = out.host,
               .https = out.https,
               .sni = out.sni,
               .headers = &out.headers,
               .query = std::string_view(out.query_text).substr(out.query_text.empty() ? 0 : 1)};
  return {};
}

}  // namespace mes::gateway
