// Events into the genealogy.
#pragma once

#include "service/api.h"

namespace mes::traceability {

void define_consumers(service::api& surface);

}  // namespace mes::traceability
