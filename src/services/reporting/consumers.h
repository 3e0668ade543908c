// Events into read models. Reports are added once each; an order's state is the one of its highest version.
#pragma once

#include "service/api.h"

namespace mes::reporting {

void define_consumers(service::api& surface);
std::string revision_of(store::session& db);  // changes with every event that changes a figure

}  // namespace mes::reporting
