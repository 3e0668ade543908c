// ACLs: described by a filter, made, deleted by filters.
#include <memory>
#include <set>

#include "bus/handlers/admin.h"
#include "bus/handlers/admin_parts.h"
#include "bus/security/acl.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

constexpr std::string_view disabled = "No Authorizer is configured.";
// Those that all filters of a request fit, each as often as one does. Kafka deletes 10,000 by a request at most.
constexpr std::size_t matches_max = 100'000;

template <class Filter>
security::acl_filter filter_of(const Filter& f) {
  const auto owned = [](const std::optional<std::string_view>& text) {
    return text ? std::optional<std::string>(*text) : std::nullopt;
  };
  return {static_cast<security::resource_type>(f.resource_type_filter),
          static_cast<security::pattern_type>(f.pattern_type_filter),
          owned(f.resource_name_filter),
          owned(f.principal_filter),
          owned(f.host_filter),
          static_cast<security::operation>(f.operation),
          static_cast<security::permission>(f.permission_type)};
}

security::acl_binding binding_of(const kafka::create_acls_request::acl_creation& a) {
  return {static_cast<security::resource_type>(a.resource_type),
          static_cast<security::pattern_type>(a.resource_pattern_type),
          std::string(a.resource_name),
          std::string(a.principal),
          std::string(a.host),
          static_cast<security::operation>(a.operation),
          static_cast<security::permission>(a.permission_type)};
}

}  // namespace

void describe_acls(const call& c, kafka::describe_acls_request& request) {
  kafka::describe_acls_response response;
  response.error_message.reset();
  const security::acl_filter filter = filter_of(request);
  if (!c.authorizes()) {
    refuse(response, error_code::security_disabled, disabled);
    return c.answer(response);
  }
  if (const auto why = fault_of(filter)) {
    refuse(response, error_code::invalid_request, *why);
    return c.answer(response);
  }
  for (security::acl_binding& b : c.of->access().acls().find(filter)) {
    // They come in the order of their resources.
    auto* last = response.resources.empty() ? nullptr : &response.resources.back();
    const auto type = static_cast<std::int8_t>(b.resource), pattern = static_cast<std::int8_t>(b.pattern);
    if (!last || last->resource_type != type || last->pattern_type != pattern || last->resource_name != b.name)
      last = &response.resources.emplace_back(type, b.name, pattern);
    last->acls.push_back({std::move(b.principal), std::move(b.host), static_cast<std::int8_t>(b.what),
                          static_cast<std::int8_t>(b.verdict)});
  }
  c.answer(response);
}

void create_acls(const call& c, kafka::create_acls_request& request) {
  auto response = std::make_shared<kafka::create_acls_response>();
  std::vector<security::edit> edits;
  for (const auto& creation : request.creations) {
    auto& out = response->results.emplace_back();
    out.error_message.reset();
    const security::acl_binding b = binding_of(creation);
    if (!c.authorizes())
      refuse(out, error_code::security_disabled, disabled);
    else if (const auto why = fault_of(b))
      refuse(out, error_code::invalid_request, *why);
    else
      edits.push_back({security::entry_kind::acl, encode_binding(b), ""});
  }
  c.of->access().settings().change(edits, [c, response](bool stored) {
    if (!stored)
      for (auto& out : response->results)
        if (out.error_code == 0) refuse(out, error_code::kafka_storage_error, "The log could not be written");
    c.answer(*response);
  });
}

void delete_acls(const call& c, kafka::delete_acls_request& request) {
  auto response = std::make_shared<kafka::delete_acls_response>();
  std::set<std::string> gone;  // each once, however many filters it fits
  std::size_t matches = 0;
  for (const auto& wanted : request.filters) {
    auto& out = response->filter_results.emplace_back();
    out.error_message.reset();
    const security::acl_filter filter = filter_of(wanted);
    if (!c.authorizes()) {
      refuse(out, error_code::security_disabled, disabled);
      continue;
    }
    if (const auto why = fault_of(filter)) {
      refuse(out, error_code::invalid_request, *why);
      continue;
    }
    const auto found =
        matches > matches_max ? std::vector<security::acl_binding>{} : c.of->access().acls().find(filter);
    matches += found.size();
    if (matches > matches_max) {
      refuse(out, error_code::policy_violation,
             fmt::format("The filters of one request may fit {} ACLs together", matches_max));
      continue;
    }
    for (const security::acl_binding& b : found) {
      gone.insert(encode_binding(b));
      out.matching_acls.push_back({0, std::nullopt, static_cast<std::int8_t>(b.resource), b.name,
                                   static_cast<std::int8_t>(b.pattern), b.principal, b.host,
                                   static_cast<std::int8_t>(b.what), static_cast<std::int8_t>(b.verdict)});
    }
  }
  std::vector<security::edit> edits;
  for (const std::string& key : gone) edits.push_back({security::entry_kind::acl, key, std::nullopt});
  c.of->access().settings().change(edits, [c, response](bool stored) {
    if (!stored)
      for (auto& out : response->filter_results)
        for (auto& acl : out.matching_acls)
          refuse(acl, error_code::kafka_storage_error, "The log could not be written");
    c.answer(*response);
  });
}

}  // namespace mes::bus::handlers
