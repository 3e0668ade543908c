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
  for (const auto& [key, credential] : c.of->access().scram())
    if (key.first == out.user)
      out.credential_infos.push_back({static_cast<std::int8_t>(key.second), credential.iterations});
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
  if (u.salt.empty() || u.salted_password.empty())
    return fault{error_code::unacceptable_credential, "The salt or the salted password is empty"};
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
  std::set<std::string_view> seen;
  for (const auto& wanted : *request.users) {
    if (!seen.insert(wanted.name).second) continue;
    described& out = response.results.emplace_back();
    out.error_message.reset();
    out.user = wanted.name;
    const auto same = std::ranges::count_if(*request.users, [&](const auto& u) { return u.name == wanted.name; });
    if (same > 1) {
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

// A user's changes are made all or not at all.
void alter_user_scram_credentials(const call& c, kafka::alter_user_scram_credentials_request& request) {
  struct wanted {
    std::optional<fault> wrong;
    std::vector<security::edit> edits;
    std::set<std::int8_t> mechanisms;
  };
  std::map<std::string, wanted> users;
  const auto of = [&](std::string_view name, std::int8_t mechanism) -> wanted& {
    wanted& w = users[std::string(name)];
    if (!w.mechanisms.insert(mechanism).second && !w.wrong)
      w.wrong = fault{error_code::duplicate_resource, "A user credential cannot be altered twice in the same request"};
    return w;
  };
  for (const auto& d : request.deletions) {
    wanted& w = of(d.name, d.mechanism);
    const auto hash = hash_of(d.mechanism);
    if (w.wrong) continue;
    if (!hash)
      w.wrong = fault{error_code::unsupported_sasl_mechanism, "Unknown SCRAM mechanism"};
    else if (!c.of->access().scram().contains({std::string(d.name), *hash}))
      w.wrong = fault{error_code::resource_not_found, "Attempt to delete a user credential that does not exist"};
    else
      w.edits.push_back(security::access::scram_edit({std::string(d.name), *hash}, nullptr));
  }
  for (const auto& u : request.upsertions) {
    wanted& w = of(u.name, u.mechanism);
    if (!w.wrong) w.wrong = fault_of(u);
    if (w.wrong) continue;
    const auto hash = *hash_of(u.mechanism);
    const auto credential = security::make_credential(hash, std::string(u.salt), u.salted_password, u.iterations);
    w.edits.push_back(security::access::scram_edit({std::string(u.name), hash}, &credential));
  }
  auto response = std::make_shared<kafka::alter_user_scram_credentials_response>();
  std::vector<security::edit> edits;
  for (auto& [name, w] : users) {
    auto& out = response->results.emplace_back();
    out.user = name;
    out.error_message.reset();
    if (w.wrong)
      refuse(out, w.wrong->error, w.wrong->why);
    else
      std::ranges::move(w.edits, std::back_inserter(edits));
  }
  c.of->access().settings().change(edits, [c, response](bool stored) {
    if (!stored)
      for (auto& out : response->results)
        if (out.error_code == 0) refuse(out, error_code::kafka_storage_error, "The log could not be written");
    c.answer(*response);
  });
}

}  // namespace mes::bus::handlers
