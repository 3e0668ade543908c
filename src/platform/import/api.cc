#include "platform/import/api.h"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "observe/log.h"
#include "runtime/http.h"

namespace mes::platform::api {
namespace {

namespace json = boost::json;

// Appends members of an object; written by hand because reports are sent by the thousand.
class object_text {
 public:
  object_text& text(std::string_view name, std::string_view value) {
    key(name);
    observe::append_json_string(_out, value);
    return *this;
  }
  object_text& raw(std::string_view name, std::string_view value) {
    key(name);
    _out += value;
    return *this;
  }
  object_text& number(std::string_view name, quantity value) { return raw(name, value.to_string()); }
  object_text& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  std::string take() { return std::move(_out) + "}"; }

 private:
  void key(std::string_view name) {
    if (_out.size() > 1) _out += ',';
    _out += '"';
    _out += name;
    _out += "\":";
  }
  std::string _out = "{";
};

std::string key_of(const uuid& name_space, std::string_view what, std::string_view body) {
  return uuid::make_v5(name_space, std::string(what) + "\n" + std::string(body)).to_string();
}

call create(const uuid& name_space, std::string path, std::string body) {
  std::string key = key_of(name_space, path, body);
  return {"POST", std::move(path), std::move(body), std::move(key)};
}

// Boost.JSON throws on what is missing or of another kind; that is an answer we do not understand.
template <class F>
auto understand(std::string_view body, F read) -> result<decltype(read(json::value()))> {
  try {
    return read(json::parse(json::string_view(body.data(), body.size())));
  } catch (const std::exception& e) {
    return fail(error_code::corrupt,
                fmt::format("an answer is not understood ({}): {}", e.what(), body.substr(0, 200)));
  }
}

std::string string_at(const json::value& v, std::string_view name) {
  return json::value_to<std::string>(v.at(json::string_view(name.data(), name.size())));
}

std::int64_t whole_at(const json::value& v, std::string_view name) {
  return v.at(json::string_view(name.data(), name.size())).to_number<std::int64_t>();
}

quantity quantity_at(const json::value& v, std::string_view name) {
  const json::value& number = v.at(json::string_view(name.data(), name.size()));
  if (number.is_int64()) return quantity::of(number.get_int64());
  const auto parsed = quantity::parse(fmt::format("{:.6f}", number.to_number<double>()));
  if (!parsed) throw std::invalid_argument(fmt::format("{} is no quantity", name));
  return *parsed;
}

figures figures_of(const json::value& v) {
  return {.reports = whole_at(v, "reports"),
          .completed = quantity_at(v, "completed"),
          .rejected = quantity_at(v, "rejected"),
          .mrb = quantity_at(v, "mrb"),
          .reported_minutes = quantity_at(v, "reported_minutes").whole()};
}

}  // namespace

call login(const std::string& username, const std::string& password) {
  return {"POST", "/api/v1/auth/login", object_text().text("username", username).text("password", password).take(), ""};
}

call refresh(const std::string& refresh_token) {
  return {"POST", "/api/v1/auth/refresh", object_text().text("refresh_token", refresh_token).take(), ""};
}

result<tokens> read_tokens(std::string_view body) {
  return understand(body, [](const json::value& v) {
    return tokens{string_at(v, "access_token"), string_at(v, "refresh_token"),
                  static_cast<int>(whole_at(v, "expires_in"))};
  });
}

call create_part(const uuid& name_space, const named& part) {
  return create(name_space, "/api/v1/parts",
                object_text().text("number", part.key).text("description", part.name).take());
}

call create_resource(const uuid& name_space, const named& resource) {
  return create(name_space, "/api/v1/equipment",
                object_text().text("code", resource.key).text("name", resource.name).take());
}

call create_worker(const uuid& name_space, const named& worker) {
  return create(name_space, "/api/v1/equipment/personnel",
                object_text().text("employee_id", worker.key).text("name", worker.name).take());
}

call create_order(const uuid& name_space, const import_order& order, bool historical) {
  return create(name_space, "/api/v1/workorders",
                object_text()
                    .text("number", order.number)
                    .text("part", order.part)
                    .number("quantity", order.ordered)
                    .text("uom", order.uom)
                    .flag("historical", historical)
                    .take());
}

call create_planned_order(const uuid& name_space, const import_order& order,
                          const std::vector<operation_plan>& operations) {
  std::string list = "[";
  for (const operation_plan& o : operations) {
    if (list.size() > 1) list += ',';
    list += object_text()
                .raw("sequence", std::to_string(o.sequence))
                .text("name", o.name)
                .text("kind", o.kind)
                .text("resource", o.resource)
                .raw("planned_run_s", std::to_string(o.piece_seconds))
                .take();
  }
  return create(name_space, "/api/v1/workorders",
                object_text()
                    .text("number", order.number)
                    .text("part", order.part)
                    .number("quantity", order.ordered)
                    .text("uom", order.uom)
                    .raw("operations", list + "]")
                    .take());
}

call find_order(const std::string& number) {
  return {"GET", "/api/v1/workorders?number=" + runtime::percent_encode(number), "", ""};
}

call get_order(const std::string& id) { return {"GET", "/api/v1/workorders/" + runtime::percent_encode(id), "", ""}; }

call report(const std::string& order_id, const import_report& r, bool historical) {
  std::string id = r.id.to_string();
  object_text body;
  body.text("operation", r.operation)
      .text("operation_kind", r.kind)
      .text("resource", r.resource)
      .text("worker", r.worker)
      .text("report_type", r.type)
      .text("started_at", r.started.to_string())
      .text("ended_at", r.ended.to_string())
      .number("completed", r.completed)
      .number("rejected", r.rejected)
      .number("mrb", r.mrb)
      .flag("rework", r.rework)
      .text("external_id", id)
      .flag("historical", historical);
  if (!r.note.empty()) body.text("note", r.note);
  return {"POST", "/api/v1/workorders/" + runtime::percent_encode(order_id) + "/reports", body.take(), std::move(id)};
}

call act_on_order(const std::string& order_id, std::string_view verb, const std::string& body, const std::string& key) {
  return {"POST", fmt::format("/api/v1/workorders/{}/actions/{}", runtime::percent_encode(order_id), verb), body, key};
}

result<std::string> read_id(std::string_view body) {
  return understand(body, [](const json::value& v) { return string_at(v, "id"); });
}

result<std::string> read_first_id(std::string_view page_body) {
  auto ids = understand(page_body, [](const json::value& v) {
    const json::array& data = v.at("data").as_array();
    return data.empty() ? std::string() : string_at(data.front(), "id");
  });
  if (ids && ids->empty()) return fail(error_code::not_found, "there is none");
  return ids;
}

std::string read_problem(int status, std::string_view body) {
  boost::system::error_code e;
  const json::value v = json::parse(json::string_view(body.data(), body.size()), e);
  std::string text = fmt::format("HTTP {}", status);
  if (e || !v.is_object()) return text;
  for (const char* name : {"title", "detail", "message"})
    if (const json::value* member = v.as_object().if_contains(name); member && member->is_string())
      text += fmt::format(": {}", std::string_view(member->get_string().data(), member->get_string().size()));
  if (const json::value* errors = v.as_object().if_contains("errors")) text += " " + json::serialize(*errors);
  return text;
}

result<order_figures> read_order_figures(std::string_view body) {
  return understand(body, [](const json::value& v) {
    order_figures f;
    f.sum.reports = whole_at(v, "reports");
    f.sum.completed = quantity_at(v, "completed");
    f.sum.rejected = quantity_at(v, "rejected");
    f.sum.mrb = quantity_at(v, "mrb");
    f.ordered = quantity_at(v, "quantity");
    f.packed = quantity_at(v, "packed");
    return f;
  });
}

namespace {

struct listing_row {
  std::string_view path, key;
};

listing_row row_of(listing of) {
  switch (of) {
    case listing::parts:
      return {"/api/v1/parts", "number"};
    case listing::resources:
      return {"/api/v1/equipment", "code"};
    case listing::workers:
      return {"/api/v1/equipment/personnel", "employee_id"};
  }
  return {};
}

}  // namespace

call list_page(listing of, const std::string& cursor) {
  std::string path = fmt::format("{}?limit=200", row_of(of).path);
  if (!cursor.empty()) path += "&cursor=" + runtime::percent_encode(cursor);
  return {"GET", std::move(path), "", ""};
}

result<key_page> read_key_page(listing of, std::string_view body) {
  return understand(body, [of](const json::value& v) {
    key_page page;
    for (const json::value& item : v.at("data").as_array()) page.keys.push_back(string_at(item, row_of(of).key));
    const json::value* next = v.as_object().if_contains("next_cursor");
    if (next && next->is_string()) page.next_cursor = json::value_to<std::string>(*next);
    return page;
  });
}

call production(std::string_view group_by, instant from, instant to) {
  return {"GET",
          fmt::format("/api/v1/dashboard/production?group_by={}&from={}&to={}", group_by,
                      runtime::percent_encode(from.to_string()), runtime::percent_encode(to.to_string())),
          "", ""};
}

result<production_answer> read_production(std::string_view body) {
  return understand(body, [](const json::value& v) {
    production_answer answer;
    for (const json::value& row : v.at("data").as_array()) answer.by_key[string_at(row, "key")] = figures_of(row);
    const json::value& totals = v.at("totals");
    answer.totals = figures_of(totals);
    answer.work_orders = whole_at(totals, "work_orders");
    answer.ordered = quantity_at(totals, "ordered");
    answer.packed = quantity_at(totals, "packed");
    return answer;
  });
}

}  // namespace mes::platform::api
