// The reporting service over HTTP.
#pragma once

#include "service/api.h"

namespace mes::reporting {

void define_dashboard(service::api& surface);
void define_reports(service::api& surface);  // rendered_reports.cc

}  // namespace mes::reporting
