// --command-config: the file that Kafka's own tools take, with Kafka's names of TLS and SASL, for our client.
// librdkafka's names are taken too.
#pragma once

#include <string>

#include "base/error.h"
#include "runtime/kafka_cluster.h"

namespace mes::bus::cli {

// Errors name file, line and key: unknown keys, values that do not fit, files that cannot be read, and what is missing.
result<runtime::kafka_cluster> read_client_properties(const std::string& path, std::string bootstrap);

}  // namespace mes::bus::cli
