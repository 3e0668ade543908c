#include <algorithm>

#include "service/replies.h"
#include "services/material/handlers.h"
#include "services/material/inputs.h"
#include "services/material/repository.h"

namespace mes::material {

using service::http_command;
using service::reply;

namespace {

bool is_taken(store::session& db, const std::string& part, const std::string& number) {
  return !serials().all(db, {{"part", part}, {"serial", number}}).empty();
}

json::object data_of(const serial& s) {
  json::object data = {{"serial_id", s.id}, {"serial", s.number},
                       {"part", s.part},    {"state", wire::name_of_enum(s.state)},
                       {"quantity", 1},     {"uom", "pcs"}};
  if (s.lot) data["lot"] = *s.lot;
  if (s.work_order) data["work_order"] = *s.work_order;
  return data;
}

void make_serial(http_command& c, const generate_serials& input, std::string number, json::array& made) {
  serial s{.id = new_id(),
           .event_version = 1,
           .number = std::move(number),
           .part = input.part,
           .lot = input.lot,
           .work_order = input.work_order,
           .created_at = c.why.now};
  serials().insert(c.db, s);
  c.emit("material.serial-generated", s.id, s.event_version, data_of(s));
  made.push_back(wire::to_json(s));
}

// The next running number of the part's series with this prefix that nobody has given by hand.
std::string next_number(store::session& db, const std::string& part, const std::string& prefix) {
  while (true) {
    std::string digits = std::to_string(next_of(db, "serials:" + part + ':' + prefix));
    std::string number = prefix + std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits;
    if (!is_taken(db, part, number)) return number;
  }
}

result<reply> generate(http_command& c, const generate_serials& input) {
  if (auto p = named_part(c.db, input.part, "/part"); !p) return std::unexpected(p.error());
  if (input.lot)
    if (auto l = lots().find_by(c.db, "lot_number", *input.lot); !l || l->part != input.part)
      return fail({error_code::unprocessable, "The lot does not fit", {{"/lot", "is no lot of the part"}}});
  json::array made;
  if (input.numbers) {
    for (std::size_t i = 0; i < input.numbers->size(); ++i) {
      const std::string& number = (*input.numbers)[i];
      std::string at = "/numbers/" + std::to_string(i);
      if (number.empty() || number.size() > 128)
        return fail({error_code::invalid_argument, "The number is not valid", {{at, "must have 1 to 128 bytes"}}});
      if (is_taken(c.db, input.part, number))
        return fail({error_code::already_exists,
                     "There is a serial number " + number + " of part " + input.part,
                     {{at, "is taken, for ever"}}});
      make_serial(c, input, number, made);
    }
  } else {
    for (std::int64_t i = 0; i < input.count; ++i)
      make_serial(c, input, next_number(c.db, input.part, input.prefix), made);
  }
  return reply{.status = 201, .body = json::object{{"data", std::move(made)}}};
}

result<serial> moved(http_command& c, serial_verb verb) {
  auto s = serials().get(c.db, c.path_value("id"));
  if (!s) return s;
  auto next = service::next_state<serial_state, serial_verb>(serial_transitions, s->state, verb);
  if (!next) return fail(next.error().code, "Serial number " + s->number + ": " + next.error().message);
  s->state = *next;
  return s;
}

reply keep(http_command& c, serial& s, std::string topic, json::object more = {}) {
  if (!topic.empty()) {
    json::object data = data_of(s);
    for (auto& member : more) data[member.key()] = member.value();
    c.emit(std::move(topic), s.id, ++s.event_version, std::move(data));
  }
  serials().update(c.db, s);
  return service::reply_with(s);
}

// It goes into an order's product, or into the product that has another serial number.
result<reply> install(http_command& c, const install_serial& input) {
  if (input.work_order.has_value() == input.serial.has_value())
    return fail({error_code::unprocessable, "Into what?", {{"", "needs work_order or serial, one of them"}}});
  auto s = moved(c, serial_verb::install);
  if (!s) return std::unexpected(s.error());
  s->installed_in = input.work_order ? *input.work_order : *input.serial;
  json::object more;
  if (input.work_order) more["work_order"] = *input.work_order;
  if (input.serial) more["into_serial"] = *input.serial;
  return keep(c, *s, "material.consumed", std::move(more));
}

std::function<result<reply>(http_command&)> action_of(serial_verb verb, std::string topic) {
  return [verb, topic = std::move(topic)](http_command& c) -> result<reply> {
    auto s = moved(c, verb);
    if (!s) return std::unexpected(s.error());
    return keep(c, *s, topic);
  };
}

}  // namespace

void define_serials(service::api& api) {
  api.post<generate_serials>("/serials",
                             {.id = "generateSerials",
                              .summary = "Serial numbers generated, or taken over",
                              .permission = "parts:execute",
                              .success_status = 201},
                             generate);
  api.get<serial>("/serials",
                  {.id = "listSerials",
                   .summary = "Serial numbers, oldest first",
                   .permission = "parts:read",
                   .query = {{"part", "Of this part"},
                             {"serial", "This number"},
                             {"state", "In this state"},
                             {"work_order", "Made by this order"}},
                   .paged = true},
                  service::list_of(serials(), {"part", "serial", "state", "work_order"}));
  api.get<serial>("/serials/{id}", {.id = "readSerial", .summary = "One serial number", .permission = "parts:read"},
                  service::one_of(serials()));
  api.post<install_serial, serial>(
      "/serials/{id}/actions/install",
      {.id = "installSerial", .summary = "Serial number installed", .permission = "parts:execute"}, install);
  struct row {
    serial_verb verb;
    const char *name, *id, *summary, *topic, *permission;
  };
  for (const row& r :
       {row{serial_verb::start, "start", "startSerial", "Serial number in process", "", "parts:execute"},
        row{serial_verb::complete, "complete", "completeSerial", "Serial number completed", "", "parts:execute"},
        row{serial_verb::ship, "ship", "shipSerial", "Serial number shipped", "", "parts:execute"},
        row{serial_verb::return_, "return", "returnSerial", "Serial number came back", "material.returned",
            "parts:execute"},
        row{serial_verb::scrap, "scrap", "scrapSerial", "Serial number scrapped, for ever", "material.scrapped",
            "quality:write"}})
    api.action<serial>("POST", "/serials/{id}/actions/" + std::string(r.name),
                       {.id = r.id, .summary = r.summary, .permission = r.permission}, action_of(r.verb, r.topic));
}

}  // namespace mes::material
