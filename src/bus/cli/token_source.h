// Where tokens for SASL's OAUTHBEARER come from: a file, or the token endpoint of an identity provider. librdkafka asks
// one by itself only if it was built with libcurl, which Debian's is not.
#pragma once

#include <string>

#include "base/error.h"
#include "runtime/kafka_cluster.h"

namespace mes::bus::cli {

// OAuth's client credentials (RFC 6749, 4.4), with id and secret as they are in the header, as Kafka's clients send
// them.
struct client_credentials {
  std::string url, id, secret, scope;
  std::string ca_file;  // https: the trusted certificates; empty: the system's
};

// Both read or ask each time, and block. Errors complete "the file …" or "the address …": no token, or one whose time
// is over.
result<runtime::kafka_token> token_of_file(const std::string& path);
result<runtime::kafka_token> token_of_provider(const client_credentials& who);

}  // namespace mes::bus::cli
