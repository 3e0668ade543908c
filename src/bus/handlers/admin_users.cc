// SCRAM credentials: who has which, made and removed. Passwords never come here: clients send salted ones.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "bus/handlers/admin.h"
#include "bus/handlers/admin_parts.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

using described = kafka::describe_user_scram_credentials_response::describe_user_scram_credentials_result;

void fill(const call& c, described& out) {
  const auto& all = c.of->access().scram();
  for (auto it = all.lower_bound({out.user, security::scram_hash{}}); it != all.end() && it->first.first == out.user;
       ++it)
    out.credential_infos.push_back({static_cast<std::int8_t>(it->first.second), it->second.iterations});
}

std::optional<security::scram_hash> hash_of(std::int8_t mechanism) {
  if (mechanism == 1) return security::scram_hash::sha256;
  if (mechanism == 2) return security::scram_hash::sha512;
  return std::nullopt;
}

struct fault {
  error_code error;
  std::string_view why;
};

std::optional<fault> fault_of(const kafka::alter_user_scram_credentials_request::scram_credential_upsertion& u) {
  if (u.name.empty()) return fault{error_code::unacceptable_credential, "Username must not be empty"};
  if (!hash_of(u.mechanism)) return fault{error_code::unsupported_sasl_mechanism, "Unknown SCRAM mechanism"};
  if (u.iterations < security::scram_iterations_min)
    return fault{error_code::unacceptable_credential, "Too few iterations"};
  if (u.iterations > security::scram_iterations_max)
    return fault{error_code::unacceptable_credential, "Too many iterations"};
  if (u.salted_password.empty()) return fault{error_code::unacceptable_credential, "The salted password is empty"};
  return std::nullopt;
}

std::optional<fault> fault_of(const call& c,
                              const kafka::alter_user_scram_credentials_request::scram_credential_deletion& d) {
  if (d.name.empty()) return fault{error_code::unacceptable_credential, "Username must not be empty"};
  const auto hash = hash_of(d.mechanism);
  if (!hash) return fault{error_code::unsupported_sasl_mechanism, "Unknown SCRAM mechanism"};
  if (!c.of->access().scram().contains({std::string(d.name), *hash}))
    return fault{error_code::resource_not_found, "Attempt to delete a user credential that does not exist"};
  return std::nullopt;
}

}  // namespace

void describe_user_scram_credentials(const call& c, kafka::describe_user_scram_credentials_request& request) {
  kafka::describe_user_scram_credentials_response response;
  response.error_message.reset();
  if (!request.users || request.users->empty()) {
    std::set<std::string_view> users;
    for (const auto& [key, credential] : c.of->access().scram()) users.insert(key.first);
    for (const std::string_view user : users) {
      described& out = response.results.emplace_back();
      out.error_message.reset();
      out.user = user;
      fill(c, out);
    }
    return c.answer(response);
  }
  auto times = times_named(*request.users, &kafka::describe_user_scram_credentials_request::user_name::name);
  for (const auto& wanted : *request.users) {
    const auto named = times.extract(wanted.name);
    if (named.empty()) continue;  // told of already
    described& out = response.results.emplace_back();
    out.error_message.reset();
    out.user = wanted.name;
    if (named.mapped() > 1) {
      refuse(
          out, error_code::duplicate_resource,
          fmt::format("Cannot describe SCRAM credentials for the same user twice in a single request: {}", out.user));
      continue;
    }
    fill(c, out);
    if (out.credential_infos.empty())
      refuse(out, error_code::resource_not_found,
             fmt::format("Attempt to describe a user credential that does not exist: {}", out.user));
  }
  c.answer(response);
}

// One change of a user in a request, whichever mechanism it is of.
void alter_user_scram_credentials(const call& c, kafka::alter_user_scram_credentials_request& request) {
  struct wanted {
    std::optional<fault> wrong;
    std::optional<security::edit> edit;
  };
  std::map<std::string, wanted> users;
  const auto each = [&](const auto& change, std::optional<fault> wrong, auto&& make_edit) {
    const auto [at, first] = users.try_emplace(std::string(change.name), wrong, std::nullopt);
    wanted& w = at->second;
    if (!first && !w.wrong)
      w.wrong = fault{error_code::duplicate_resource, "A user credential cannot be altered twice in the same request"};
    if (!w.wrong) w.edit = make_edit(security::access::scram_key{at->first, *hash_of(change.mechanism)});
  };
  for (const auto& d : request.deletions)
    each(d, fault_of(c, d), [](const auto& key) { return security::access::scram_edit(key, nullptr); });
  for (const auto& u : request.upsertions)
    each(u, fault_of(u), [&](const auto& key) {
      const auto made = security::make_credential(key.second, std::string(u.salt), u.salted_password, u.iterations);
      return security::access::scram_edit(key, &made);
    });
  auto response = std::make_shared<kafka::alter_user_scram_credentials_response>();
  std::vector<security::edit> edits;
  for (auto& [name, w] : users) {
    auto& out = response->results.emplace_back();
    out.user = name;
    out.error_message.reset();
    if (w.wrong)
      refuse(out, w.wrong->error, w.wrong->why);
    else
      edits.push_back(std::move(*w.edit));
  }
  c.of->access().settings().change(edits, [c, response](bool stored) {
    if (!stored)
      for (auto& out : response->results)
        if (out.error_code == 0) refuse(out, error_code::kafka_storage_error, "The log could not be written");
    c.answer(*response);
  });
}

}  // namespace mes::bus::handlers
