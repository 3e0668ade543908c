// A small machine shop that does not exist: parts with routings, machines, workers, and an endless row of orders.
// Everything follows from the seed; nothing from the time or from answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/import/totals.h"

namespace mes::platform {

// splitmix64: the same numbers on every machine, unlike the standard's distributions.
class seeded_random {
 public:
  explicit seeded_random(std::uint64_t seed) : _state(seed) {}
  std::uint64_t next();
  std::int64_t between(std::int64_t least, std::int64_t most);  // both included
  bool chance(int per_thousand) { return between(1, 1000) <= per_thousand; }

 private:
  std::uint64_t _state;
};

struct planned_operation {
  int sequence = 0;
  std::string name, kind, resource;
  std::int64_t piece_seconds = 60, setup_minutes = 20;
};

struct planned_order {
  import_order order;
  std::vector<planned_operation> operations;
};

class plant {
 public:
  explicit plant(std::uint64_t seed);

  const std::vector<named>& parts() const { return _parts; }
  const std::vector<named>& machines() const { return _machines; }
  const std::vector<named>& workers() const { return _workers; }
  planned_order plan(const std::string& number, seeded_random& with) const;
  const std::string& any_worker(seeded_random& with) const;

 private:
  std::vector<named> _parts, _machines, _workers;
  std::vector<std::vector<planned_operation>> _routings;  // a part each
};

// The life of one order on the floor: report after report until the last pieces are packed.
class order_course {
 public:
  order_course(const plant& in, planned_order planned, seeded_random with, std::string_view id_space);

  struct step {
    import_report report;      // without times
    std::int64_t minutes = 0;  // how long it took
  };
  bool finished() const { return _operation == _planned.operations.size(); }
  step next();  // not when finished()
  const planned_order& planned() const { return _planned; }

 private:
  step setup(const planned_operation& at);
  step production(const planned_operation& at);
  step with_names(const planned_operation& at, std::string_view type);

  const plant& _plant;
  planned_order _planned;
  seeded_random _random;
  uuid _id_space;
  std::size_t _operation = 0;
  std::int64_t _left, _good = 0;  // pieces of this operation: to be made, made well
  bool _is_set_up = false;
  int _reports = 0;
};

}  // namespace mes::platform
