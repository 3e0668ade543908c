#include "service/problem.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string>

namespace mes::service {
namespace json = boost::json;
namespace {

// "illegal_transition" → "Illegal transition"
std::string title_of(error_code code) {
  std::string title(name_of(code));
  for (char& c : title)
    if (c == '_') c = ' ';
  title[0] = static_cast<char>(title[0] - 'a' + 'A');
  return title;
}

bool is_our_fault(error_code code) {
  return code == error_code::internal || code == error_code::storage_failed || code == error_code::corrupt;
}

}  // namespace

runtime::http_response problem(const error& e, std::string_view instance, std::string_view request_id) {
  int status = http_status_of(e.code);
  json::object body{
      {"type", "urn:mes:problem:" + std::string(name_of(e.code))},
      {"title", title_of(e.code)},
      {"status", status},
      {"detail", is_our_fault(e.code) ? "The service failed; its log has the reason under this request id" : e.message},
      {"instance", instance},
      {"request_id", request_id}};
  if (!e.fields.empty()) {
    json::array errors;
    for (const field_error& f : e.fields) errors.push_back(json::object{{"pointer", f.path}, {"detail", f.message}});
    body["errors"] = std::move(errors);
  }
  runtime::http_response response;
  response.status = status;
  response.headers.set("Content-Type", "application/problem+json");
  if (status == 401) response.headers.set("WWW-Authenticate", "Bearer");
  if (status == 503) response.headers.set("Retry-After", "1");
  response.body = json::serialize(body);
  return response;
}

}  // namespace mes::service
