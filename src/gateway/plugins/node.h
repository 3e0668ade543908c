// What the gateway says of itself in logs and echoes.
#pragma once

#include <string>

namespace mes::gateway {

const std::string& node_id();    // a UUID, new with each process, as Kong's without a database
const std::string& host_name();  // of the machine

}  // namespace mes::gateway
