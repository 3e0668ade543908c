// Synchronisation with ERP and PLM systems, and readings from SCADA.
#pragma once

#include "service/api.h"

namespace mes::integration {

void define_syncs(service::api& surface);  // syncs.cc
void define_scada(service::api& surface);  // scada.cc

}  // namespace mes::integration
