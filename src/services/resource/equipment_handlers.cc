#include "service/replies.h"
#include "services/resource/handlers.h"
#include "services/resource/repository.h"

namespace mes::resource {

using service::http_command;
using service::reply;
using service::reply_created;
using service::reply_with;

namespace {

error bad_field(std::string path, std::string message) {
  return {error_code::invalid_argument, "The equipment is not valid", {{std::move(path), std::move(message)}}};
}

result<void> check_code(std::string_view code) {
  static constexpr std::string_view reserved[] = {"personnel",   "skills",    "assignments",
                                                  "maintenance", "calendars", "oee"};
  if (std::ranges::find(reserved, code) != std::end(reserved)) return fail(bad_field("/code", "is a reserved word"));
  if (uuid::parse(code)) return fail(bad_field("/code", "must not be a UUID"));
  bool plain = std::ranges::all_of(code, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '/'; });
  if (!plain || code.front() == ' ' || code.back() == ' ' || code.front() == '.')
    return fail(bad_field("/code", "must not hold '/' or control characters, begin with '.', or be padded"));
  return {};
}

// Equipment that a report has named first is taken over, not refused.
result<reply> create(http_command& c, const create_equipment& input) {
  if (auto fine = check_code(input.code); !fine) return std::unexpected(fine.error());
  auto known = all_equipment().find_by(c.db, "code", input.code);
  if (known && !known->discovered)
    return fail({error_code::already_exists, "There is equipment " + input.code, {{"/code", "is taken"}}});
  equipment e =
      known.value_or(equipment{.id = new_id(), .code = input.code, .state_since = c.why.now, .created_at = c.why.now});
  e.name = input.name.empty() ? input.code : input.name;
  e.type = input.type;
  e.location = input.location;
  e.required_certifications = input.required_certifications;
  e.discovered = false;
  tell_status(c, e, known ? std::optional(e.category) : std::nullopt);
  known ? all_equipment().update(c.db, e) : all_equipment().insert(c.db, e);
  return reply_created(e, base_path);
}

result<reply> change(http_command& c, const change_equipment& input) {
  auto e = get_equipment(c.db, c.path_value("id"));
  if (!e) return std::unexpected(e.error());
  if (auto match = c.check_if_match(e->version); !match) return std::unexpected(match.error());
  if (input.name) e->name = *input.name;
  if (input.location) e->location = input.location;
  if (input.required_certifications) e->required_certifications = *input.required_certifications;
  all_equipment().update(c.db, *e);
  return reply_with(*e);
}

result<reply> read(const service::query& q) {
  auto e = get_equipment(q.db, q.path_value("id"));
  if (!e) return std::unexpected(e.error());
  return reply_with(*e);
}

result<reply> read_states(const service::query& q) {
  auto e = get_equipment(q.db, q.path_value("id"));
  if (!e) return std::unexpected(e.error());
  auto w = read_window(q);
  if (!w) return std::unexpected(w.error());
  std::vector<slice> slices = slices_of(q.db, *e, w->from, w->to);
  auto sums = sums_of(slices);
  json::object minutes;
  for (std::size_t i = 0; i < sums.size(); ++i)
    minutes[wire::name_of_enum(static_cast<time_category>(i))] = static_cast<double>(sums[i]) / 60e6;
  json::array data;
  for (const slice& s : slices) data.push_back(wire::to_json(s));
  std::int64_t busy = busy_us(w->from, w->to, work_of(q.db, e->code, w->from, w->to));
  return reply{.body = json::object{{"equipment", e->code},
                                    {"from", w->from.to_string()},
                                    {"to", w->to.to_string()},
                                    {"minutes", std::move(minutes)},
                                    {"busy_minutes", static_cast<double>(busy) / 60e6},
                                    {"data", std::move(data)}}};
}

result<reply> tell_state(http_command& c, const new_state& input) {
  auto e = get_equipment(c.db, c.path_value("id"));
  if (!e) return std::unexpected(e.error());
  if (!input.packml && !input.category) return fail(bad_field("/state", "or packml_state is required"));
  if (input.at && *input.at > c.why.now + std::chrono::minutes(5))
    return fail(bad_field("/at", "must not be in the future"));
  state_change stored;
  change_state(c, e->id, input, "user", stored);
  reply r = reply_with(stored, 201);
  r.audit_id = e->id;
  return r;
}

result<reply> correct(http_command& c, const correct_state& input) {
  auto e = get_equipment(c.db, c.path_value("id"));
  if (!e) return std::unexpected(e.error());
  auto change = state_changes().get(c.db, c.path_value("state"));
  if (!change) return std::unexpected(change.error());
  if (change->equipment_id != e->id) return fail(error_code::not_found, "The state is of other equipment");
  if (auto match = c.check_if_match(change->version); !match) return std::unexpected(match.error());
  if (input.category) change->category = *input.category;
  if (input.reason) change->reason = input.reason;
  state_changes().update(c.db, *change);
  if (change->at == e->state_since && (e->category != change->category || e->reason != change->reason)) {
    time_category previous = e->category;
    e->category = change->category;
    e->reason = change->reason;
    tell_status(c, *e, previous);
    all_equipment().update(c.db, *e);
  }
  return reply_with(*change);
}

result<reply> tell_of_event(http_command& c, const tell_event& input) {
  auto e = get_equipment(c.db, c.path_value("id"));
  if (!e) return std::unexpected(e.error());
  equipment_event happened{.id = new_id(),
                           .equipment_id = e->id,
                           .kind = input.kind,
                           .code = input.code,
                           .message = input.message,
                           .at = input.at.value_or(c.why.now)};
  equipment_events().insert(c.db, happened);
  if (input.kind == event_kind::fault) {
    tell(c, *e, "equipment.fault-detected",
         fault_detected{.equipment_id = e->id,
                        .equipment = e->code,
                        .event_id = happened.id,
                        .code = happened.code,
                        .message = happened.message,
                        .at = happened.at,
                        .work_order_ids = orders_on(c.db, e->code)});
    all_equipment().update(c.db, *e);
  }
  reply r = reply_with(happened, 201);
  r.audit_id = e->id;
  return r;
}

result<reply> list_events(const service::query& q) {
  auto e = get_equipment(q.db, q.path_value("id"));
  if (!e) return std::unexpected(e.error());
  auto page = service::read_page(q);
  if (!page) return std::unexpected(page.error());
  auto body = equipment_events().list(q.db, *page, {{"equipment_id", e->id}});
  if (!body) return std::unexpected(body.error());
  return reply{.body = std::move(*body)};
}

result<reply> read_queue(const service::query& q) {
  auto e = get_equipment(q.db, q.path_value("id"));
  if (!e) return std::unexpected(e.error());
  return reply{.body = json::object{{"data", queue_of(q.db, e->code)}}};
}

}  // namespace

bool never_told(const equipment& e) { return e.category == time_category::unknown && !e.reason; }

void change_state(service::command& c, const std::string& equipment_id, const new_state& input,
                  const std::string& source, state_change& stored) {
  equipment e = *all_equipment().find(c.db, equipment_id);
  packml_state packml = input.packml.value_or(packml_state::undefined);
  stored = {.id = new_id(),
            .equipment_id = e.id,
            .at = input.at.value_or(c.why.now),
            .packml = packml,
            .category = input.category.value_or(category_of(packml)),
            .reason = input.reason,
            .source = source};
  state_changes().insert(c.db, stored);
  if (stored.at < e.state_since && !never_told(e)) return;  // late: only history is cut anew
  time_category previous = e.category;
  e.packml = stored.packml;
  e.category = stored.category;
  e.reason = stored.reason;
  e.state_since = stored.at;
  tell_status(c, e, previous);
  all_equipment().update(c.db, e);
}

result<window> read_window(const service::query& q) {
  auto read = [&](std::string_view name, instant otherwise) -> result<instant> {
    std::string_view text = q.parameter(name);
    if (text.empty()) return otherwise;
    if (auto at = instant::parse(text)) return *at;
    return fail({error_code::invalid_argument,
                 "The query is not valid",
                 {{"?" + std::string(name), "must be a time as in RFC 3339, such as 2012-01-29T23:24:00Z"}}});
  };
  auto to = read("to", q.why.now);
  if (!to) return std::unexpected(to.error());
  auto from = read("from", *to + -std::chrono::hours(24));
  if (!from) return std::unexpected(from.error());
  if (*to <= *from || *to - *from > std::chrono::days(400))
    return fail(
        {error_code::invalid_argument, "The query is not valid", {{"?to", "must be after from, by at most 400 days"}}});
  return window{*from, *to};
}

void define_equipment(service::api& api) {
  const std::vector<service::query_parameter> in_window = {{"from", "RFC 3339; absent: a day before to"},
                                                           {"to", "RFC 3339; absent: now"}};
  api.post<create_equipment, equipment>(
      "/",
      {.id = "createEquipment", .summary = "Equipment created", .permission = "equipment:write", .success_status = 201},
      create);
  api.get<equipment>("/",
                     {.id = "listEquipment",
                      .summary = "Equipment, oldest first",
                      .permission = "equipment:read",
                      .query = {{"code", "Only this code"}, {"state", "Only in this state"}},
                      .paged = true},
                     service::list_of(all_equipment(), {"code", "state"}));
  api.get<equipment>(
      "/{id}",
      {.id = "readEquipment", .summary = "One piece of equipment, by id or code", .permission = "equipment:read"},
      read);
  api.patch<change_equipment, equipment>(
      "/{id}",
      {.id = "changeEquipment", .summary = "Equipment changed; needs If-Match", .permission = "equipment:write"},
      change);
  api.get("/{id}/states",
          {.id = "readStates",
           .summary = "How its time is divided: slices without gaps",
           .permission = "equipment:read",
           .query = in_window},
          read_states);
  api.post<new_state, state_change>("/{id}/states",
                                    {.id = "tellState",
                                     .summary = "State of equipment changed",
                                     .permission = "equipment:execute",
                                     .success_status = 201},
                                    tell_state);
  api.patch<correct_state, state_change>("/{id}/states/{state}",
                                         {.id = "correctState",
                                          .summary = "Category or reason of a state corrected; needs If-Match",
                                          .permission = "equipment:execute"},
                                         correct);
  api.post<tell_event, equipment_event>("/{id}/events",
                                        {.id = "tellEquipmentEvent",
                                         .summary = "Fault, alarm or other event told",
                                         .permission = "equipment:execute",
                                         .success_status = 201},
                                        tell_of_event);
  api.get<equipment_event>("/{id}/events",
                           {.id = "listEquipmentEvents",
                            .summary = "Events of equipment, oldest first",
                            .permission = "equipment:read",
                            .paged = true},
                           list_events);
  api.get("/{id}/queue", {.id = "readQueue", .summary = "Operations dispatched to it", .permission = "equipment:read"},
          read_queue);
}

}  // namespace mes::resource
