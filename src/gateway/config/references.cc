#include "gateway/config/references.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>

namespace mes::gateway {
namespace {

constexpr std::string_view opening = "{vault://";

std::string variable_name(std::string_view resource) {
  std::string out(resource);
  for (char& c : out) {
    if (c == '-') c = '_';
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return out;
}

// A member of the JSON object in `text`, as text.
result<std::string> member_of(const std::string& text, std::string_view key, const std::string& variable) {
  boost::system::error_code failure;
  boost::json::value parsed = boost::json::parse(text, failure);
  const boost::json::object* object = failure ? nullptr : parsed.if_object();
  if (!object)
    return fail(error_code::invalid_argument,
                fmt::format("the environment variable {} holds no JSON object to take '{}' from", variable, key));
  const boost::json::value* found = object->if_contains(boost::json::string_view(key.data(), key.size()));
  if (!found) return fail(error_code::not_found, fmt::format("the JSON in {} has no member '{}'", variable, key));
  if (found->is_string()) return std::string(found->get_string().c_str(), found->get_string().size());
  return boost::json::serialize(*found);
}

}  // namespace

bool is_reference(std::string_view text) { return text.starts_with(opening) && text.ends_with('}'); }

result<std::string> resolve_reference(std::string_view text, const vault_prefixes& vaults) {
  std::string_view inner = text.substr(opening.size(), text.size() - opening.size() - 1);
  std::size_t slash = inner.find('/');
  if (slash == std::string_view::npos)
    return fail(error_code::invalid_argument, fmt::format("reference url is missing path [{}]", text));
  std::string_view vault = inner.substr(0, slash), rest = inner.substr(slash + 1);
  std::string prefix;
  if (auto known = vaults.find(vault); known != vaults.end())
    prefix = known->second;
  else if (vault != "env")
    return fail(error_code::invalid_argument,
                fmt::format("there is no vault '{}'; there are env, and those under 'vaults'", vault));
  rest = rest.substr(0, rest.find('#'));  // a version: the environment has one
  if (std::size_t question = rest.find('?'); question != std::string_view::npos) {
    constexpr std::string_view parameter = "prefix=";
    std::string_view query = rest.substr(question + 1);
    if (query.starts_with(parameter)) prefix = query.substr(parameter.size(), query.find('&') - parameter.size());
    rest = rest.substr(0, question);
  }
  std::size_t last = rest.rfind('/');
  std::string_view resource = rest.substr(0, last);
  std::string_view key = last == std::string_view::npos ? std::string_view() : rest.substr(last + 1);
  if (resource.empty())
    return fail(error_code::invalid_argument, fmt::format("reference url has empty path [{}]", text));
  std::string variable = variable_name(prefix + std::string(resource));
  const char* value = std::getenv(variable.c_str());
  if (!value) return fail(error_code::not_found, fmt::format("the environment variable {} is not set", variable));
  return key.empty() ? result<std::string>(value) : member_of(value, key, variable);
}

}  // namespace mes::gateway
