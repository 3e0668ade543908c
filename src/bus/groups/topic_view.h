// What the coordinator must know of topics. The broker's log has them; tests make some up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"

namespace mes::bus::groups {

struct known_topic {
  uuid id;
  std::string name;
  std::int32_t partitions = 0;
};

class topic_view {
 public:
  virtual ~topic_view() = default;
  virtual std::optional<known_topic> find(std::string_view name) const = 0;
  virtual std::optional<known_topic> find(const uuid& id) const = 0;
  virtual std::vector<std::string> names() const = 0;
  // From 1 on; another one whenever topics or partitions came or went, or who may describe them changed.
  virtual std::uint64_t version() const = 0;
  virtual bool may_describe(std::string_view /*principal*/, std::string_view /*client_host*/,
                            std::string_view /*topic*/) const {
    return true;
  }
};

}  // namespace mes::bus::groups
