#include "gateway/proxy/real_ip.h"

#include <charconv>
#include <ranges>
#include <string_view>
#include <utility>

namespace mes::gateway {
namespace {

struct entry {
  std::string_view address, port;
};

// "address", "address:port", "[address]", "[address]:port".
entry split_entry(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return {.address = text, .port = {}};
    return {.address = text.substr(1, end - 1), .port = text.substr(end + 1)};
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos)
    return {.address = text, .port = {}};
  return {.address = text.substr(0, colon), .port = text.substr(colon)};
}

// Nothing: it is none. As for nginx, an entry whose port is no port is none.
std::optional<told_client> client_of(std::string_view text) {
  const entry e = split_entry(text);
  if (!ip_range::parse_address(e.address)) return std::nullopt;
  told_client client{.address = std::string(e.address)};
  if (e.port.empty()) return client;
  const char* end = e.port.data() + e.port.size();
  const auto read = std::from_chars(e.port.data() + 1, end, client.port);
  if (e.port.front() != ':' || read.ec != std::errc{} || read.ptr != end || client.port == 0) return std::nullopt;
  return client;
}

// The last word of a list, which is left without it; they are parted by commas and, as in nginx, by blanks.
std::string_view take_last(std::string_view& list) {
  constexpr std::string_view between = ", \t";
  list = list.substr(0, list.find_last_not_of(between) + 1);
  std::string_view last = list.substr(list.find_last_of(between) + 1);
  list.remove_suffix(last.size());
  return last;
}

}  // namespace

// As ngx_http_get_forwarded_addr: from the last one on, as far as they can be read and those behind are trusted.
std::optional<told_client> real_client(const header_table& headers, const real_ip_options& options) {
  std::optional<told_client> client;
  for (const header_view& h : std::views::reverse(headers)) {
    if (!equals_ignoring_case(h.name, options.header)) continue;
    std::string_view said = h.value;
    do {
      auto one = client_of(take_last(said));
      if (!one) return client;
      client = std::move(one);
      if (!options.recursive || !options.trusted.contains(client->address)) return client;
    } while (!said.empty());
  }
  return client;
}

}  // namespace mes::gateway
