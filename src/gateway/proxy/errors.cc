// Texts of the answers that the gateway gives by itself (K:kong/error_handlers.lua, kong/tools/utils.lua).
#include <fmt/format.h>

#include "gateway/proxy/heads.h"

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

std::string_view message_of(int status) {
  switch (status) {
    case 400:
      return "Bad request";
    case 404:
      return "Not found";
    case 405:
      return "Method not allowed";
    case 408:
      return "Request timeout";
    case 411:
      return "Length required";
    case 412:
      return "Precondition failed";
    case 413:
      return "Payload too large";
    case 414:
      return "URI too long";
    case 417:
      return "Expectation failed";
    case 431:
      return "Request header or cookie too large";
    case 500:
      return "An unexpected error occurred";
    case 501:
      return "Not implemented";
    case 502:
      return "An invalid response was received from the upstream server";
    case 503:
      return "The upstream server is currently unavailable";
    case 504:
      return "The upstream server is timing out";
    case 505:
      return "HTTP version not supported";
    default:
      return "An unexpected error occurred";
  }
}

// The first type of the list that we can speak; quality values are rare enough here to be read as the order.
error_text make_error(std::string_view message, std::string_view accept, std::string_view fallback_type) {
  std::string_view kind;
  for_each_token(accept.empty() ? fallback_type : accept, [&](std::string_view token) {
    if (!kind.empty()) return;
    std::string_view type = token.substr(0, token.find(';'));
    while (type.ends_with(' ')) type.remove_suffix(1);
    if (type == "application/json" || type == "text/html" || type == "text/plain" || type == "application/xml")
      kind = type;
    else if (type == "text/*")
      kind = "text/plain";
    else if (type == "application/*" || type == "*/*")
      kind = "application/json";
  });
  if (kind == "text/html")
    return {fmt::format(
                "<!doctype html>\n<html>\n  <head>\n    <meta charset=\"utf-8\">\n    <title>Error</title>\n  </head>\n"
                "  <body>\n    <h1>Error</h1>\n    <p>{}.</p>\n  </body>\n</html>\n",
                message),
            "text/html; charset=utf-8"};
  if (kind == "text/plain") return {fmt::format("{}\n", message), "text/plain; charset=utf-8"};
  if (kind == "application/xml")
    return {fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<error>\n  <message>{}</message>\n</error>\n",
                        message),
            "application/xml; charset=utf-8"};
  return {fmt::format("{{\n  \"message\":\"{}\"\n}}", message), "application/json; charset=utf-8"};
}

}  // namespace mes::gateway
