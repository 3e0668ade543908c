// Lines of the StatsD protocol, with the tag styles of its dialects, and the sockets that take them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "gateway/plugins/delivery/blocking_stream.h"
#include "gateway/plugins/delivery/datagrams.h"

namespace mes::gateway {

// "g", "c", "ms", "h", "m", "s", "d" of a metric's type.
std::string_view statsd_type(std::string_view stat_type);

using statsd_tags = std::vector<std::pair<std::string, std::string>>;

struct statsd_metric {
  std::string name;  // with its prefix
  std::string value;
  std::string_view type;
  std::optional<double> sample_rate;
  statsd_tags tags;
  std::string_view tag_style = {};  // dogstatsd, influxdb, librato, signalfx; "" = no tags

  std::string line() const;
};

std::string statsd_number(double value);  // as Lua writes it

// Sends lines: each a datagram, or gathered into datagrams of a size, or over a kept TCP connection.
struct statsd_sender {
  statsd_sender(const std::string& host, std::uint16_t port);

  stream_target to;
  datagram_sender datagrams;
  std::size_t packet_bytes = 0;  // 0: a datagram a line
  bool tcp = false;
  std::unique_ptr<blocking_stream> stream;

  // Entries of one or more lines.
  result<batch_losses> send(const std::vector<std::string>& entries, const wait_end& end);
};

}  // namespace mes::gateway
