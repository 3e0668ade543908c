// What the instances of one configuration look into: made once, when the first of them asks, however many there are.
#pragma once

#include <memory>
#include <typeindex>
#include <unordered_map>

#include "gateway/config/configuration.h"

namespace mes::gateway {

// Asked by one thread, which makes the instances; outlives them.
class shared_tables {
 public:
  explicit shared_tables(const configuration& all) : _all(all) {}

  // A Table is made of a configuration, and never changes.
  template <class Table>
  const Table& get() {
    std::shared_ptr<const void>& made = _made[typeid(Table)];
    if (!made) made = std::make_shared<const Table>(_all);
    return *static_cast<const Table*>(made.get());
  }

 private:
  const configuration& _all;
  std::unordered_map<std::type_index, std::shared_ptr<const void>> _made;
};

}  // namespace mes::gateway
