#include "service/replies.h"
#include "services/quality/handlers.h"
#include "services/quality/improvement.h"
#include "services/quality/repository.h"

namespace mes::quality {

using service::http_command;
using service::reply;
using service::reply_created;
using service::reply_with;

namespace {

result<reply> create_fai_handler(http_command& c, const create_fai& input) {
  if (input.fair_id == input.part_number)
    return fail({error_code::invalid_argument,
                 "The first article is not valid",
                 {{"/fair_id", "must not be just the part number"}}});
  if (first_articles().find_by(c.db, "fair_id", input.fair_id))
    return fail({error_code::already_exists, "There is a first article " + input.fair_id, {{"/fair_id", "is taken"}}});
  first_article f{.id = new_id(),
                  .fair_id = input.fair_id,
                  .part_number = input.part_number,
                  .part_name = input.part_name,
                  .author = c.why.user.user_id,
                  .work_order_id = input.work_order_id,
                  .created_at = c.why.now};
  tell(c, f, "quality.fai-created", event_of(f));
  first_articles().insert(c.db, f);
  return reply_created(f, "/api/v1/quality/fai");
}

result<reply> keep(http_command& c, result<first_article> f, const char* topic = nullptr) {
  if (!f) return std::unexpected(f.error());
  if (topic) tell(c, *f, topic, event_of(*f));
  first_articles().update(c.db, *f);
  return reply_with(*f);
}

result<reply> fill_handler(http_command& c, const fill_forms& input) {
  auto f = first_articles().get(c.db, c.path_value("id"));
  if (!f) return std::unexpected(f.error());
  if (auto match = c.check_if_match(f->version); !match) return std::unexpected(match.error());
  return keep(c, fill(std::move(*f), input));
}

auto act(fai_verb verb) {
  return [verb](http_command& c) -> result<reply> {
    auto f = first_articles().get(c.db, c.path_value("id"));
    if (!f) return std::unexpected(f.error());
    return keep(c, verb == fai_verb::submit ? submit(std::move(*f)) : change(std::move(*f), verb));
  };
}

auto decide_by(fai_verb verb, const char* topic) {
  return [verb, topic](http_command& c, const decide_fai& input) -> result<reply> {
    auto f = first_articles().get(c.db, c.path_value("id"));
    if (!f) return std::unexpected(f.error());
    return keep(c, decide(std::move(*f), verb, input, c.why.user.user_id, c.why.now), topic);
  };
}

}  // namespace

void define_first_articles(service::api& api) {
  api.post<create_fai, first_article>("/fai",
                                      {.id = "createFirstArticle",
                                       .summary = "First article inspection (AS9102C) opened",
                                       .permission = "quality:write",
                                       .success_status = 201},
                                      create_fai_handler);
  api.get<first_article>("/fai",
                         {.id = "listFirstArticles",
                          .summary = "First articles, oldest first",
                          .permission = "quality:read",
                          .query = {{"state", "Only of this state"}, {"part_number", "Only of this part"}},
                          .paged = true},
                         service::list_of(first_articles(), {"state", "part_number"}));
  api.get<first_article>("/fai/{id}",
                         {.id = "readFirstArticle", .summary = "One first article", .permission = "quality:read"},
                         service::one_of(first_articles()));
  api.put<fill_forms, first_article>(
      "/fai/{id}",
      {.id = "fillFirstArticle", .summary = "Forms 1 to 3 filled; needs If-Match", .permission = "quality:write"},
      fill_handler);
  struct row {
    const char *verb, *id, *summary;
    fai_verb does;
  };
  static constexpr row rows[] = {
      {"start", "startFirstArticle", "Inspection begun", fai_verb::start},
      {"submit", "submitFirstArticle", "Forms complete, submitted", fai_verb::submit},
      {"rework", "reworkFirstArticle", "Rejected: worked on again", fai_verb::rework},
      {"supersede", "supersedeFirstArticle", "Another one takes its place", fai_verb::supersede},
  };
  for (const row& r : rows)
    api.action<first_article>("POST", "/fai/{id}/actions/" + std::string(r.verb),
                              {.id = r.id, .summary = r.summary, .permission = "quality:write"}, act(r.does));
  api.post<decide_fai, first_article>(
      "/fai/{id}/actions/approve",
      {.id = "approveFirstArticle", .summary = "Approved, not by its author", .permission = "quality:approve"},
      decide_by(fai_verb::approve, "quality.fai-approved"));
  api.post<decide_fai, first_article>(
      "/fai/{id}/actions/reject",
      {.id = "rejectFirstArticle", .summary = "Rejected, not by its author", .permission = "quality:approve"},
      decide_by(fai_verb::reject, "quality.fai-rejected"));
}

}  // namespace mes::quality
