#include "gateway/names/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>

#include "gateway/config/read_text.h"
#include "gateway/http/field_id.h"

namespace mes::gateway {
namespace {

constexpr std::int64_t system_ttl_ms = 30'000;  // of what the hosts file and the system's resolver say
constexpr std::int64_t ttl_min_ms = 1'000, ttl_max_ms = 3'600'000;

struct srv_record {
  int priority = 0, weight = 0;
  std::uint16_t port = 0;
  std::string name;
};

// A name inside of a record; "" if it is none.
std::string name_in(const ns_msg& message, const unsigned char* data) {
  std::array<char, NS_MAXDNAME> text{};
  if (dn_expand(ns_msg_base(message), ns_msg_end(message), data, text.data(), text.size()) < 0) return "";
  return text.data();
}

class resolver {
 public:
  explicit resolver(const dns_options& options) {
    _ready = res_ninit(&_state) == 0;
    _state.retrans = options.timeout_s;
    _state.retry = options.tries;
    if (!options.server || options.server->address.ss_family != AF_INET) return;
    std::memcpy(&_state.nsaddr_list[0], &options.server->address, sizeof(sockaddr_in));
    _state.nscount = 1;
  }
  ~resolver() {
    if (_ready) res_nclose(&_state);
  }
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  // Calls visit(message, record) for each answer of that type, of the name or of what it is another name of. False:
  // nobody has told whether there are any.
  template <class Visit>
  [[nodiscard]] bool query(std::string name, ns_type type, std::int64_t& ttl_ms, Visit visit) {
    for (int hops = 0; hops <= aliases_max; ++hops) {
      std::string other;
      if (!ask(name, type, ttl_ms, other, visit)) return false;
      if (other.empty()) return true;
      name = std::move(other);
    }
    return true;  // they lead nowhere
  }

 private:
  // `other` is what to ask for if all that there is for the name is a CNAME.
  template <class Visit>
  bool ask(const std::string& name, ns_type type, std::int64_t& ttl_ms, std::string& other, Visit& visit) {
    if (!_ready) return false;
    int size = res_nquery(&_state, name.c_str(), ns_c_in, type, _answer.get(), answer_bytes);
    if (size <= 0) {
      if (_state.res_h_errno == HOST_NOT_FOUND || _state.res_h_errno == NO_DATA) return true;
      _state.retry = 1;  // it was patient once
      return false;
    }
    ns_msg message;
    if (ns_initparse(_answer.get(), std::min(size, answer_bytes), &message) != 0) return false;
    std::vector<std::pair<std::string, std::string>> aliases;
    bool some = false;
    for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
      ns_rr record;
      if (ns_parserr(&message, ns_s_an, i, &record) != 0) return false;
      ttl_ms = std::min<std::int64_t>(ttl_ms, std::int64_t{ns_rr_ttl(record)} * 1000);
      if (ns_rr_type(record) == ns_t_cname)
        aliases.emplace_back(ns_rr_name(record), name_in(message, ns_rr_rdata(record)));
      if (ns_rr_type(record) != type) continue;
      some = true;
      visit(message, record);
    }
    if (!some) other = end_of(aliases, name);
    return true;
  }

  // The last of the names that lead from one to the next; "" if none leads from `name`.
  static std::string end_of(const std::vector<std::pair<std::string, std::string>>& aliases, std::string_view name) {
    std::string_view end;
    for (std::size_t i = 0; i < aliases.size(); ++i) {
      auto next = std::ranges::find_if(
          aliases, [&](const auto& a) { return equals_ignoring_case(a.first, end.empty() ? name : end); });
      if (next == aliases.end()) break;
      end = next->second;
    }
    return std::string(end);
  }

  static constexpr int aliases_max = 8;
  static constexpr int answer_bytes = 65536;  // no answer is longer

  struct __res_state _state{};
  const std::unique_ptr<unsigned char[]> _answer = std::make_unique_for_overwrite<unsigned char[]>(answer_bytes);
  bool _ready = false;
};

// False: nobody has told.
bool add_addresses(resolver& r, const std::string& name, std::uint16_t port, std::int64_t& ttl_ms,
                   std::vector<endpoint>& out) {
  auto add = [&](int family, std::size_t bytes) {
    return [&, family, bytes](ns_msg&, ns_rr& record) {
      std::array<char, INET6_ADDRSTRLEN> text{};
      if (ns_rr_rdlen(record) != bytes || !inet_ntop(family, ns_rr_rdata(record), text.data(), text.size())) return;
      if (auto e = parse_endpoint(text.data(), port)) out.push_back(std::move(*e));
    };
  };
  std::size_t before = out.size();
  bool told = r.query(name, ns_t_a, ttl_ms, add(AF_INET, 4));
  if (told && out.size() == before) told = r.query(name, ns_t_aaaa, ttl_ms, add(AF_INET6, 16));
  return told;
}

std::vector<srv_record> query_srv(resolver& r, const std::string& name, std::int64_t& ttl_ms, bool& told) {
  std::vector<srv_record> all;
  told = r.query(name, ns_t_srv, ttl_ms, [&](ns_msg& message, ns_rr& record) {
    const unsigned char* data = ns_rr_rdata(record);
    if (ns_rr_rdlen(record) < 7) return;
    std::string target = name_in(message, data + 6);
    if (target.empty()) return;
    all.push_back({.priority = static_cast<int>(ns_get16(data)),
                   .weight = static_cast<int>(ns_get16(data + 2)),
                   .port = static_cast<std::uint16_t>(ns_get16(data + 4)),
                   .name = std::move(target)});
  });
  int best = std::numeric_limits<int>::max();
  for (const srv_record& s : all) best = std::min(best, s.priority);
  std::erase_if(all, [&](const srv_record& s) { return s.priority != best; });
  return all;
}

void add_from_hosts(const std::string& file, const std::string& host, std::uint16_t port, std::vector<endpoint>& out) {
  auto text = read_text(file);
  if (!text) return;
  std::string_view rest = *text;
  while (!rest.empty()) {
    std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    line = line.substr(0, line.find('#'));
    std::string address;
    bool named = false;
    while (!line.empty()) {
      std::size_t stop = line.find_first_of(" \t\r");
      std::string_view word = line.substr(0, stop);
      line = stop == std::string_view::npos ? std::string_view{} : line.substr(stop + 1);
      if (word.empty()) continue;
      if (address.empty())
        address = word;
      else
        named |= equals_ignoring_case(word, host);
    }
    if (!named) continue;
    if (auto e = parse_endpoint(address, port)) out.push_back(std::move(*e));
  }
}

// False: nobody has told.
bool add_from_system(const std::string& host, std::uint16_t port, std::vector<endpoint>& out) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  int failure = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (failure != 0) return failure != EAI_AGAIN && failure != EAI_FAIL && failure != EAI_SYSTEM;
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(list, freeaddrinfo);
  for (const addrinfo* a = list; a; a = a->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(a->ai_addr, a->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) continue;
    if (auto e = parse_endpoint(text.data(), port)) out.push_back(std::move(*e));
  }
  return true;
}

}  // namespace

dns_answer look_up(const std::string& host, std::uint16_t port, const dns_options& options) {
  dns_answer answer{.where = {}, .ttl_ms = system_ttl_ms};
  add_from_hosts(options.hosts_file, host, port, answer.where);
  if (!answer.where.empty()) return answer;
  if (host.find('.') != std::string::npos) {
    resolver r(options);
    std::int64_t ttl_ms = ttl_max_ms;
    bool told = true;
    for (const srv_record& s : query_srv(r, host, ttl_ms, told)) {
      std::size_t before = answer.where.size();
      if (!add_addresses(r, s.name, s.port == 0 ? port : s.port, ttl_ms, answer.where)) answer.untold.push_back(s.name);
      for (std::size_t i = before; i < answer.where.size(); ++i) {
        answer.where[i].weight = std::max(1, s.weight);
        answer.where[i].name = s.name;
      }
    }
    if (answer.where.empty())
      told = add_addresses(r, host, port, ttl_ms, answer.where) && (told || !answer.where.empty());
    answer.unanswered = !told || !answer.untold.empty();
    answer.ttl_ms = std::clamp(ttl_ms, ttl_min_ms, ttl_max_ms);
  }
  if (answer.where.empty() && !answer.unanswered && !options.server) {
    answer.unanswered = !add_from_system(host, port, answer.where);
    answer.ttl_ms = system_ttl_ms;
  }
  return answer;
}

}  // namespace mes::gateway
