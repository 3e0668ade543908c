// Handlers of authentication. A failure is answered late and closes the connection, as Kafka does it.
#pragma once

#include "bus/handlers/call.h"
#include "wire/kafka/generated/security.h"

namespace mes::bus::handlers {

void sasl_handshake(const call& c, wire::kafka::sasl_handshake_request& request);
void sasl_authenticate(const call& c, wire::kafka::sasl_authenticate_request& request);

// A message of clients that shook hands by version 0: without any header. False closes the connection.
bool raw_sasl(const call& c, std::string_view message);

}  // namespace mes::bus::handlers
