#include "service/replies.h"
#include "services/quality/handlers.h"
#include "services/quality/improvement.h"
#include "services/quality/nonconformance.h"
#include "services/quality/repository.h"

namespace mes::quality {

using service::http_command;
using service::reply;
using service::reply_created;
using service::reply_with;

namespace {

result<reply> create_ncr_handler(http_command& c, const create_ncr& input) {
  if (input.amount <= quantity{})
    return fail({error_code::invalid_argument, "The NCR is not valid", {{"/quantity", "must be above 0"}}});
  ncr n{.id = new_id(),
        .how_bad = input.how_bad,
        .description = input.description,
        .work_order_id = input.work_order_id,
        .work_order = input.work_order,
        .operation = input.operation,
        .resource = input.resource,
        .lot = input.lot,
        .serial = input.serial,
        .part = input.part,
        .amount = input.amount,
        .rejected = input.amount,
        .inspection_id = input.inspection_id,
        .request_id = c.why.request_id,
        .hold_order = input.hold_order,
        .created_at = c.why.now};
  raise(c, n);
  return reply_created(n, "/api/v1/quality/ncrs");
}

result<reply> keep(http_command& c, result<ncr> n) {
  if (!n) return std::unexpected(n.error());
  bool over = n->state == ncr_state::closed || n->state == ncr_state::voided;
  if (over) tell(c, *n, "quality.ncr-closed", event_of(*n));
  ncrs().update(c.db, *n);
  return reply_with(*n);
}

// A step of an NCR: `rule` takes the record, and the input if there is one.
template <class Input, class Rule>
auto step(Rule rule) {
  return [rule](http_command& c, Input input) -> result<reply> {
    auto n = ncrs().get(c.db, c.path_value("id"));
    if (!n) return std::unexpected(n.error());
    return keep(c, rule(c, std::move(*n), input));
  };
}
template <class Rule>
auto plain_step(Rule rule) {
  return [rule](http_command& c) -> result<reply> {
    auto n = ncrs().get(c.db, c.path_value("id"));
    if (!n) return std::unexpected(n.error());
    return keep(c, rule(c, std::move(*n)));
  };
}

void define_steps(service::api& api) {
  api.post<contain_ncr, ncr>(
      "/ncrs/{id}/actions/contain", {.id = "containNcr", .summary = "Pieces kept apart", .permission = "quality:write"},
      step<contain_ncr>([](http_command&, ncr n, const contain_ncr& in) { return contain(std::move(n), in); }));
  api.action<ncr>("POST", "/ncrs/{id}/actions/review",
                  {.id = "reviewNcr", .summary = "Given to the review board", .permission = "quality:write"},
                  plain_step([](http_command&, ncr n) { return change(std::move(n), ncr_verb::review); }));
  api.post<decide_ncr, ncr>(
      "/ncrs/{id}/actions/decide",
      {.id = "decideNcr", .summary = "Dispositions decided; they cover the quantity", .permission = "quality:approve"},
      step<decide_ncr>([](http_command& c, ncr n, const decide_ncr& in) {
        return decide(std::move(n), in, c.why.user.user_id, c.why.now);
      }));
  api.post<execute_disposition, ncr>(
      "/ncrs/{id}/actions/execute",
      {.id = "executeDisposition", .summary = "One disposition executed", .permission = "quality:write"},
      step<execute_disposition>([](http_command& c, ncr n, const execute_disposition& in) {
        return execute(std::move(n), in, c.why.user.user_id, c.why.now);
      }));
  api.action<ncr>("POST", "/ncrs/{id}/actions/verify",
                  {.id = "verifyNcr", .summary = "Execution verified", .permission = "quality:write"},
                  plain_step([](http_command&, ncr n) { return verify(std::move(n)); }));
  api.action<ncr>("POST", "/ncrs/{id}/actions/close",
                  {.id = "closeNcr", .summary = "NCR closed", .permission = "quality:write"},
                  plain_step([](http_command& c, ncr n) { return close(std::move(n), c.why.now); }));
  api.action<ncr>("POST", "/ncrs/{id}/actions/void",
                  {.id = "voidNcr", .summary = "NCR taken back while open", .permission = "quality:write"},
                  plain_step([](http_command&, ncr n) { return change(std::move(n), ncr_verb::make_void); }));
}

result<reply> create_capa_handler(http_command& c, const create_capa& input) {
  for (std::size_t i = 0; i < input.ncrs.size(); ++i)
    if (!ncrs().find_by(c.db, "number", input.ncrs[i]))
      return fail(
          {error_code::unprocessable, "There is no such NCR", {{"/ncrs/" + std::to_string(i), "is not known"}}});
  capa made{.id = new_id(),
            .number = next_number(c.db, "CAPA"),
            .problem = input.problem,
            .ncrs = input.ncrs,
            .created_at = c.why.now};
  tell(c, made, "quality.capa-created", event_of(made));
  capas().insert(c.db, made);
  return reply_created(made, "/api/v1/quality/capas");
}

auto advance_by(capa_verb verb) {
  return [verb](http_command& c, const advance_capa& input) -> result<reply> {
    auto found = capas().get(c.db, c.path_value("id"));
    if (!found) return std::unexpected(found.error());
    auto next = advance(std::move(*found), verb, input, c.why.now);
    if (!next) return std::unexpected(next.error());
    capas().update(c.db, *next);
    return reply_with(*next);
  };
}

}  // namespace

void raise(service::command& c, ncr& n) {
  n.number = next_number(c.db, "NCR");
  tell(c, n, "quality.ncr-created", event_of(n));
  ncrs().insert(c.db, n);
}

void define_ncrs(service::api& api) {
  api.post<create_ncr, ncr>(
      "/ncrs", {.id = "createNcr", .summary = "NCR raised", .permission = "quality:write", .success_status = 201},
      create_ncr_handler);
  api.get<ncr>("/ncrs",
               {.id = "listNcrs",
                .summary = "NCRs in the order of their ids",
                .permission = "quality:read",
                .query = {{"state", "Only of this state"},
                          {"severity", "Only of this severity", {"minor", "major", "critical"}},
                          {"part", "Only of this part"},
                          {"work_order_id", "Only of this work order"}},
                .paged = true},
               service::list_of(ncrs(), {"state", "severity", "part", "work_order_id"}));
  api.get<ncr>("/ncrs/{id}", {.id = "readNcr", .summary = "One NCR", .permission = "quality:read"},
               service::one_of(ncrs()));
  define_steps(api);
}

void define_capas(service::api& api) {
  api.post<create_capa, capa>(
      "/capas", {.id = "createCapa", .summary = "CAPA opened", .permission = "quality:write", .success_status = 201},
      create_capa_handler);
  api.get<capa>("/capas",
                {.id = "listCapas",
                 .summary = "CAPAs, oldest first",
                 .permission = "quality:read",
                 .query = {{"state", "Only of this state"}},
                 .paged = true},
                service::list_of(capas(), {"state"}));
  api.get<capa>("/capas/{id}", {.id = "readCapa", .summary = "One CAPA", .permission = "quality:read"},
                service::one_of(capas()));
  struct row {
    const char *verb, *id, *summary;
    capa_verb does;
  };
  static constexpr row rows[] = {
      {"analyse", "analyseCapa", "Root cause found", capa_verb::analyse},
      {"plan", "planCapa", "Actions planned", capa_verb::plan},
      {"implement", "implementCapa", "Actions under way", capa_verb::implement},
      {"verify", "verifyCapa", "Actions done, effect under watch", capa_verb::verify},
      {"close", "closeCapa", "Effective: closed", capa_verb::close},
      {"reopen", "reopenCapa", "Ineffective: planned again", capa_verb::reopen},
  };
  for (const row& r : rows)
    api.post<advance_capa, capa>("/capas/{id}/actions/" + std::string(r.verb),
                                 {.id = r.id, .summary = r.summary, .permission = "quality:write"}, advance_by(r.does));
}

}  // namespace mes::quality
