#include "gateway/names/names.h"

#include <boost/json/parse.hpp>
#include <utility>

namespace mes::gateway {
namespace {

constexpr std::int64_t silent_ms = 60'000;  // four heartbeats
constexpr std::size_t services_max = 4096, instances_max = 4096;

}  // namespace

std::optional<heartbeat> parse_heartbeat(std::string_view key, std::string_view text) {
  namespace json = boost::json;
  boost::system::error_code failure;
  json::value value = json::parse(json::string_view(text.data(), text.size()), failure);
  if (failure || !value.is_object()) return std::nullopt;
  const json::object& o = value.get_object();
  auto string = [&](std::string_view name) {
    const json::value* v = o.if_contains(name);
    return v && v->is_string() ? std::string(v->get_string().c_str()) : std::string();
  };
  const json::value* port = o.if_contains("port");
  if (!port || !port->is_int64() || port->get_int64() < 1 || port->get_int64() > 65535) return std::nullopt;
  heartbeat beat{.service = string("service"),
                 .instance = std::string(key),
                 .host = string("host"),
                 .port = static_cast<std::uint16_t>(port->get_int64()),
                 .stopping = string("status") == "stopping"};
  if (beat.service.empty() || beat.host.empty()) return std::nullopt;
  return beat;
}

name_directory::name_directory(bool loopback, int port_offset, dns_options dns)
    : _loopback(loopback), _port_offset(port_offset), _dns(std::move(dns)) {}

void name_directory::note(const heartbeat& beat, std::int64_t now_ms) {
  auto where = parse_endpoint(beat.host, beat.port);
  if (!where) return;  // names of hosts are DNS's matter
  std::string instance_key = where->text;
  std::lock_guard lock(_lock);
  if (!_services.contains(beat.service) && _services.size() >= services_max) return;
  auto& instances = _services[beat.service];
  bool changed = false;
  if (beat.stopping) {
    changed = instances.erase(instance_key) > 0;
  } else if (instances.size() < instances_max) {
    auto [at, added] = instances.try_emplace(instance_key, instance{.where = std::move(*where)});
    at->second.heard_ms = now_ms;
    changed = added;
  }
  if (changed) _generation.fetch_add(1, std::memory_order_release);
}

void name_directory::forget_silent(std::int64_t now_ms) {
  std::lock_guard lock(_lock);
  std::size_t gone = 0;
  for (auto& [name, instances] : _services)
    gone += std::erase_if(instances, [&](const auto& i) { return now_ms - i.second.heard_ms > silent_ms; });
  if (gone > 0) _generation.fetch_add(1, std::memory_order_release);
}

std::size_t name_directory::instances() const {
  std::lock_guard lock(_lock);
  std::size_t count = 0;
  for (const auto& [name, instances] : _services) count += instances.size();
  return count;
}

endpoints name_directory::find_service(const std::string& host) const {
  std::lock_guard lock(_lock);
  auto found = _services.find(host);
  if (found == _services.end() || found->second.empty()) return nullptr;
  auto list = std::make_shared<std::vector<endpoint>>();
  for (const auto& [key, i] : found->second) list->push_back(i.where);
  return list;
}

name_answer name_directory::find(const std::string& host, std::uint16_t port, std::int64_t now_ms,
                                 std::function<void()> changed) {
  auto one = [](const endpoint& e) {
    return name_answer{name_state::known, std::make_shared<const std::vector<endpoint>>(1, e)};
  };
  if (auto e = parse_endpoint(host == "localhost" ? "127.0.0.1" : host, port)) return one(*e);
  if (!_loopback || host.find('.') != std::string::npos) return _dns.find(host, port, now_ms, std::move(changed));
  if (auto list = find_service(host)) return {name_state::known, list};
  int usual = port + _port_offset;
  if (usual > 65535) return {};
  return one(*parse_endpoint("127.0.0.1", static_cast<std::uint16_t>(usual)));
}

}  // namespace mes::gateway
