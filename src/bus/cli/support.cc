#include "bus/cli/support.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/instant.h"
#include "base/split.h"
#include "base/utf8.h"
#include "bus/cli/client_properties.h"
#include "bus/log/number_text.h"
#include "runtime/config.h"

namespace mes::bus::cli {
namespace {

constexpr int default_port = 9092;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_number(const std::string& text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '+'; });
}

// The client would only wait for such a bus.
result<void> check_addresses(std::string_view bus) {
  if (bus.empty()) return {};
  for (const std::string_view entry : split(bus, ',')) {
    const std::string_view one = log::trimmed(entry);
    const auto colon = one.rfind(':');
    const bool has_port = colon != std::string_view::npos && one.back() != ']';
    const auto port = has_port ? whole_number(one.substr(colon + 1)) : default_port;
    const std::string_view host = one.substr(0, has_port ? colon : one.size());
    const bool bare_ipv6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
    if (host.empty() || bare_ipv6 || !port || *port < 1 || *port > UINT16_MAX)
      return fail(error_code::invalid_argument, fmt::format("--bus: '{}' is not HOST:PORT, as [::1]:9092", one));
  }
  return {};
}

}  // namespace

void connection::add_to(CLI::App& app) {
  app.get_formatter()->column_width(32);
  app.add_option("--bus", _bus, "Address of the bus [default: 127.0.0.1:9092, moved by the port offset] [MES_BUS]")
      ->envname("MES_BUS");
  app.add_option("--port-offset", _port_offset, "Of the platform on this machine [default: 0] [MES_PORT_OFFSET]")
      ->envname("MES_PORT_OFFSET")
      ->check(CLI::Range(0, runtime::port_offset_max));
  app.add_option("--command-config", _command_config,
                 "File of TLS and SASL settings, as Kafka's tools take it: security.protocol, sasl.mechanism, "
                 "sasl.jaas.config, ssl.truststore.location, … [MES_BUS_COMMAND_CONFIG]")
      ->envname("MES_BUS_COMMAND_CONFIG");
}

result<void> connection::prepare() {
  if (auto fine = check_addresses(_bus); !fine) return fine;
  _cluster.bootstrap = _bus;
  if (!_command_config.empty()) {
    auto read = read_client_properties(_command_config, _bus);
    if (!read) return fail(std::move(read.error()));
    _cluster = std::move(*read);
  }
  if (_cluster.bootstrap.empty()) _cluster.bootstrap = fmt::format("127.0.0.1:{}", default_port + _port_offset);
  return {};
}

std::optional<int> parse(CLI::App& app, int argc, char** argv, connection* to) {
  if (const auto code = runtime::parse_command_line(app, argc, argv)) return code;
  if (to != nullptr)
    if (const auto ready = to->prepare(); !ready) return failed(ready.error());
  return std::nullopt;
}

int failed(const error& e) {
  fmt::print(stderr, "mes bus: {}\n", e.message);
  return e.code == error_code::invalid_argument ? exit_usage : exit_failed;
}

result<start_point> parse_start_point(std::string_view text) {
  using kind = start_point::kind;
  if (text == "earliest") return start_point{kind::earliest, 0};
  if (text == "latest") return start_point{kind::latest, 0};
  if (const auto number = whole_number(text))
    return *number < 0 ? start_point{kind::before_end, -*number} : start_point{kind::offset, *number};
  if (const auto time = instant::parse(text)) return start_point{kind::time, time->ms()};
  return fail(error_code::invalid_argument,
              fmt::format("'{}' is no place in a topic: earliest, latest, an offset (17), -N for N records before the "
                          "end, or a time (2026-01-31T08:00:00Z)",
                          text));
}

// Of the new protocol only the state is known.
bool has_members(const runtime::kafka_group& group) {
  return group.described ? !group.members.empty() : group.state != "Empty";
}

std::vector<runtime::kafka_place> places_of(const runtime::kafka_topic& topic) {
  std::vector<runtime::kafka_place> places;
  for (std::int32_t p = 0; p < topic.partitions; ++p) places.push_back({topic.name, p, -1});
  return places;
}

result<std::vector<runtime::kafka_place>> resolve(runtime::kafka_admin& bus, std::vector<runtime::kafka_place> places,
                                                  const start_point& at) {
  using kind = start_point::kind;
  using runtime::kafka_admin;
  if (at.what == kind::earliest) return bus.find_offsets(std::move(places), kafka_admin::at_start);
  if (at.what == kind::latest) return bus.find_offsets(std::move(places), kafka_admin::at_end);
  // A time before 1970 would be one of the protocol's own marks, as -1 for the end; no record is older than 1970.
  if (at.what == kind::time) return bus.find_offsets(std::move(places), std::max<std::int64_t>(at.value, 0));
  const auto starts = bus.find_offsets(places, kafka_admin::at_start);
  if (!starts) return starts;
  auto ends = bus.find_offsets(std::move(places), kafka_admin::at_end);
  if (!ends) return ends;
  for (std::size_t i = 0; i < ends->size(); ++i) {
    const std::int64_t start = (*starts)[i].offset, end = (*ends)[i].offset;
    (*ends)[i].offset = std::clamp(at.what == kind::offset ? at.value : end - at.value, start, std::max(start, end));
  }
  return ends;
}

std::string text_table::text() const {
  std::vector<std::size_t> widths(_rows.front().size());
  std::vector<bool> numbers(widths.size(), _rows.size() > 1);
  for (std::size_t r = 0; r < _rows.size(); ++r)
    for (std::size_t c = 0; c < widths.size(); ++c) {
      widths[c] = std::max(widths[c], _rows[r][c].size());
      if (r > 0 && !is_number(_rows[r][c])) numbers[c] = false;
    }
  std::string out;
  for (const auto& row : _rows) {
    std::string line;
    for (std::size_t c = 0; c < widths.size(); ++c)
      line += numbers[c] ? fmt::format("{:>{}}  ", row[c], widths[c]) : fmt::format("{:<{}}  ", row[c], widths[c]);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

namespace {

// U+0000 to U+001F, U+007F, and U+0080 to U+009F, which terminals follow as well.
bool is_control(std::string_view character) {
  const auto at = [character](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return at(0) < 0x20 || at(0) == 0x7f;
  return character.size() == 2 && at(0) == 0xc2 && at(1) < 0xa0;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view one = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(one.size());
    if (one == "\n")
      out += "\\n";
    else if (one == "\t")
      out += "\\t";
    else if (one == "\\")
      out += "\\\\";
    else if (length == 0 || is_control(one))
      for (const char c : one) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += one;
  }
  return out;
}

}  // namespace mes::bus::cli
