// The genealogy as EPCIS 2.0 events (GS1): steps are ObjectEvents, transformations TransformationEvents, installations
// AssociationEvents, splits and merges TransformationEvents.
#pragma once

#include <boost/json/object.hpp>

#include "services/traceability/model.h"

namespace mes::traceability {

boost::json::object to_epcis(const step& s);
boost::json::object to_epcis(const edge& e);
boost::json::object epcis_document(boost::json::array events, instant created);

}  // namespace mes::traceability
