// Which bus a client talks to, and how it gets in.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "base/error.h"

namespace mes::runtime {

// For SASL's OAUTHBEARER.
struct kafka_token {
  std::string text;
  std::string principal;
  std::int64_t expires_ms = 0;  // since 1970
};

struct kafka_cluster {
  std::string bootstrap;                        // host:port, more of them between commas
  std::map<std::string, std::string> settings;  // of TLS, SASL and time-outs, by librdkafka's names
  std::function<result<kafka_token>()> token;   // asked for at the start and before the last one expires; any thread

  // Without TLS and SASL.
  kafka_cluster(std::string address) : bootstrap(std::move(address)) {}  // the address alone says it all

  // Makes a client of it and lets it go: invalid_argument where the settings do not hold together. Does not connect.
  result<void> check() const;
};

}  // namespace mes::runtime
