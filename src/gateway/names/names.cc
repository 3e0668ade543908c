#include "gateway/names/names.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cstring>
#include <utility>

#include "gateway/net/loop.h"

namespace mes::gateway {
namespace {

constexpr std::int64_t another_try_ms = 1'000;    // for what was not found, or not answered
constexpr std::int64_t stale_ms = 4'000;          // as Kong's dns_stale_ttl
constexpr std::int64_t outage_stale_ms = 60'000;  // where no server has answered the last time
constexpr std::int64_t silent_ms = 60'000;        // four heartbeats
constexpr std::size_t names_max = 4096;
constexpr std::size_t resolvers_max = 16, patient_max = resolvers_max / 2;
constexpr std::int64_t silent_answer_ms = 500;  // what takes longer and has no answer is no refusal

std::string text_of(const endpoint& e, std::uint16_t port) {
  char buffer[INET6_ADDRSTRLEN] = {};
  if (e.address.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &e.address, sizeof in);
    inet_ntop(AF_INET, &in.sin_addr, buffer, sizeof buffer);
    return std::string(buffer) + ':' + std::to_string(port);
  }
  sockaddr_in6 in{};
  std::memcpy(&in, &e.address, sizeof in);
  inet_ntop(AF_INET6, &in.sin6_addr, buffer, sizeof buffer);
  return '[' + std::string(buffer) + "]:" + std::to_string(port);
}

bool same(const endpoints& a, const endpoints& b) {
  if (!a || !b) return a == b;
  return std::ranges::equal(*a, *b, [](const endpoint& x, const endpoint& y) {
    return x.text == y.text && x.weight == y.weight && x.name == y.name;
  });
}

}  // namespace

std::optional<endpoint> parse_endpoint(const std::string& host, std::uint16_t port) {
  endpoint e;
  std::string bare = host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
  sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(port)};
  sockaddr_in6 v6{.sin6_family = AF_INET6, .sin6_port = htons(port)};
  if (inet_pton(AF_INET, bare.c_str(), &v4.sin_addr) == 1) {
    std::memcpy(&e.address, &v4, sizeof v4);
    e.address_bytes = sizeof v4;
  } else if (inet_pton(AF_INET6, bare.c_str(), &v6.sin6_addr) == 1) {
    std::memcpy(&e.address, &v6, sizeof v6);
    e.address_bytes = sizeof v6;
  } else {
    return std::nullopt;
  }
  e.text = text_of(e, port);
  return e;
}

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

name_directory::~name_directory() {
  {
    std::lock_guard lock(_lock);
    _stopping = true;
  }
  _asked.notify_all();
  _resolvers.clear();
}

void name_directory::note(const heartbeat& beat, std::int64_t now_ms) {
  auto where = parse_endpoint(beat.host, beat.port);
  if (!where) return;  // names of hosts are DNS's matter
  std::string instance_key = where->text;
  std::lock_guard lock(_lock);
  if (!_services.contains(beat.service) && _services.size() >= names_max) return;
  auto& instances = _services[beat.service];
  bool changed = false;
  if (beat.stopping) {
    changed = instances.erase(instance_key) > 0;
  } else if (instances.size() < names_max) {
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

endpoints name_directory::find_service(const std::string& host) {
  auto found = _services.find(host);
  if (found == _services.end() || found->second.empty()) return nullptr;
  auto list = std::make_shared<std::vector<endpoint>>();
  for (const auto& [key, i] : found->second) list->push_back(i.where);
  return list;
}

name_directory::answer name_directory::find(const std::string& host, std::uint16_t port, std::int64_t now_ms,
                                            std::function<void()> changed) {
  auto one = [](const endpoint& e) {
    return answer{state::known, std::make_shared<const std::vector<endpoint>>(1, e)};
  };
  if (auto e = parse_endpoint(host == "localhost" ? "127.0.0.1" : host, port)) return one(*e);
  std::lock_guard lock(_lock);
  if (_loopback && host.find('.') == std::string::npos) {
    if (auto list = find_service(host)) return {state::known, list};
    int usual = port + _port_offset;
    if (usual > 65535) return {state::unknown, nullptr};
    return one(*parse_endpoint("127.0.0.1", static_cast<std::uint16_t>(usual)));
  }
  if (_looked_up.size() >= names_max && !_looked_up.contains({host, port})) {
    // Names that are still asked for are looked up anew when they expire.
    std::erase_if(_looked_up, [&](const auto& e) {
      return e.second.expires_ms <= now_ms && !e.second.asked_ms && e.second.waiters.empty();
    });
    if (_looked_up.size() >= names_max) return {state::unknown, nullptr};
  }
  looked_up& entry = _looked_up[{host, port}];
  bool fresh = entry.expires_ms > now_ms;
  if (!fresh && !entry.asked_ms) {
    entry.asked_ms = now_ms;
    // The system's own search, which takes names without a dot, has but one patience.
    (host.find('.') == std::string::npos ? _patient_queue : _queue).emplace_back(host, port);
    if (_idle_resolvers < _queue.size() + _patient_queue.size() && _resolvers.size() < resolvers_max)
      _resolvers.emplace_back("resolver", [this] { look_up_names(); });
    _asked.notify_one();
  }
  // An old answer does until the new one is there, however long that takes; but what nobody has asked for in a while
  // may be anybody's address by now.
  const std::int64_t old_ms = entry.unanswered ? outage_stale_ms : stale_ms;
  bool usable = fresh || *entry.asked_ms < entry.expires_ms + old_ms;
  std::int64_t until_ms = fresh ? entry.expires_ms : now_ms + another_try_ms;
  if (entry.where && usable) return {state::known, entry.where, until_ms};
  if (fresh && !entry.asked_ms) return {state::unknown, nullptr, until_ms};
  entry.waiters.push_back(std::move(changed));
  return {state::waiting, nullptr};
}

bool name_directory::has_questions() const {
  return !_queue.empty() || (!_patient_queue.empty() && _patient < patient_max);
}

void name_directory::look_up_names() {
  std::unique_lock lock(_lock);
  while (true) {
    ++_idle_resolvers;
    _asked.wait(lock, [&] { return _stopping || has_questions(); });
    --_idle_resolvers;
    if (_stopping) return;
    const bool patient = _queue.empty();
    auto& queue = patient ? _patient_queue : _queue;
    auto name = std::move(queue.front());
    queue.pop_front();
    _patient += patient;
    lock.unlock();
    dns_options how = _dns;
    if (!patient) how.timeout_s = how.tries = 1;
    const std::int64_t began_us = net_loop::clock_us();
    dns_answer answer = look_up(name.first, name.second, how);
    const bool silent = answer.unanswered && net_loop::clock_us() - began_us >= silent_answer_ms * 1000;
    lock.lock();
    _patient -= patient;
    looked_up& entry = _looked_up[name];
    keep(entry, std::move(answer));
    const bool again = silent && !patient;
    if (again) {
      _patient_queue.push_back(std::move(name));
      _asked.notify_one();
    } else {
      entry.asked_ms.reset();
    }
    std::vector<std::function<void()>> waiters;
    if (entry.where || !again) waiters.swap(entry.waiters);
    lock.unlock();
    for (auto& w : waiters) w();
    lock.lock();
  }
}

// What a server in trouble has not told stays as it was, until one says that it is otherwise: an outage of DNS is not
// to be one of the services. That is longer than Kong's dns_stale_ttl; a server that is asked again each second ends
// it.
void name_directory::keep(looked_up& entry, dns_answer answer) {
  std::vector<endpoint>& now = answer.where;
  if (answer.unanswered && entry.where) {
    const bool all = now.empty();
    for (const endpoint& old : *entry.where)
      if (all || std::ranges::find(answer.untold, old.name) != answer.untold.end()) now.push_back(old);
  }
  endpoints found = now.empty() ? nullptr : std::make_shared<const std::vector<endpoint>>(std::move(now));
  entry.expires_ms = net_loop::clock_us() / 1000 + (found && !answer.unanswered ? answer.ttl_ms : another_try_ms);
  if (!same(entry.where, found)) _generation.fetch_add(1, std::memory_order_release);
  entry.where = std::move(found);
  entry.unanswered = answer.unanswered;
}

}  // namespace mes::gateway
