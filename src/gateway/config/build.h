// Resolved entities become the values that the gateway runs on.
#pragma once

#include <memory>

#include "gateway/config/configuration.h"
#include "gateway/config/resolve.h"

namespace mes::gateway {

// What is left to find goes to `report`; the result is whole if it has no errors.
std::unique_ptr<configuration> build_configuration(raw_entities& raw, const entity_index& index, reporter& report);

}  // namespace mes::gateway
