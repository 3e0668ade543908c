// What a new auth service makes for itself: signing keys, and the first users with generated passwords.
#pragma once

#include "service/api.h"

namespace mes::auth {

// Passwords go to DATA/secrets/<username>-password (0600) before the user exists, so that none is ever lost.
void first_start(service::api& surface);

}  // namespace mes::auth
