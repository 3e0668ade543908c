// The traceability service over HTTP.
#pragma once

#include "service/api.h"

namespace mes::traceability {

void define_genealogy(service::api& surface);

}  // namespace mes::traceability
