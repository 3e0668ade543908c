// Entities that end by themselves, as Kong's `ttl` has it: given in seconds from now and shown as the seconds that are
// left. Kept are the seconds from created_at, which hold over restarts.
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "base/instant.h"
#include "gateway/admin/refusal.h"
#include "gateway/config/written.h"

namespace mes::gateway {

bool has_lifetime(const entity_kind& kind);

// Of what a client wants: nullopt if it gives none. Refused as Kong does.
std::optional<refusal> check_lifetime(const entity_kind& kind, const boost::json::object& wanted);
void keep_lifetime(boost::json::object& entity, instant now);  // whose ttl is a client's
void show_lifetime(boost::json::object& shown, instant now);   // of one that was kept

// Without those that are over; the same document if there are none.
std::shared_ptr<const document> living(const std::shared_ptr<const document>& all, instant now);
// What takes those that are over away, but for a file's.
std::vector<entity_change> removals_of_ended(const document& all, const document& file, instant now);

}  // namespace mes::gateway
