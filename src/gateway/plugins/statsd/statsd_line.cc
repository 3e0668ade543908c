#include "gateway/plugins/statsd/statsd_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace mes::gateway {
namespace {

constexpr std::chrono::milliseconds timeout{1000};

}  // namespace

std::string_view statsd_type(std::string_view stat_type) {
  struct type {
    std::string_view name, letter;
  };
  static constexpr type types[] = {{"gauge", "g"}, {"counter", "c"}, {"timer", "ms"},      {"histogram", "h"},
                                   {"meter", "m"}, {"set", "s"},     {"distribution", "d"}};
  for (const type& t : types)
    if (t.name == stat_type) return t.letter;
  return "c";
}

std::string statsd_number(double value) { return fmt::format("{:.14g}", value); }

std::string statsd_metric::line() const {
  std::string rate = sample_rate && *sample_rate != 1 ? "|@" + statsd_number(*sample_rate) : "";
  std::string list;
  char between = tag_style == "dogstatsd" ? ':' : '=';
  for (const auto& [key, text] : tags) list += fmt::format("{}{}{}{}", list.empty() ? "" : ",", key, between, text);
  if (tag_style.empty()) return fmt::format("{}:{}|{}{}", name, value, type, rate);
  if (tag_style == "dogstatsd") return fmt::format("{}:{}|{}{}|#{}", name, value, type, rate, list);
  if (tag_style == "influxdb") return fmt::format("{},{}:{}|{}{}", name, list, value, type, rate);
  if (tag_style == "librato") return fmt::format("{}#{}:{}|{}{}", name, list, value, type, rate);
  return fmt::format("{}[{}]:{}|{}{}", name, list, value, type, rate);
}

statsd_sender::statsd_sender(const std::string& host, std::uint16_t port)
    : to{.host = host, .port = port, .tls = false, .verify = false, .server_name = {}},
      datagrams(host, port, timeout) {}

result<batch_losses> statsd_sender::send(const std::vector<std::string>& entries, const wait_end& end) {
  if (tcp) {
    if (stream && !stream->looks_alive()) stream.reset();
    if (!stream) {
      auto opened = blocking_stream::open(to, {timeout, end});
      if (!opened) return fail(opened.error());
      stream = std::move(*opened);
    }
    auto written = stream->write_long(fmt::format("{}\n", fmt::join(entries, "\n")), timeout, end);
    if (written) return {};
    stream.reset();
    return fail(written.error());
  }
  std::vector<std::string> packets;
  for (const std::string& entry : entries) {
    std::string_view rest = entry;
    while (!rest.empty()) {
      std::size_t line_end = rest.find('\n');
      std::string_view line = rest.substr(0, line_end);
      rest = line_end == std::string_view::npos ? std::string_view{} : rest.substr(line_end + 1);
      if (packet_bytes > 0 && !packets.empty() && packets.back().size() + 1 + line.size() <= packet_bytes)
        packets.back().append("\n").append(line);
      else
        packets.emplace_back(line);
    }
  }
  auto sent = datagrams.send(packets, end);
  if (sent) sent->entries = std::min(sent->entries, entries.size());  // an entry is one packet or several
  return sent;
}

}  // namespace mes::gateway
