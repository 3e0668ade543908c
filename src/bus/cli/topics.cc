#include <fmt/format.h>

#include "bus/cli/commands.h"
#include "bus/cli/support.h"

namespace mes::bus::cli {
namespace {

using runtime::kafka_admin;
using runtime::kafka_place;

struct extent {
  kafka_place where;
  std::int64_t start = 0, end = 0;
};

result<std::vector<extent>> extents(kafka_admin& bus, const std::vector<kafka_place>& places) {
  const auto starts = bus.find_offsets(places, kafka_admin::at_start);
  if (!starts) return fail(starts.error());
  const auto ends = bus.find_offsets(places, kafka_admin::at_end);
  if (!ends) return fail(ends.error());
  std::vector<extent> all;
  for (std::size_t i = 0; i < places.size(); ++i) all.push_back({places[i], (*starts)[i].offset, (*ends)[i].offset});
  return all;
}

int show_one(kafka_admin& bus, const std::string& name) {
  const auto topic = bus.topic(name);
  if (!topic) return failed(topic.error());
  const auto found = extents(bus, places_of(*topic));
  if (!found) return failed(found.error());
  const auto configs = bus.configs(name);
  if (!configs) return failed(configs.error());
  text_table partitions({"PARTITION", "START", "END", "RECORDS"});
  for (const extent& e : *found)
    partitions.row({fmt::to_string(e.where.partition), fmt::to_string(e.start), fmt::to_string(e.end),
                    fmt::to_string(e.end - e.start)});
  text_table settings({"SETTING", "VALUE"});
  for (const auto& [key, value] : *configs) settings.row({key, value});
  fmt::print("{}\n{}", partitions.text(), settings.text());
  return 0;
}

int show_all(kafka_admin& bus) {
  const auto topics = bus.topics();
  if (!topics) return failed(topics.error());
  std::vector<kafka_place> places;
  for (const auto& t : *topics)
    for (auto& p : places_of(t)) places.push_back(std::move(p));
  const auto found = extents(bus, places);
  if (!found) return failed(found.error());
  text_table table({"TOPIC", "PARTITIONS", "RECORDS"});
  auto at = found->begin();
  for (const auto& t : *topics) {
    std::int64_t records = 0;
    for (; at != found->end() && at->where.topic == t.name; ++at) records += at->end - at->start;
    table.row({t.name, fmt::to_string(t.partitions), fmt::to_string(records)});
  }
  fmt::print("{}", table.text());
  return 0;
}

}  // namespace

int topics_command(int argc, char** argv) {
  CLI::App app(
      "Topics with their partitions and records: the offsets between start and end, some of which compaction "
      "may have taken.",
      "mes bus topics");
  connection to;
  std::string name;
  app.add_option("topic", name, "This topic alone: its partitions and settings");
  to.add_to(app);
  if (const auto code = parse(app, argc, argv, &to)) return *code;
  kafka_admin bus(to.cluster(), "mes-bus-topics", to.log());
  return name.empty() ? show_all(bus) : show_one(bus, name);
}

}  // namespace mes::bus::cli
