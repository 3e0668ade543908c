#include <algorithm>
#include <array>
#include <set>

#include "base/uuid.h"
#include "service/replies.h"
#include "services/material/handlers.h"
#include "services/material/inputs.h"
#include "services/material/repository.h"

namespace mes::material {

using service::http_command;
using service::reply;

namespace {

// Segments of this service's paths, which a part's number would hide behind.
constexpr std::array<std::string_view, 6> reserved_words = {"boms",      "lots",      "serials",
                                                            "inventory", "movements", "reservations"};

error invalid(std::string pointer, std::string detail) {
  return {error_code::invalid_argument, "The part is not valid", {{std::move(pointer), std::move(detail)}}};
}

result<reply> create(http_command& c, const create_part& input) {
  if (uuid::parse(input.number)) return fail(invalid("/number", "must not be a UUID"));
  if (std::ranges::find(reserved_words, input.number) != reserved_words.end())
    return fail(invalid("/number", "is a word of this service's paths"));
  if (parts().find_by(c.db, "part_number", input.number))
    return fail({error_code::already_exists, "There is a part " + input.number, {{"/number", "is taken"}}});
  part p{.id = new_id(),
         .number = input.number,
         .description = input.description,
         .uom = input.uom,
         .revision = input.revision,
         .created_at = c.why.now};
  parts().insert(c.db, p);
  part_revision r{
      .id = new_id(), .part = p.number, .revision = p.revision, .description = p.description, .created_at = c.why.now};
  revisions().insert(c.db, r);
  return service::reply_created(p, base_path);
}

result<reply> read(const service::query& q) {
  auto p = get_part(q.db, q.path_value("number"));
  if (!p) return std::unexpected(p.error());
  return service::reply_with(*p);
}

result<reply> change(http_command& c, const change_part& input) {
  auto p = get_part(c.db, c.path_value("number"));
  if (!p) return std::unexpected(p.error());
  if (auto match = c.check_if_match(p->version); !match) return std::unexpected(match.error());
  if (input.description) p->description = *input.description;
  parts().update(c.db, *p);
  return service::reply_with(*p);
}

result<reply> list(const service::query& q) {
  auto page = service::read_page(q);
  if (!page) return std::unexpected(page.error());
  std::vector<service::column_filter> filters;
  if (std::string_view number = q.parameter("number"); !number.empty())
    filters.push_back({"part_number", std::string(number)});
  auto body = parts().list(q.db, *page, filters);
  if (!body) return std::unexpected(body.error());
  return reply{.body = std::move(*body)};
}

bool has_revision(store::session& db, const std::string& part, const std::string& revision) {
  return !revisions().all(db, {{"part", part}, {"revision", revision}}).empty();
}

// The new revision becomes the current one.
result<reply> revise(http_command& c, const create_revision& input) {
  auto p = get_part(c.db, c.path_value("number"));
  if (!p) return std::unexpected(p.error());
  if (has_revision(c.db, p->number, input.revision))
    return fail({error_code::already_exists,
                 "Part " + p->number + " has a revision " + input.revision,
                 {{"/revision", "is taken"}}});
  part_revision r{.id = new_id(),
                  .part = p->number,
                  .revision = input.revision,
                  .description = input.description,
                  .created_at = c.why.now};
  revisions().insert(c.db, r);
  p->revision = input.revision;
  parts().update(c.db, *p);
  return service::reply_created(r, std::string(base_path) + "/" + p->id + "/revisions");
}

result<reply> list_revisions(const service::query& q) {
  auto p = get_part(q.db, q.path_value("number"));
  if (!p) return std::unexpected(p.error());
  auto page = service::read_page(q);
  if (!page) return std::unexpected(page.error());
  auto body = revisions().list(q.db, *page, {{"part", p->number}});
  if (!body) return std::unexpected(body.error());
  return reply{.body = std::move(*body)};
}

// Whether `part` is needed, at any depth, to make `component`: then it cannot contain it.
bool needs(store::session& db, const std::string& component, const std::string& part) {
  std::set<std::string> seen;
  std::vector<std::string> open = {component};
  while (!open.empty()) {
    std::string at = std::move(open.back());
    open.pop_back();
    if (at == part) return true;
    if (!seen.insert(at).second) continue;
    for (const bom& b : boms().all(db, {{"part", at}}))
      for (const bom_line& line : b.lines) open.push_back(line.component);
  }
  return false;
}

result<reply> create_bom_handler(http_command& c, const create_bom& input) {
  auto p = named_part(c.db, input.part, "/part");
  if (!p) return std::unexpected(p.error());
  std::string revision = input.revision.empty() ? p->revision : input.revision;
  auto wrong = [](std::string pointer, std::string detail) -> result<reply> {
    return fail(
        {error_code::unprocessable, "The bill of material is not valid", {{std::move(pointer), std::move(detail)}}});
  };
  if (!has_revision(c.db, p->number, revision)) return wrong("/revision", "is no revision of the part");
  for (std::size_t i = 0; i < input.lines.size(); ++i) {
    std::string at = "/lines/" + std::to_string(i);
    const bom_line& line = input.lines[i];
    if (line.amount <= quantity{}) return wrong(at + "/quantity", "must be above 0");
    if (auto known = named_part(c.db, line.component, at + "/component"); !known) return std::unexpected(known.error());
    if (needs(c.db, line.component, p->number)) return wrong(at + "/component", "contains the part itself");
  }
  if (!boms().all(c.db, {{"part", p->number}, {"revision", revision}}).empty())
    return fail({error_code::already_exists,
                 "There is a bill of material for " + p->number + " revision " + revision,
                 {{"/revision", "is taken"}}});
  bom made{.id = new_id(), .part = p->number, .revision = revision, .lines = input.lines, .created_at = c.why.now};
  boms().insert(c.db, made);
  return service::reply_created(made, std::string(base_path) + "/boms");
}

}  // namespace

void define_parts(service::api& api) {
  api.post<create_part, part>(
      "/", {.id = "createPart", .summary = "Part created", .permission = "parts:write", .success_status = 201}, create);
  api.get<part>("/",
                {.id = "listParts",
                 .summary = "Parts, oldest first",
                 .permission = "parts:read",
                 .query = {{"number", "Only this one"}},
                 .paged = true},
                list);
  api.get<part>("/{number}", {.id = "readPart", .summary = "One part, by number or id", .permission = "parts:read"},
                read);
  api.patch<change_part, part>(
      "/{number}", {.id = "changePart", .summary = "Part changed; needs If-Match", .permission = "parts:write"},
      change);
  api.post<create_revision, part_revision>("/{number}/revisions",
                                           {.id = "createPartRevision",
                                            .summary = "Revision added; it is the current one from now on",
                                            .permission = "parts:write",
                                            .success_status = 201},
                                           revise);
  api.get<part_revision>("/{number}/revisions",
                         {.id = "listPartRevisions",
                          .summary = "Revisions of a part, oldest first",
                          .permission = "parts:read",
                          .paged = true},
                         list_revisions);
  api.post<create_bom, bom>("/boms",
                            {.id = "createBom",
                             .summary = "Bill of material of a revision created",
                             .permission = "parts:write",
                             .success_status = 201},
                            create_bom_handler);
  api.get<bom>("/boms",
               {.id = "listBoms",
                .summary = "Bills of material, oldest first",
                .permission = "parts:read",
                .query = {{"part", "Of this part"}, {"revision", "Of this revision"}},
                .paged = true},
               service::list_of(boms(), {"part", "revision"}));
  api.get<bom>("/boms/{id}", {.id = "readBom", .summary = "One bill of material", .permission = "parts:read"},
               service::one_of(boms()));
}

}  // namespace mes::material
