// Rules of lots that need no database.
#pragma once

#include <span>

#include "services/material/inputs.h"

namespace mes::material {

// The lot in its next state; illegal_transition.
result<lot> moved(lot of, lot_verb verb);

// Whether `amount` may be consumed now: released, not expired, and free of what others have reserved.
result<void> check_consumable(const lot& of, quantity amount, quantity others, instant now);

// Children are all above zero and add up to what the parent has; the parent may be passed on.
result<void> check_split(const lot& parent, std::span<const child_lot> children);

// What a merge makes: same part and revision, strictest status, earliest expiry, all holds. No id, number or quantity.
result<lot> merged(std::span<const lot> parents);

bool has_expired(const lot& of, instant now);
void add_hold(lot& to, const std::string& reason);
void lift_hold(lot& of, const std::string& reason);

}  // namespace mes::material
