// Configurations of topics, groups, the broker and its logger: described, set as a whole, changed one by one.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "bus/configs.h"
#include "bus/handlers/admin.h"
#include "bus/handlers/admin_parts.h"
#include "bus/handlers/data.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

using resource = config_resource;
using made_values = std::expected<std::optional<config_values>, refusal>;

bool is_this_broker(std::string_view name) { return name == fmt::to_string(broker::node_id); }

std::unexpected<refusal> no_such_broker(std::string_view name) {
  return refused(
      error_code::invalid_request,
      fmt::format("Unexpected broker id, expected {} or empty string, but received {}", broker::node_id, name));
}

// ---- Describing ----

std::expected<std::vector<shown_config>, refusal> find_configs(broker& b, const log::store& store, std::int8_t type,
                                                               std::string_view name) {
  switch (static_cast<resource>(type)) {
    case resource::topic:
      if (!is_topic_name(name)) return refused(error_code::invalid_topic, "Topic name is invalid");
      if (const auto t = store.find(name)) return topic_configs(b, *t);
      return refused(error_code::unknown_topic_or_partition, "This server does not host this topic-partition.");
    case resource::broker: {
      if (is_this_broker(name)) return broker_configs(b);
      if (!name.empty()) return no_such_broker(name);
      // What is set for all brokers.
      std::vector<shown_config> set;
      for (shown_config& c : broker_configs(b)) {
        std::erase_if(c.synonyms,
                      [](const config_value& v) { return v.source != config_source::dynamic_default_broker; });
        if (!c.synonyms.empty()) set.push_back(std::move(c));
      }
      return set;
    }
    case resource::broker_logger:
      return logger_configs(b, name);
    case resource::group:
      if (name.empty()) return refused(error_code::invalid_request, "Group name must not be empty");
      return group_configs(b, std::string(name));
    case resource::client_metrics:
      if (name.empty())
        return refused(error_code::invalid_request, "Client metrics subscription name must not be empty");
      return client_metrics_configs(b, std::string(name));
    case resource::unknown:
      break;
  }
  return refused(error_code::invalid_request, fmt::format("Unsupported resource type: {}", type));
}

bool is_resource(std::int8_t type) {
  switch (static_cast<resource>(type)) {
    case resource::topic:
    case resource::broker:
    case resource::broker_logger:
    case resource::client_metrics:
    case resource::group:
      return true;
    case resource::unknown:
      break;
  }
  return false;
}

using described = kafka::describe_configs_response::describe_configs_resource_result;

// In one answer: of groups also those that there are not have some, so that a name of two bytes can ask for them.
constexpr std::size_t configs_told_max = 500'000;

// Set for the very resource: shown as it is read. What the broker has is shown as it was written.
bool is_own(config_source source) {
  return source == config_source::topic || source == config_source::group || source == config_source::client_metrics;
}

void show(const shown_config& config, bool synonyms, bool documentation, described& out) {
  out.name = config.name;
  out.value = canonical_value(config.type, config.value());
  out.read_only = config.read_only;
  out.config_source = static_cast<std::int8_t>(config.source());
  out.config_type = static_cast<std::int8_t>(config.type);
  if (documentation) out.documentation = std::string(config.documentation);
  if (synonyms)
    for (const config_value& v : config.synonyms)
      if (v.is_told)
        out.synonyms.push_back({v.name, is_own(v.source) ? canonical_value(config.type, v.value) : v.value,
                                static_cast<std::int8_t>(v.source)});
}

// ---- Changing ----

// What a resource has set now; an error if it cannot have anything. A topic's name is looked at by check().
std::expected<config_values, refusal> set_configs(const broker& b, const log::store& store, resource type,
                                                  const std::string& name) {
  switch (type) {
    case resource::topic:
      if (const auto t = store.find(name)) return t->configs;
      return config_values{};
    case resource::broker:
      if (!name.empty() && !is_this_broker(name)) return no_such_broker(name);
      break;
    case resource::group:
    case resource::client_metrics:
      break;
    default:
      return refused(error_code::invalid_request, fmt::format("Unknown resource type {}", static_cast<int>(type)));
  }
  const auto found = b.access().configs().find({static_cast<std::int8_t>(type), name});
  return found == b.access().configs().end() ? config_values{} : found->second;
}

// In effect when `done` is called.
void store_configs(broker& b, resource type, const std::string& name, const config_values& values,
                   std::move_only_function<void(bool)> done) {
  if (type == resource::topic) return b.store().set_configs(b.store().find(name)->id, values, std::move(done));
  b.access().settings().change({security::access::config_edit({static_cast<std::int8_t>(type), name}, values)},
                               std::move(done));
}

// A list's items, with `more` added or taken away.
std::string changed_list(std::string_view now, std::string_view items, bool append) {
  std::vector<std::string_view> all;
  const auto each = [](std::string_view text, auto&& take) {
    while (!text.empty()) {
      const auto comma = text.find(',');
      if (const auto item = text.substr(0, comma); !item.empty()) take(item);
      text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    }
  };
  each(now, [&](std::string_view item) { all.push_back(item); });
  each(items, [&](std::string_view item) {
    if (!append)
      std::erase(all, item);
    else if (std::ranges::count(all, item) == 0)
      all.push_back(item);
  });
  return fmt::format("{}", fmt::join(all, ","));
}

// What a list has that is not set: its default.
std::string list_now(const config_values& values, const config_row& row) {
  const auto it = values.find(std::string(row.name));
  return it != values.end() ? it->second : std::string(row.default_value);
}

using change = kafka::incremental_alter_configs_request::alterable_config;

enum operation : std::int8_t { set = 0, erase = 1, append = 2, subtract = 3 };

outcome change_one(resource type, const change& wanted, config_values& values) {
  const std::string name(wanted.name);
  if (wanted.config_operation == erase) {  // also of what there is not
    values.erase(name);
    return {};
  }
  if (wanted.config_operation == set) {
    values[name] = *wanted.value;
    return {};
  }
  const config_row* const row = find_config(table_of(type), name);
  // Kafka knows no types of these, though two are lists.
  if (!row || row->type != config_type::list || type == resource::client_metrics)
    return refused(error_code::invalid_config,
                   fmt::format("Can't {} to key {} because its type is not LIST.",
                               wanted.config_operation == append ? "APPEND" : "SUBTRACT", name));
  values[name] = changed_list(list_now(values, *row), *wanted.value, wanted.config_operation == append);
  return {};
}

template <class Configs>
outcome check_names(const Configs& configs) {
  std::set<std::string_view> seen;
  for (const auto& c : configs) {
    if (!seen.insert(c.name).second)
      return refused(error_code::invalid_request, fmt::format("Error due to duplicate config keys: {}", c.name));
  }
  return {};
}

// Only what is taken away may have no value.
outcome check_values(const std::vector<change>& configs) {
  for (const change& wanted : configs)
    if (!wanted.value && wanted.config_operation != erase)
      return refused(error_code::invalid_request, fmt::format("Null value not supported for : {}", wanted.name));
  return {};
}

outcome check_operations(const std::vector<change>& configs) {
  for (const change& wanted : configs)
    if (wanted.config_operation < set || wanted.config_operation > subtract)
      return refused(error_code::invalid_request, fmt::format("Unknown operation {}", wanted.config_operation));
  return {};
}

// In Kafka's order: the name, the values, whether it is there.
outcome check(const broker& b, const log::store& store, resource type, const std::string& name,
              const config_values& values) {
  if (type == resource::topic && name.empty())
    return refused(error_code::invalid_request, "Default topic resources are not allowed.");
  if (type == resource::group && name.empty())
    return refused(error_code::invalid_request, "Default group resources are not allowed.");
  if (type == resource::client_metrics) return check_client_metrics(name, values);
  if (type == resource::topic && !is_topic_name(name))
    return refused(error_code::invalid_topic, "Topic name is invalid");
  if (auto why = check_configs(type, values))
    return refused(type == resource::broker ? error_code::invalid_request : error_code::invalid_config,
                   std::move(*why));
  if (type == resource::group)
    if (auto why = check_group_times(b.settings().groups, values))
      return refused(error_code::invalid_config, std::move(*why));
  if (type == resource::topic && !store.find(name))
    return refused(error_code::unknown_topic_or_partition, fmt::format("The topic '{}' does not exist.", name));
  return {};
}

// What `make_values` makes of a resource is checked and stored; it makes nothing of one that it has changed itself.
template <class Response, class Request, class MakeValues>
void alter(const call& c, const Request& request, MakeValues&& make_values) {
  broker& b = *c.of;
  auto all = std::make_shared<gathered<Response>>(c);
  auto& answers = all->response.responses;
  answers.reserve(request.resources.size());
  const auto key_of = [](const auto& r) { return std::pair(r.resource_type, r.resource_name); };
  auto times = times_named(request.resources, key_of);
  for (const auto& r : request.resources) {
    const auto named = times.extract(key_of(r));
    if (named.empty()) continue;  // told of already
    auto& out = answers.emplace_back();
    out.resource_type = r.resource_type;
    out.resource_name = r.resource_name;
    const auto type = static_cast<resource>(r.resource_type);
    const std::string name(r.resource_name);
    made_values values = named.mapped() > 1
                             ? refused(error_code::invalid_request, "Each resource must appear at most once.")
                             : make_values(r, type, name);
    outcome fine;
    if (!values)
      fine = std::unexpected(values.error());
    else if (*values)
      fine = check(b, b.store(), type, name, **values);
    if (!fine) {
      refuse(out, fine.error().error, fine.error().why);
      continue;
    }
    if (request.validate_only || !*values) continue;
    ++all->left;
    store_configs(b, type, name, **values, [all, &out](bool stored) {
      if (!stored) refuse(out, error_code::kafka_storage_error, "The log could not be written");
      all->done();
    });
  }
  all->done();
}

}  // namespace

void describe_configs(const call& c, kafka::describe_configs_request& request) {
  broker& b = *c.of;
  kafka::describe_configs_response response;
  // A type that there is not is a fault of the whole request.
  const auto odd = std::ranges::find_if(request.resources, [](const auto& r) { return !is_resource(r.resource_type); });
  std::size_t told = 0;
  for (const auto& r : request.resources) {
    auto& out = response.results.emplace_back();
    out.resource_type = r.resource_type;
    out.resource_name = r.resource_name;
    if (odd != request.resources.end()) {
      refuse(out, error_code::invalid_request, fmt::format("Unexpected resource type {}", odd->resource_type));
      continue;
    }
    if (told >= configs_told_max) {
      refuse(out, error_code::policy_violation, "Too many configurations for one answer");
      continue;
    }
    const auto configs = find_configs(b, b.store(), r.resource_type, r.resource_name);
    if (!configs) {
      refuse(out, configs.error().error, configs.error().why);
      continue;
    }
    for (const shown_config& config : *configs)
      if (!r.configuration_keys || r.configuration_keys->empty() ||
          std::ranges::count(*r.configuration_keys, config.name) > 0)
        show(config, request.include_synonyms, request.include_documentation, out.configs.emplace_back());
    told += out.configs.size();
  }
  c.answer(response);
}

// What is not named goes back to its default.
void alter_configs(const call& c, kafka::alter_configs_request& request) {
  alter<kafka::alter_configs_response>(
      c, request, [&](const auto& r, resource type, const std::string& name) -> made_values {
        if (auto fine = check_names(r.configs); !fine) return std::unexpected(fine.error());
        config_values values;
        for (const auto& config : r.configs) {
          if (!config.value)
            return refused(error_code::invalid_request, fmt::format("Null value not supported for : {}", config.name));
          values[std::string(config.name)] = *config.value;
        }
        if (auto now = set_configs(*c.of, c.of->store(), type, name); !now) return std::unexpected(now.error());
        return values;
      });
}

void incremental_alter_configs(const call& c, kafka::incremental_alter_configs_request& request) {
  alter<kafka::incremental_alter_configs_response>(
      c, request, [&](const auto& r, resource type, const std::string& name) -> made_values {
        if (auto fine = check_names(r.configs); !fine) return std::unexpected(fine.error());
        if (auto fine = check_values(r.configs); !fine) return std::unexpected(fine.error());
        if (type == resource::broker_logger) {
          if (auto fine = alter_logger(*c.of, r, request.validate_only); !fine) return std::unexpected(fine.error());
          return std::nullopt;
        }
        auto values = set_configs(*c.of, c.of->store(), type, name);
        if (!values) return std::unexpected(values.error());
        if (auto fine = check_operations(r.configs); !fine) return std::unexpected(fine.error());
        for (const change& wanted : r.configs)
          if (auto fine = change_one(type, wanted, *values); !fine) return std::unexpected(fine.error());
        return values;
      });
}

void list_config_resources(const call& c, kafka::list_config_resources_request& request) {
  static constexpr std::int8_t all_types[] = {2, 4, 8, 16, 32};
  kafka::list_config_resources_response response;
  const auto add = [&](std::string name, resource type) {
    response.config_resources.push_back({std::move(name), static_cast<std::int8_t>(type)});
  };
  std::vector<std::int8_t> types = request.resource_types;
  if (c.version == 0) types = {static_cast<std::int8_t>(resource::client_metrics)};  // all that it knew of
  if (types.empty()) types.assign(std::begin(all_types), std::end(all_types));
  for (const std::int8_t type : types) {
    switch (static_cast<resource>(type)) {
      case resource::topic:
        for (const auto& [name, t] : c.of->store().topics()) add(name, resource::topic);
        break;
      case resource::broker:
      case resource::broker_logger:
        add(fmt::to_string(broker::node_id), static_cast<resource>(type));
        break;
      case resource::group:
      case resource::client_metrics:
        for (const auto& [key, values] : c.of->access().configs())
          if (key.first == type) add(key.second, static_cast<resource>(type));
        break;
      default:
        response = {};
        response.error_code = kafka::code(error_code::unsupported_version);
        return c.answer(response);
    }
  }
  c.answer(response);
}

}  // namespace mes::bus::handlers
