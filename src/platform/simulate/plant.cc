#include "platform/simulate/plant.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace mes::platform {
namespace {

struct machine_class {
  std::string_view name;
  int count;
};
constexpr machine_class classes[] = {{"Saw", 1},       {"Lathe", 3},      {"Mill", 3},   {"Grinder", 2},
                                     {"Deburring", 1}, {"Inspection", 1}, {"Packing", 1}};

constexpr std::string_view part_names[] = {"Drive shaft", "Bearing housing", "Valve body",  "Pump impeller",
                                           "Gear blank",  "Flange DN50",     "Spindle nut", "Hydraulic piston"};

std::string machine(std::string_view name, std::int64_t number) { return fmt::format("{} {}", name, number); }

}  // namespace

std::uint64_t seeded_random::next() {
  std::uint64_t z = (_state += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

std::int64_t seeded_random::between(std::int64_t least, std::int64_t most) {
  return least + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(most - least + 1));
}

plant::plant(std::uint64_t seed) {
  seeded_random random(seed);
  for (const machine_class& c : classes)
    for (int i = 1; i <= c.count; ++i) _machines.push_back({machine(c.name, i), machine(c.name, i)});
  for (int i = 1; i <= 14; ++i) _workers.push_back({fmt::format("S{:03}", i), fmt::format("Simulated worker {}", i)});
  for (std::size_t p = 0; p < std::size(part_names); ++p) {
    _parts.push_back({fmt::format("SIM-{:02}", p + 1), std::string(part_names[p])});
    std::vector<planned_operation> routing;
    const auto add = [&](std::string_view what, std::string_view kind, const machine_class& on, std::int64_t seconds,
                         std::int64_t setup) {
      routing.push_back({.sequence = static_cast<int>(routing.size() + 1) * 10,
                         .name = std::string(what),
                         .kind = std::string(kind),
                         .resource = machine(on.name, random.between(1, on.count)),
                         .piece_seconds = seconds,
                         .setup_minutes = setup});
    };
    add("Cut to length", "production", classes[0], random.between(10, 60), 5);
    add("Turn", "production", classes[1], random.between(60, 400), random.between(20, 60));
    if (random.chance(700)) add("Mill", "production", classes[2], random.between(60, 600), random.between(20, 90));
    if (random.chance(500)) add("Grind", "production", classes[3], random.between(60, 300), random.between(15, 45));
    if (random.chance(600)) add("Deburr", "production", classes[4], random.between(20, 90), 0);
    add("Final inspection", "inspection", classes[5], random.between(15, 60), 0);
    add("Pack", "packing", classes[6], random.between(5, 20), 0);
    _routings.push_back(std::move(routing));
  }
}

planned_order plant::plan(const std::string& number, seeded_random& with) const {
  const auto part = static_cast<std::size_t>(with.between(0, static_cast<std::int64_t>(_parts.size()) - 1));
  return {{.number = number, .part = _parts[part].key, .ordered = quantity::of(with.between(1, 20) * 5), .uom = "pcs"},
          _routings[part]};
}

const std::string& plant::any_worker(seeded_random& with) const {
  return _workers[static_cast<std::size_t>(with.between(0, static_cast<std::int64_t>(_workers.size()) - 1))].key;
}

order_course::order_course(const plant& in, planned_order planned, seeded_random with, std::string_view id_space)
    : _plant(in), _planned(std::move(planned)), _random(with), _left(_planned.order.ordered.whole()) {
  static const uuid simulated = *uuid::parse("0b6d2c1e-5f3a-5e0c-8f1d-73696d756c61");
  _id_space = uuid::make_v5(simulated, std::string(id_space) + "\n" + _planned.order.number);
}

order_course::step order_course::with_names(const planned_operation& at, std::string_view type) {
  step s;
  s.report = {.id = uuid::make_v5(_id_space, std::to_string(++_reports)),
              .order = _planned.order.number,
              .part = _planned.order.part,
              .operation = at.name,
              .kind = at.kind,
              .resource = at.resource,
              .worker = _plant.any_worker(_random),
              .type = std::string(type)};
  return s;
}

order_course::step order_course::setup(const planned_operation& at) {
  step s = with_names(at, "setup");
  s.minutes = std::max<std::int64_t>(1, at.setup_minutes * _random.between(70, 150) / 100);
  _is_set_up = true;
  return s;
}

order_course::step order_course::production(const planned_operation& at) {
  if (at.kind == "production" && _random.chance(25)) {
    step s = with_names(at, "breakdown");
    s.minutes = _random.between(5, 120);
    return s;
  }
  step s = with_names(at, "production");
  const std::int64_t pieces =
      std::min(_left, std::max<std::int64_t>(1, _planned.order.ordered.whole() / _random.between(1, 4)));
  std::int64_t rejected = 0, mrb = 0;
  for (std::int64_t i = 0; i < pieces && at.kind != "packing"; ++i) {
    if (_random.chance(12))
      ++rejected;
    else if (_random.chance(2))
      ++mrb;
  }
  s.report.completed = quantity::of(pieces - rejected - mrb);
  s.report.rejected = quantity::of(rejected);
  s.report.mrb = quantity::of(mrb);
  s.minutes = std::max<std::int64_t>(1, pieces * at.piece_seconds / 60);
  _left -= pieces;
  _good += pieces - rejected - mrb;
  return s;
}

order_course::step order_course::next() {
  const planned_operation& at = _planned.operations[_operation];
  step s = !_is_set_up && at.setup_minutes > 0 ? setup(at) : production(at);
  if (_left == 0) {
    ++_operation;
    _left = std::exchange(_good, 0);
    _is_set_up = false;
    if (_left == 0) _operation = _planned.operations.size();  // every piece was bad: nothing goes on
  }
  return s;
}

}  // namespace mes::platform
