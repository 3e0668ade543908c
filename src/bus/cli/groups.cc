#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "bus/cli/commands.h"
#include "bus/cli/support.h"

namespace mes::bus::cli {
namespace {

using runtime::kafka_admin;
using runtime::kafka_group;
using runtime::kafka_place;

struct progress {
  kafka_place committed;
  std::int64_t end = 0;
  std::int64_t lag() const { return std::max<std::int64_t>(0, end - committed.offset); }
};

result<std::vector<progress>> progress_of(kafka_admin& bus, const std::string& group) {
  const auto committed = bus.committed(group);
  if (!committed) return fail(committed.error());
  std::vector<progress> all;
  if (committed->empty()) return all;
  const auto ends = bus.find_offsets(*committed, kafka_admin::at_end);
  if (!ends) return fail(ends.error());
  for (std::size_t i = 0; i < committed->size(); ++i) all.push_back({(*committed)[i], (*ends)[i].offset});
  return all;
}

int show_all(kafka_admin& bus) {
  const auto groups = bus.groups();
  if (!groups) return failed(groups.error());
  text_table table({"GROUP", "STATE", "ASSIGNOR", "MEMBERS", "LAG"});
  for (const kafka_group& g : *groups) {
    const auto read = progress_of(bus, g.name);
    if (!read) return failed(read.error());
    std::int64_t lag = 0;
    for (const progress& p : *read) lag += p.lag();
    table.row({printable(g.name), g.state, g.assignor.empty() ? "-" : printable(g.assignor),
               g.described ? fmt::to_string(g.members.size()) : "?", fmt::to_string(lag)});
  }
  fmt::print("{}", table.text());
  return 0;
}

int show_one(kafka_admin& bus, const std::string& name) {
  const auto group = bus.group(name);
  if (!group) return failed(group.error());
  const auto read = progress_of(bus, name);
  if (!read) return failed(read.error());
  if (group->described && group->members.empty() && read->empty())
    return failed(error(error_code::not_found, fmt::format("There is no group {}", name)));
  std::map<kafka_place, const runtime::kafka_group_member*> owners;
  for (const auto& m : group->members)
    for (const kafka_place& p : m.assigned) owners[p] = &m;
  text_table table({"TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "CLIENT", "HOST"});
  const auto add = [&](const kafka_place& where, const std::string& committed, const std::string& end,
                       const std::string& lag) {
    const auto owner = owners.find({where.topic, where.partition, -1});
    table.row({where.topic, fmt::to_string(where.partition), committed, end, lag,
               owner == owners.end() ? "-" : printable(owner->second->client_id),
               owner == owners.end() ? "-" : printable(owner->second->host)});
    if (owner != owners.end()) owners.erase(owner);
  };
  for (const progress& p : *read)
    add(p.committed, fmt::to_string(p.committed.offset), fmt::to_string(p.end), fmt::to_string(p.lag()));
  const auto uncommitted = owners;
  for (const auto& [where, member] : uncommitted) add(where, "-", "-", "-");
  const std::string members =
      !group->described ? "of the protocol of KIP-848, whose members are not shown here"
                        : fmt::format("{} member{}", group->members.size(), group->members.size() == 1 ? "" : "s");
  fmt::print("{}: {}, {}\n\n{}", printable(name), group->state, members, table.text());
  return 0;
}

}  // namespace

int groups_command(int argc, char** argv) {
  CLI::App app("Consumer groups: who is a member, how far they have read, how far they are behind.", "mes bus groups");
  connection to;
  std::string name;
  app.add_option("group", name, "This group alone: its partitions, with who reads them");
  to.add_to(app);
  if (const auto code = parse(app, argc, argv, &to)) return *code;
  kafka_admin bus(to.cluster(), "mes-bus-groups", to.log());
  return name.empty() ? show_all(bus) : show_one(bus, name);
}

int reset_offsets_command(int argc, char** argv) {
  CLI::App app("Sets from where a consumer group reads a topic. The group must have no members.",
               "mes bus reset-offsets");
  connection to;
  std::string group, topic, where;
  std::int32_t partition = -1;
  bool dry_run = false;
  app.add_option("group", group, "The consumer group")->required();
  app.add_option("topic", topic, "The topic")->required();
  app.add_option("--to", where,
                 "earliest, latest, an offset, -N for N records before the end of each partition, or a time "
                 "(2026-01-31T08:00:00Z)")
      ->required();
  app.add_option("--partition", partition, "Only this partition")->check(CLI::Range(0, INT32_MAX));
  app.add_flag("--dry-run", dry_run, "Show what would be set, and set nothing");
  to.add_to(app);
  if (const auto code = parse(app, argc, argv, &to)) return *code;
  const auto at = parse_start_point(where);
  if (!at) return failed(at.error());
  kafka_admin bus(to.cluster(), "mes-bus-reset-offsets", to.log());
  const auto found = bus.topic(topic);
  if (!found) return failed(found.error());
  auto places = places_of(*found);
  if (partition >= found->partitions)
    return failed(error(error_code::invalid_argument,
                        fmt::format("{} has the partitions 0 to {}", topic, found->partitions - 1)));
  if (partition >= 0) places = {{topic, partition, -1}};
  const auto targets = resolve(bus, places, *at);
  if (!targets) return failed(targets.error());
  const auto described = bus.group(group);
  if (!described) return failed(described.error());
  if (has_members(*described) && !dry_run)
    return failed(
        error(error_code::conflict,
              fmt::format("Group {} has members, which would overwrite it: stop them first (mes bus groups {})", group,
                          group)));
  const auto committed = bus.committed(group);
  if (!committed) return failed(committed.error());
  text_table table({"TOPIC", "PARTITION", "FROM", "TO"});
  for (const kafka_place& p : *targets) {
    const auto before = std::ranges::find_if(
        *committed, [&](const kafka_place& c) { return c.topic == p.topic && c.partition == p.partition; });
    table.row({p.topic, fmt::to_string(p.partition), before == committed->end() ? "-" : fmt::to_string(before->offset),
               fmt::to_string(p.offset)});
  }
  if (!dry_run)
    if (const auto set = bus.set_committed(group, *targets); !set) return failed(set.error());
  fmt::print("{}{}", table.text(), dry_run ? "\nNothing was set (--dry-run).\n" : "");
  return 0;
}

}  // namespace mes::bus::cli
