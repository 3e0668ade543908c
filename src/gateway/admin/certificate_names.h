// The names of a certificate: entities of their own, which the Admin API also shows and takes as the certificate's
// member "snis" (kong/db/dao/certificates.lua, snis.lua).
#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <string>
#include <vector>

#include "base/instant.h"
#include "gateway/admin/refusal.h"
#include "gateway/config/written.h"

namespace mes::gateway {

void show_names(const document& all, boost::json::object& certificate);

// Takes "snis" out of `wanted` and gives what has to change so that the certificate has these names; nothing if it does
// not say.
std::expected<std::vector<entity_change>, refusal> take_names(const document& all, const std::string& certificate_id,
                                                              boost::json::object& wanted, instant now);

}  // namespace mes::gateway
