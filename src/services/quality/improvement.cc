#include "services/quality/improvement.h"

#include <algorithm>

namespace mes::quality {
namespace {

error required(std::string path, std::string message = "is required") {
  return {error_code::unprocessable, "The step needs more", {{std::move(path), std::move(message)}}};
}

}  // namespace

result<capa> advance(capa c, capa_verb verb, const advance_capa& input, instant) {
  auto next = service::next_state<capa_state, capa_verb>(capa_transitions, c.state, verb);
  if (!next) return std::unexpected(next.error());
  c.state = *next;
  if (verb == capa_verb::analyse) {
    if (!input.root_cause) return fail(required("/root_cause"));
    c.root_cause = input.root_cause;
    c.escape_point = input.escape_point;
  }
  if (verb == capa_verb::plan) {
    if (!input.actions || input.actions->empty()) return fail(required("/actions"));
    c.actions = *input.actions;
  }
  if (verb == capa_verb::verify) {
    if (input.actions) c.actions = *input.actions;
    if (!std::ranges::all_of(c.actions, [](const capa_action& a) { return a.done_at.has_value(); }))
      return fail(required("/actions", "are not all done"));
  }
  if (verb == capa_verb::close || verb == capa_verb::reopen) {
    if (!input.effectiveness) return fail(required("/effectiveness"));
    c.effectiveness = input.effectiveness;
  }
  if (verb == capa_verb::reopen) ++c.rounds;
  return c;
}

result<first_article> change(first_article f, fai_verb verb) {
  auto next = service::next_state<fai_state, fai_verb>(fai_transitions, f.state, verb);
  if (!next) return std::unexpected(next.error());
  f.state = *next;
  return f;
}

result<first_article> fill(first_article f, const fill_forms& in) {
  if (f.state != fai_state::draft && f.state != fai_state::in_progress)
    return fail(error_code::illegal_transition, "The first article is " + std::string(wire::name_of_enum(f.state)) +
                                                    "; its forms are filled as draft or in progress");
  f.part_name = in.part_name;
  f.serial = in.serial;
  f.part_revision = in.part_revision;
  f.drawing = in.drawing;
  f.drawing_revision = in.drawing_revision;
  f.additional_changes = in.additional_changes;
  f.process_reference = in.process_reference;
  f.organization = in.organization;
  f.supplier_code = in.supplier_code;
  f.purchase_order = in.purchase_order;
  f.assembly = in.assembly;
  f.partial = in.partial;
  f.baseline_fair_id = in.baseline_fair_id;
  f.reason = in.reason;
  f.components = in.components;
  f.materials = in.materials;
  f.functional_test = in.functional_test;
  f.acceptance_report = in.acceptance_report;
  f.characteristics = in.characteristics;
  return f;
}

result<first_article> submit(first_article f) {
  // Fields that AS9102C requires (R): 1 part number, 2 name, 4 FAIR id, 9 process reference, 10 organization.
  std::vector<field_error> missing;
  for (auto [name, text] : {std::pair{"/process_reference", &f.process_reference}, {"/organization", &f.organization}})
    if (text->empty()) missing.push_back({name, "is required (form 1)"});
  if (f.partial && f.baseline_fair_id.empty()) missing.push_back({"/baseline_fair_id", "is required: it is partial"});
  if (f.partial && f.reason.empty()) missing.push_back({"/reason", "is required: it is partial"});
  if (f.characteristics.empty()) missing.push_back({"/characteristics", "must not be empty (form 3)"});
  for (std::size_t i = 0; i < f.characteristics.size(); ++i)
    if (!f.characteristics[i].result && !f.characteristics[i].nonconformance)
      missing.push_back({"/characteristics/" + std::to_string(i) + "/result", "or a nonconformance is required"});
  if (!missing.empty()) return fail({error_code::unprocessable, "The forms are not complete", std::move(missing)});
  return change(std::move(f), fai_verb::submit);
}

result<first_article> decide(first_article f, fai_verb verb, const decide_fai& input, const std::string& user,
                             instant now) {
  if (user == f.author)
    return fail(error_code::permission_denied, "The author of a first article does not approve or reject it");
  auto decided = change(std::move(f), verb);
  if (!decided) return decided;
  decided->decided_by = user;
  decided->decision_note = input.note;
  decided->decided_at = now;
  return decided;
}

result<signature> change(signature s, signature_verb verb) {
  auto next = service::next_state<signature_state, signature_verb>(signature_transitions, s.state, verb);
  if (!next) return std::unexpected(next.error());
  s.state = *next;
  return s;
}

result<signature> sign(signature s, const reauth_claims& claims, const std::string& printed_name,
                       const std::string& record_sha256_now, instant now) {
  if (claims.record_hash != s.record_sha256)
    return fail(
        {error_code::unprocessable, "The token is for another record", {{"/reauth_token", "names another hash"}}});
  if (claims.meaning != s.meaning)
    return fail({error_code::unprocessable,
                 "The token is for another meaning",
                 {{"/reauth_token", "says " + claims.meaning + ", not " + s.meaning}}});
  if (record_sha256_now != s.record_sha256)
    return fail(error_code::conflict, "The record has changed since the signature was asked for: ask again");
  if (now > s.expires_at) return fail(error_code::illegal_transition, "The signature is no longer asked for");
  auto signed_now = change(std::move(s), signature_verb::complete);
  if (!signed_now) return signed_now;
  signed_now->user_id = claims.user_id;
  signed_now->printed_name = printed_name;
  signed_now->signed_at = now;
  return signed_now;
}

}  // namespace mes::quality
