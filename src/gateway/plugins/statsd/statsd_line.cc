#include "gateway/plugins/statsd/statsd_line.h"

#include <fmt/format.h>

namespace mes::gateway {

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

result<void> statsd_sender::send(const std::vector<std::string>& entries) {
  if (tcp) {
    if (stream && !stream->looks_alive()) stream.reset();
    if (!stream) {
      auto opened = blocking_stream::open({.host = host,
                                           .port = port,
                                           .tls = false,
                                           .verify = false,
                                           .server_name = {},
                                           .timeout = std::chrono::milliseconds(1000)});
      if (!opened) return fail(opened.error());
      stream = std::move(*opened);
    }
    auto written = stream->write(fmt::format("{}\n", fmt::join(entries, "\n")));
    if (!written) stream.reset();
    return written;
  }
  std::vector<std::string> datagrams;
  for (const std::string& entry : entries) {
    std::string_view rest = entry;
    while (!rest.empty()) {
      std::size_t end = rest.find('\n');
      std::string_view line = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      if (packet_bytes > 0 && !datagrams.empty() && datagrams.back().size() + 1 + line.size() <= packet_bytes)
        datagrams.back().append("\n").append(line);
      else
        datagrams.emplace_back(line);
    }
  }
  return send_datagrams(host, port, datagrams);
}

}  // namespace mes::gateway
