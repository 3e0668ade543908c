#include "gateway/plugins/node.h"

#include <unistd.h>

#include <array>

#include "base/uuid.h"

namespace mes::gateway {

const std::string& node_id() {
  static const std::string id = uuid::make_v4().to_string();
  return id;
}

const std::string& host_name() {
  static const std::string name = [] {
    std::array<char, 256> text{};
    return gethostname(text.data(), text.size() - 1) == 0 ? std::string(text.data()) : std::string("localhost");
  }();
  return name;
}

}  // namespace mes::gateway
