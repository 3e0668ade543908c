// Messages in the database, and what comes in.
#pragma once

#include "service/api.h"
#include "service/collection.h"
#include "services/integration/model.h"

namespace mes::integration {

const service::collection<message>& messages();
std::string fingerprint_of(const json::value& payload);
void define_messages(service::api& surface);

}  // namespace mes::integration
