// sasl.jaas.config: who logs in, as Kafka's clients are told it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace mes::bus::cli {

struct jaas_login {
  std::string module;  // the last part of its class: "ScramLoginModule"
  std::map<std::string, std::string> options;
};

// One entry: CLASS required NAME="VALUE" …; An error says what is wrong with it.
result<jaas_login> parse_jaas(std::string_view text);

}  // namespace mes::bus::cli
