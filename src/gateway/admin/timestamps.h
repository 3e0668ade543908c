// created_at and updated_at of entities: whole seconds, or seconds with milliseconds where the table says so.
#pragma once

#include <boost/json/object.hpp>

#include "base/instant.h"
#include "gateway/config/document.h"

namespace mes::gateway {

// A new entity's times, or a changed one's: what was given or there before stays as created_at.
void stamp(const entity_kind& kind, boost::json::object& entity, const boost::json::object* before, instant now);
// Of a file's entities, which give none: those that are as they were `before` keep their times.
void stamp_all(document& all, const document* before, instant now);

}  // namespace mes::gateway
