// Reports as files: rendered once, immutable, with the hash of their content and the revision that they show.
#include <openssl/evp.h>
#include <boost/json/serialize.hpp>

#include "base/base64.h"
#include "base/uuid.h"
#include "services/reporting/consumers.h"
#include "services/reporting/handlers.h"
#include "services/reporting/production.h"

namespace mes::reporting {
namespace json = boost::json;
namespace {

std::string sha256(std::string_view text) {
  std::string digest(32, '\0');
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(), nullptr);
  return base64url_encode(digest);
}

// RFC 4180. A text that a spreadsheet would take for a formula is led by an apostrophe.
std::string csv_cell(const json::value& v) {
  if (!v.is_string()) return v.is_null() ? std::string() : json::serialize(v);
  std::string text(v.get_string());
  if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos) text.insert(0, "'");
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string to_csv(const json::array& rows) {
  std::string csv;
  if (rows.empty()) return csv;
  auto line = [&csv](auto&& cells) {
    bool first = true;
    for (const auto& cell : cells) {
      if (!std::exchange(first, false)) csv += ',';
      csv += cell;
    }
    csv += "\r\n";
  };
  std::vector<std::string> cells;
  for (const auto& member : rows.front().get_object()) cells.emplace_back(member.key());
  line(cells);
  for (const json::value& row : rows) {
    cells.clear();
    for (const auto& member : row.get_object()) cells.push_back(csv_cell(member.value()));
    line(cells);
  }
  return csv;
}

result<service::reply> render(service::http_command& c, const report_request& request) {
  period when{request.from ? request.from->microseconds : INT64_MIN, request.to ? request.to->microseconds : INT64_MAX};
  json::object figures;
  if (request.kind == "production")
    figures = production(c.db, request.group.value_or(group_by::none), when);
  else if (request.kind == "lead-times")
    figures = lead_times(c.db);
  else
    return fail({error_code::invalid_argument,
                 "The ReportRequest is not valid",
                 {{"/kind", "must be production or lead-times"}}});
  std::string content = to_csv(figures["data"].get_array());
  std::string id = uuid::make_v7().to_string(), hash = sha256(content);
  std::int64_t revision = std::get<0>(c.db.select<std::int64_t>("SELECT number FROM revision WHERE id = 1").front());
  c.db.execute(
      "INSERT INTO rendered (id, requested_at, requested_by, request, revision, sha256, content)"
      " VALUES (:p1, :p2, :p3, :p4, :p5, :p6, :p7)",
      {id, c.why.now.microseconds, c.why.user.user_id, json::serialize(wire::to_json(request)), revision, hash,
       content});
  json::object body{
      {"id", id}, {"state", "generated"}, {"kind", request.kind}, {"revision", revision}, {"sha256", hash}};
  c.emit("reporting.report-generated", id, 1, body);
  return service::reply{.status = 202, .body = std::move(body), .location = "/api/v1/dashboard/reports/" + id};
}

result<service::reply> get_rendered(const service::query& q, bool with_content) {
  auto rows = q.db.select<std::int64_t, std::string, std::int64_t, std::string, std::string>(
      "SELECT requested_at, request, revision, sha256, content FROM rendered WHERE id = :p1", {q.path_value("id")});
  if (rows.empty()) return fail(error_code::not_found, "There is no report " + q.path_value("id"));
  auto& [at, request, revision, hash, content] = rows.front();
  json::object body{{"id", q.path_value("id")},
                    {"state", "generated"},
                    {"requested_at", instant{at}.to_string()},
                    {"request", *wire::parse_json(request)},
                    {"revision", revision},
                    {"sha256", hash}};
  if (with_content) body["content"] = content;
  return service::reply{.body = std::move(body)};
}

}  // namespace

void define_reports(service::api& surface) {
  surface.post<report_request>("/reports",
                               {.id = "createReport",
                                .summary = "Render a report as CSV",
                                .permission = "dashboard:read",
                                .success_status = 202},
                               render);
  surface.get("/reports/{id}", {.id = "getReport", .summary = "One rendered report", .permission = "dashboard:read"},
              [](const service::query& q) { return get_rendered(q, false); });
  surface.get("/reports/{id}/content",
              {.id = "getReportContent", .summary = "One rendered report with its CSV", .permission = "dashboard:read"},
              [](const service::query& q) { return get_rendered(q, true); });
}

}  // namespace mes::reporting
