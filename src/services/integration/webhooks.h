// Webhooks: events go out to other systems as signed HTTP requests, at least once, with back-off, then to the dead.
#pragma once

#include "service/api.h"

namespace mes::integration {

void define_webhooks(service::api& surface);

}  // namespace mes::integration
