// The auth service's own audit trail: each row carries the SHA-256 of the row before it, so that a row that is
// changed or taken out later is found (21 CFR 11.10(e)).
#pragma once

#include <boost/json/object.hpp>
#include <optional>

#include "service/context.h"

namespace mes::auth {

void append_audit(service::command& c, std::string_view action, std::string_view subject_id, std::string_view outcome);
// The first sequence number whose hash does not follow from its record and the row before; none: the chain holds.
std::optional<std::int64_t> first_broken_audit_row(store::session& db);
boost::json::array audit_rows(store::session& db, std::int64_t after, std::int64_t limit);

}  // namespace mes::auth
