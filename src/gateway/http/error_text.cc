// Texts of the answers that the gateway gives by itself (K:kong/error_handlers.lua, kong/tools/utils.lua).
#include "gateway/http/error_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/trimmed.h"
#include "gateway/http/field_id.h"

namespace mes::gateway {

std::string_view reason_of(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Moved Temporarily";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Not Allowed";
    case 408:
      return "Request Time-out";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Request Entity Too Large";
    case 414:
      return "Request-URI Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Entity";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Temporarily Unavailable";
    case 504:
      return "Gateway Time-out";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "";
  }
}

namespace {

struct status_message {
  int status;
  std::string_view text;
};
// K:kong/pdk/response.lua, HTTP_ERROR_MESSAGES.
constexpr status_message messages[] = {
    {400, "Bad request"},
    {401, "Unauthorized"},
    {402, "Payment required"},
    {403, "Forbidden"},
    {404, "Not found"},
    {405, "Method not allowed"},
    {406, "Not acceptable"},
    {407, "Proxy authentication required"},
    {408, "Request timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length required"},
    {412, "Precondition failed"},
    {413, "Payload too large"},
    {414, "URI too long"},
    {415, "Unsupported media type"},
    {416, "Range not satisfiable"},
    {417, "Expectation failed"},
    {418, "I'm a teapot"},
    {421, "Misdirected request"},
    {422, "Unprocessable entity"},
    {423, "Locked"},
    {424, "Failed dependency"},
    {425, "Too early"},
    {426, "Upgrade required"},
    {428, "Precondition required"},
    {429, "Too many requests"},
    {431, "Request header fields too large"},
    {451, "Unavailable for legal reasons"},
    {494, "Request header or cookie too large"},
    {500, "An unexpected error occurred"},
    {501, "Not implemented"},
    {502, "An invalid response was received from the upstream server"},
    {503, "The upstream server is currently unavailable"},
    {504, "The upstream server is timing out"},
    {505, "HTTP version not supported"},
    {506, "Variant also negotiates"},
    {507, "Insufficient storage"},
    {508, "Loop detected"},
    {510, "Not extended"},
    {511, "Network authentication required"},
};

enum class text_kind : std::uint8_t { json, html, plain, xml };

text_kind kind_of(std::string_view type) {
  if (equals_ignoring_case(type, "text/html")) return text_kind::html;
  if (equals_ignoring_case(type, "text/plain") || equals_ignoring_case(type, "text/*")) return text_kind::plain;
  if (equals_ignoring_case(type, "application/xml")) return text_kind::xml;
  return text_kind::json;
}

// The element's weight, 1 if it says none.
double quality_of(std::string_view parameters) {
  while (!parameters.empty()) {
    std::size_t end = parameters.find(';');
    std::string_view one = trimmed(parameters.substr(0, end));
    parameters = end == std::string_view::npos ? std::string_view{} : parameters.substr(end + 1);
    if (one.size() < 3 || (one[0] != 'q' && one[0] != 'Q') || one[1] != '=') continue;
    double q = 1;
    std::from_chars(one.data() + 2, one.data() + one.size(), q);
    return q;
  }
  return 1;
}

// K:kong/tools/utils.lua, get_response_type: the best weight wins, the first of equals; what we cannot speak is JSON.
text_kind best_of(std::string_view accept) {
  text_kind best = text_kind::json;
  double best_quality = 0;
  for_each_token(accept, [&](std::string_view token) {
    std::size_t end = token.find(';');
    std::string_view type = trimmed(token.substr(0, end));
    if (type.find('/') == std::string_view::npos) return;
    double q = end == std::string_view::npos ? 1 : quality_of(token.substr(end + 1));
    if (q <= best_quality) return;
    best_quality = q;
    best = kind_of(type);
  });
  return best;
}

}  // namespace

std::string_view message_of(int status) {
  auto found = std::ranges::find(messages, status, &status_message::status);
  return found == std::end(messages) ? std::string_view("An unexpected error occurred") : found->text;
}

error_text make_error(std::string_view message, std::string_view accept, std::string_view fallback_type) {
  switch (best_of(accept.empty() ? fallback_type : accept)) {
    case text_kind::html:
      return {fmt::format("<!doctype html>\n<html>\n  <head>\n    <meta charset=\"utf-8\">\n    <title>Error</title>\n"
                          "  </head>\n  <body>\n    <h1>Error</h1>\n    <p>{}.</p>\n  </body>\n</html>\n",
                          message),
              "text/html; charset=utf-8"};
    case text_kind::plain:
      return {fmt::format("{}\n", message), "text/plain; charset=utf-8"};
    case text_kind::xml:
      return {fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<error>\n  <message>{}</message>\n</error>\n",
                          message),
              "application/xml; charset=utf-8"};
    case text_kind::json:
      break;
  }
  return {fmt::format("{{\n  \"message\":\"{}\"\n}}", message), "application/json; charset=utf-8"};
}

}  // namespace mes::gateway
